"""Three short pieces of music, as notes.

It knows which instrument plays which note when; it must not know how they are mixed or encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from demo.instruments import Samples, electric_piano, pipe, plucked

Instrument = Callable[[float, float], Samples]  # (frequency_hz, duration_s) -> samples within ±1


@dataclass(frozen=True)
class Note:
    """One note. beat, beats: its start and its length. pitch: a MIDI number. level: 0 to 1."""

    beat: float
    beats: float
    pitch: int
    level: float = 0.5


@dataclass(frozen=True)
class Part:
    """What one instrument plays. pan: from -1 (left) to 1 (right)."""

    instrument: Instrument
    pan: float
    notes: Sequence[Note]


@dataclass(frozen=True)
class Piece:
    """A piece of music. bit_rate_kbps: constant, or None for VBR."""

    title: str
    file_name: str
    beats_per_minute: float
    bit_rate_kbps: int | None
    parts: Sequence[Part]


def melody(text: str, level: float, start: float = 0.0, sustain: float = 0.0) -> list[Note]:
    """Consecutive notes from text, for example "76:2 72:1 0:1".

    text: NUMBER:BEATS for each note; the number 0 is a rest. start: the first beat. sustain: how
    many beats each note sounds into the next.
    """
    notes = []
    for word in text.split():
        pitch, beats = word.split(":")
        if pitch != "0":
            notes.append(Note(start, float(beats) + sustain, int(pitch), level))
        start += float(beats)
    return notes


def lanterns() -> Piece:
    """A minor, finger-picked: a bass string, three accompanying strings, and a melody."""
    chords = ["45 57 60 64", "41 57 60 65", "48 55 60 64", "43 55 59 62"]
    chords += ["45 57 60 64", "41 53 60 65", "43 55 59 65", "45 52 57 60"]
    low: list[Note] = []
    left: list[Note] = []
    right: list[Note] = []
    for bar, chord in enumerate(chords):
        bass, *strings = map(int, chord.split())
        last = bar == len(chords) - 1
        low += [Note(4 * bar, 6 if last else 2, bass, 0.8), Note(4 * bar + 2, 2, bass + 7, 0.45)]
        for eighth, string in enumerate([0, 2, 1, 0, 2, 1] if not last else [0, 1, 2]):
            target = left if eighth % 2 else right
            target.append(Note(4 * bar + 0.5 + eighth / 2, 2.5, strings[string], 0.38))
    tune = melody(
        "76:2 72:1 74:1  72:3 69:1  67:1 72:1 76:2  74:3 71:1"
        " 72:1 76:1 81:2  79:1 77:1 76:1 72:1  74:2 71:1 67:1  69:7",
        level=0.75,
        sustain=0.6,
    )
    parts = [
        Part(plucked, 0.0, low),
        Part(plucked, -0.6, left),
        Part(plucked, 0.6, right),
        Part(plucked, 0.15, tune),
    ]
    return Piece("Lanterns on the River", "1 Lanterns.mp3", 96, 128, parts)


def waltz() -> Piece:
    """G major in 3/4: a plucked bass on one, chords of an electric piano on two and three."""
    chords = ["43 59 62 67", "42 57 62 66", "40 59 64 67", "38 59 62 66"]
    chords += ["36 60 64 67", "47 59 62 67", "37 57 61 64", "38 57 60 66"]
    chords += [*chords[:4], "36 60 64 67", "36 60 63 67", "38 57 60 66", "43 59 62 67"]
    bass, chorded = [], []
    for bar, chord in enumerate(chords):
        root, *others = map(int, chord.split())
        last = bar == len(chords) - 1
        bass.append(Note(3 * bar, 7 if last else 3, root, 0.9))
        for beat in (1,) if last else (1, 2):
            chorded += [Note(3 * bar + beat, 5 if last else 0.9, pitch, 0.22) for pitch in others]
    tune = melody(
        "71:2 74:1  69:2 74:1  67:1 71:1 76:1  74:3  76:1 79:1 76:1  74:2 71:1  73:2 76:1"
        " 74:1 72:1 69:1  71:2 74:1  69:2 78:1  79:2 76:1  74:1 78:1 83:1  79:2 76:1  75:2 79:1"
        " 81:1 78:1 74:1  79:7",
        level=0.6,
        sustain=0.3,
    )
    parts = [
        Part(plucked, -0.1, bass),
        Part(electric_piano, -0.45, chorded),
        Part(electric_piano, 0.35, tune),
    ]
    return Piece("Waltz for a Small Machine", "2 Waltz.mp3", 144, None, parts)


def canon() -> Piece:
    """A canon: three pipes play one melody, eight beats apart, over a plucked bass."""
    ground = "50:1 45:1 47:1 42:1 43:1 38:1 43:1 45:1"
    phrases = [
        "78:1 76:1 74:1 73:1 71:1 69:1 71:1 73:1",
        "74:1 73:1 71:1 69:1 67:1 66:1 67:1 64:1",
        "74:.5 78:.5 81:.5 79:.5 78:.5 74:.5 78:.5 76:.5"
        " 74:.5 71:.5 74:.5 81:.5 79:.5 83:.5 81:.5 79:.5",
        "78:.5 81:.5 76:.5 81:.5 74:.5 78:.5 73:.5 78:.5"
        " 71:.5 74:.5 69:.5 74:.5 71:.5 79:.5 73:.5 76:.5",
    ]
    voices = []
    for entry, last in enumerate((78, 74, 69)):
        tune = " ".join([*phrases[: len(phrases) - entry], f"{last}:3.5"])
        voices.append(melody(tune, level=0.4, start=8 * entry, sustain=0.12))
    bass = melody(" ".join([ground] * len(phrases) + ["38:5"]), level=0.8, sustain=0.8)
    parts = [Part(pipe, pan, notes) for pan, notes in zip((-0.6, 0.6, 0), voices, strict=True)]
    return Piece(
        "Canon on an Old Ground", "3 Canon.mp3", 104, 320, [*parts, Part(plucked, 0, bass)]
    )


PIECES: tuple[Callable[[], Piece], ...] = (lanterns, waltz, canon)
