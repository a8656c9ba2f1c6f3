"""The genres that tags name by a number: ID3v1's 80, and those that Winamp has added since."""

import re
from functools import lru_cache
from typing import Final

# fmt: off
_NAMES: Final = tuple("""
Blues; Classic Rock; Country; Dance; Disco; Funk; Grunge; Hip-Hop; Jazz; Metal; New Age;
Oldies; Other; Pop; R&B; Rap; Reggae; Rock; Techno; Industrial; Alternative; Ska; Death Metal;
Pranks; Soundtrack; Euro-Techno; Ambient; Trip-Hop; Vocal; Jazz+Funk; Fusion; Trance;
Classical; Instrumental; Acid; House; Game; Sound Clip; Gospel; Noise; Alt. Rock; Bass; Soul;
Punk; Space; Meditative; Instrumental Pop; Instrumental Rock; Ethnic; Gothic; Darkwave;
Techno-Industrial; Electronic; Pop-Folk; Eurodance; Dream; Southern Rock; Comedy; Cult;
Gangsta Rap; Top 40; Christian Rap; Pop/Funk; Jungle; Native American; Cabaret; New Wave;
Psychedelic; Rave; Showtunes; Trailer; Lo-Fi; Tribal; Acid Punk; Acid Jazz; Polka; Retro;
Musical; Rock & Roll; Hard Rock; Folk; Folk-Rock; National Folk; Swing; Fast-Fusion; Bebop;
Latin; Revival; Celtic; Bluegrass; Avantgarde; Gothic Rock; Progressive Rock; Psychedelic
Rock; Symphonic Rock; Slow Rock; Big Band; Chorus; Easy Listening; Acoustic; Humour; Speech;
Chanson; Opera; Chamber Music; Sonata; Symphony; Booty Bass; Primus; Porn Groove; Satire; Slow
Jam; Club; Tango; Samba; Folklore; Ballad; Power Ballad; Rhythmic Soul; Freestyle; Duet; Punk
Rock; Drum Solo; A Cappella; Euro-House; Dance Hall; Goa; Drum & Bass; Club-House; Hardcore;
Terror; Indie; BritPop; Afro-Punk; Polsk Punk; Beat; Christian Gangsta Rap; Heavy Metal; Black
Metal; Crossover; Contemporary Christian; Christian Rock; Merengue; Salsa; Thrash Metal;
Anime; JPop; Synthpop; Abstract; Art Rock; Baroque; Bhangra; Big Beat; Breakbeat; Chillout;
Downtempo; Dub; EBM; Eclectic; Electro; Electroclash; Emo; Experimental; Garage; Global; IDM;
Illbient; Industro-Goth; Jam Band; Krautrock; Leftfield; Lounge; Math Rock; New Romantic;
Nu-Breakz; Post-Punk; Post-Rock; Psytrance; Shoegaze; Space Rock; Trop Rock; World Music;
Neoclassical; Audiobook; Audio Theatre; Neue Deutsche Welle; Podcast; Indie Rock; G-Funk;
Dubstep; Garage Rock; Psybient
""".replace("\n", " ").strip().split("; "))
# fmt: on
_REFERENCE: Final = re.compile(r"\(([0-9]{1,3}|RX|CR)\)")
_WORDS: Final = {"RX": "Remix", "CR": "Cover"}


@lru_cache(maxsize=256)
def genre_name(text: str) -> str:
    """Return a genre as text: of `17`, `(17)` and `(17)Rock`, Rock (ID3v2.3 4.2.1, TCON).

    Of several, separated by `, `, each. Numbers that stand for nothing are left out.
    """
    names = [name for part in text.split(", ") for name in _names(part)]
    return ", ".join(dict.fromkeys(names))


def _names(text: str) -> list[str]:
    if text.isascii() and text.isdecimal():
        return list(filter(None, [genre_numbered(int(text[:4]))]))
    names = []
    while match := _REFERENCE.match(text):
        names.append(_WORDS.get(match[1]) or genre_numbered(int(match[1])))
        text = text[match.end() :]
    text = text.removeprefix("(") if text.startswith("((") else text  # `((` stands for a bracket
    return [
        *(name for name in names if name and name.lower() != text.lower()),
        *filter(None, [text]),
    ]


def genre_numbered(number: int) -> str:
    """Return the name of a genre by its number in ID3v1; "" if it has none."""
    return _NAMES[number] if 0 <= number < len(_NAMES) else ""
