"""Tags as real taggers leave them: encodings, numbers, several tags in one file, large covers."""

import io

import pytest

from songs.tags import Reading, read_tags
from songs.tags.found import Tags, number_in
from songs.tags.source import MAX_READ_BYTES, MAX_SECONDS, TagSource, TagsUnreadable
from songs.tags.text import LATIN_1, is_text_encoding
from tests.songs.making import FRAME, apev2, id3v1, id3v2, raw_id3v2, synchsafe, text_frame
from tests.songs.test_tags import BOTH, FRAMES, Names, names_of, tags_of


def frame(name: bytes, data: bytes, flags: int = 0, *, plain: bool = True) -> bytes:
    size = len(data).to_bytes(4) if plain else synchsafe(len(data))
    return name + size + flags.to_bytes(2) + data


def title_of(data: bytes, *, version: int = 4, flags: int = 0, encoding: str = LATIN_1) -> str:
    """Return the title of a tag with this text frame."""
    content = raw_id3v2(frame(b"TIT2", data, flags, plain=version < 4), version=version)
    return tags_of(content, encoding).title


class CountingFile(io.BytesIO):
    """A file that knows how much of it was read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.read_bytes = 0

    def read(self, count: int | None = -1, /) -> bytes:
        data = super().read(count)
        self.read_bytes += len(data)
        return data


# Text


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (b"\0Caf\xe9", "Café"),
        (b"\1\xff\xfe" + "Кино".encode("utf-16-le"), "Кино"),
        (b"\1\xfe\xff" + "Кино".encode("utf-16-be"), "Кино"),
        (b"\1" + "no mark".encode("utf-16-le"), "no mark"),
        (b"\1" + "no mark".encode("utf-16-be"), "no mark"),
        (b"\1\xff\xfeA\0\0\0\xff\xfeB\0\0\0", "A, B"),
        (b"\1\xff\xfeA\0\0", "A"),
        (b"\1\xff\xfeA\0\0\0\xff\xfe\0\0", "A"),
        (b"\2" + "Кино".encode("utf-16-be"), "Кино"),
        (b"\3" + "Кино\0".encode(), "Кино"),
        (b"\3\xef\xbb\xbfx", "x"),
        (b"\3A\0\0B\0\0\0", "A, B"),
        (b"\3not UTF-8: \xe9", ""),
        (b"\1\xff\xfe\x00\xd8x\0", ""),
        (b"\4unknown encoding", ""),
        (b"", ""),
        (b"\3line\r\nbreak\tand\ttab", "line break and tab"),
        (b"\3x" + "€".encode() * 3000, "x" + "€" * 1364),
        (b"\1\xff\xfe" + "€".encode("utf-16-le") * 3000, "€" * 2046),
    ],
)
def test_texts(data: bytes, title: str) -> None:
    assert title_of(data) == title


@pytest.mark.parametrize(
    ("flags", "data", "title"),
    [
        (0x0001, b"\0\0\0A\3data", "data"),  # its length is shown before it
        (0x0040, b"g\3group", "group"),
        (0x0041, b"g\0\0\0A\3both", "both"),
        (0x0002, b"\1\xff\x00\xfe\xff\x00\0", "ÿ"),  # FF FE FF 00, stuffed
        (0x0008, b"\3compressed", ""),
        (0x0004, b"\3encrypted", ""),
    ],
)
def test_flags_of_frames(flags: int, data: bytes, title: str) -> None:
    assert title_of(data, flags=flags) == title


def test_flags_of_frames_of_2_3() -> None:
    assert title_of(b"g\0group", version=3, flags=0x20) == "group"
    assert title_of(b"\0x", version=3, flags=0x80) == ""


C1 = "Don\x92t"


@pytest.mark.parametrize(
    ("content", "names"),
    [
        pytest.param(
            raw_id3v2(text_frame(b"TPE1", "A") + text_frame(b"TIT2", C1)), Names(), id="title"
        ),
        pytest.param(
            raw_id3v2(text_frame(b"TPE1", C1) + text_frame(b"TIT2", "T")), Names(), id="artist"
        ),
        pytest.param(
            raw_id3v2(text_frame(b"TPE1", C1) + text_frame(b"TIT2", "T")) + FRAME + apev2("A", "U"),
            Names("A", "T"),
            id="another tag has it",
        ),
        pytest.param(FRAME + id3v1("A", C1), Names(), id="ID3v1"),
    ],
)
def test_c1_controls_mean_a_wrong_encoding(content: bytes, names: Names) -> None:
    assert names_of(content) == names


def test_c1_controls_in_an_encoding_that_was_not_guessed_are_dropped() -> None:
    assert names_of(id3v2("A\x92", "B\x9b")) == ("A", "B")
    assert title_of(b"\3" + "\x9bT\x85".encode()) == "T"
    assert names_of(FRAME + apev2("A\x92", "B\x9b")) == ("A", "B")


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp1251", "Кино"), ("shift_jis", "宇多田"), ("gbk", "王菲"), ("cp1252", "Don’t")],
)
def test_an_encoding_for_what_claims_to_be_latin_1(encoding: str, name: str) -> None:
    raw = name.encode(encoding).decode(LATIN_1)
    old = raw_id3v2(text_frame(b"TPE1", raw) + text_frame(b"TIT2", raw))
    assert names_of(old, encoding) == names_of(FRAME + id3v1(raw, raw), encoding) == (name, name)
    # What says its encoding keeps it.
    assert names_of(id3v2("Björk", "Jóga"), encoding) == ("Björk", "Jóga")
    assert names_of(FRAME + apev2("Björk", "Jóga"), encoding) == ("Björk", "Jóga")


def test_id3v1_cuts_in_the_middle_of_a_character() -> None:
    raw = ("王" * 14 + "a王").encode("gbk")[:30].decode(LATIN_1)
    assert len(raw) == 30
    assert names_of(FRAME + id3v1("x", raw), "gbk").title == "王" * 14 + "a"


def test_what_the_encoding_cannot_be_is_latin_1() -> None:
    assert title_of(b"\0Bj\xf6", encoding="gbk") == "Bjö"
    assert title_of(b"\0x\xff", encoding="utf-8") == "xÿ"


@pytest.mark.parametrize("name", ["cp1251", "shift_jis", "gbk", "UTF-8", "big5", "koi8-r", LATIN_1])
def test_encodings_that_there_are(name: str) -> None:
    assert is_text_encoding(name)


@pytest.mark.parametrize("name", ["", "klingon", "hex", "zlib", "rot13", "undefined", "a\0b", "é"])
def test_encodings_that_there_are_not(name: str) -> None:
    assert not is_text_encoding(name)


@pytest.mark.parametrize("encoding", ["punycode", "unicode_escape", "utf-7", "utf-16", "idna"])
def test_odd_codecs_do_no_harm(encoding: str) -> None:
    for text in ("x" * 60_000, "\\ud800", "\\", "+", "xn--" * 999):
        title_of(b"\0" + text.encode(), encoding=encoding)


# Numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("03", 3),
        ("3/12", 3),
        (" 7 of 9", 7),
        ("3, 4", 3),
        ("0", None),
        ("0/0", None),
        ("", None),
        ("A1", None),
        ("1b", None),
        ("/3", None),
        ("-1", None),
        ("٣", None),
        ("1" * 5000, None),
    ],
)
def test_track_numbers(text: str, number: int | None) -> None:
    assert number_in(text) == number


def test_numbers_of_each_kind_of_tag() -> None:
    numbers = text_frame(b"TRCK", "3/9") + text_frame(b"TPOS", "2/2")
    assert tags_of(raw_id3v2(FRAMES + numbers)) == Tags(*BOTH, 3, 2)
    assert tags_of(raw_id3v2(b"TRK\0\0\2\x005TPA\0\0\2\x001", version=2)) == Tags("", "", 5, 1)
    assert tags_of(FRAME + apev2(*BOTH, Track="4/9", Disc="1")) == Tags(*BOTH, 4, 1)
    with_track = bytearray(id3v1(*BOTH))
    with_track[126] = 7
    assert tags_of(FRAME + with_track) == Tags(*BOTH, 7)


# Several tags


def lyrics3(**fields: str) -> bytes:
    body = b"LYRICSBEGIN" + b"".join(
        name.encode() + b"%05d" % len(text) + text.encode(LATIN_1) for name, text in fields.items()
    )
    return body + b"%06d" % len(body) + b"LYRICS200"


@pytest.mark.parametrize(
    "between",
    [
        b"",
        lyrics3(LYR="[00:01]la la", EAR="lyrics'", ETT="lyrics'"),
        b"LYRICSBEGIN" + b"la " * 1000 + b"LYRICSEND",
    ],
)
def test_apev2_before_lyrics3_before_id3v1(between: bytes) -> None:
    short = id3v1("N", "34")
    assert names_of(FRAME + apev2(*BOTH) + between + short) == BOTH
    assert names_of(FRAME + apev2(*BOTH) + between) == BOTH
    if not between:
        assert names_of(FRAME + short) == ("N", "34")


def test_lyrics3_has_the_names_that_id3v1_cuts() -> None:
    long = Names("A" * 40, "T" * 60)
    tag = lyrics3(IND="10", EAR=long.artist, ETT=long.title)
    assert names_of(FRAME + tag + id3v1(long.artist[:30], long.title[:30])) == long
    assert names_of(FRAME + lyrics3(ETT="T") + id3v1("A", "")) == ("A", "T")


@pytest.mark.parametrize("size", [0, 15, 999_999])
def test_a_lyrics3_size_that_lies(size: int) -> None:
    assert names_of(FRAME + b"%06dLYRICS200" % size + id3v1(*BOTH)) == BOTH


def test_an_ape_item_that_is_no_text_is_no_name() -> None:
    binary = bytearray(apev2(*BOTH))
    item = binary.index(b"Title\0")
    binary[item - 4] = 0b010
    assert names_of(FRAME + binary) == ("NIN", "")


def test_an_ape_cover_of_a_megabyte_costs_nothing() -> None:
    content = apev2(*BOTH)
    header, items, footer = content[:32], content[32:-32], bytearray(content[-32:])
    cover = (1 << 20).to_bytes(4, "little") + b"\2\0\0\0Cover Art (Front)\0" + bytes(1 << 20)
    footer[12:16] = (len(cover) + len(items) + 32).to_bytes(4, "little")
    footer[16:20] = (3).to_bytes(4, "little")
    file = CountingFile(FRAME + header + cover + items + footer)
    assert read_tags(file, len(file.getvalue())).tags == Tags(*BOTH)
    assert file.read_bytes < 200_000


@pytest.mark.parametrize("item", [b"\4\0\0\0\0\0\0\0key\0text", bytes(8) + b"k\0", bytes(9)])
def test_an_ape_tag_of_many_items_is_not_read_to_its_end(item: bytes) -> None:
    items = item * 100_000
    sizes = (len(items) + 32).to_bytes(4, "little") + (100_000).to_bytes(4, "little")
    file = CountingFile(FRAME + items + b"APETAGEX\xd0\x07\0\0" + sizes + bytes(12))
    assert read_tags(file, len(file.getvalue())).tags == Tags()
    assert file.read_bytes < 200_000


# Album, year, genre


def test_id3v1_says_album_year_and_genre() -> None:
    tag = b"TAG" + b"T".ljust(30, b"\0") + b"A".ljust(30, b"\0") + b"Al".ljust(30, b"\0")
    tag += b"1999" + b"c".ljust(28, b"\0") + b"\0\x07"
    tags = tags_of(FRAME + tag + b"\x11")
    assert (tags.album, tags.year, tags.genre, tags.track) == ("Al", 1999, "Rock", 7)
    # Zero is Blues, and what is written where no genre is known.
    assert tags_of(FRAME + tag + b"\0").genre == ""
    assert tags_of(FRAME + tag + b"\xff").genre == ""


@pytest.mark.parametrize(
    ("text", "year"),
    [("1999", 1999), ("1999-05", 1999), (" 2008 ", 2008), ("0000", None), ("99", None),
     ("19991", None), ("n/a", None), ("2001/2008", 2001)],
)  # fmt: skip
def test_years(text: str, year: int | None) -> None:
    assert tags_of(raw_id3v2(text_frame(b"TYER", text))).year == year


def test_line_breaks_and_tabs_in_any_name_are_spaces() -> None:
    frames = (
        text_frame(b"TIT2", "a\tb") + text_frame(b"TALB", "c\r\nd") + text_frame(b"TPE2", "e\x1b")
    )
    tags = tags_of(raw_id3v2(frames))
    assert (tags.title, tags.album, tags.album_artist) == ("a b", "c d", "e")


def test_a_garbled_album_takes_no_title_away() -> None:
    frames = FRAMES + text_frame(b"TALB", "\x9fx")
    tags = tags_of(raw_id3v2(frames))
    assert (tags.artist, tags.title, tags.album) == (*BOTH, "")


# Large covers


@pytest.mark.parametrize("version", [2, 3, 4])
def test_names_in_front_of_a_picture_of_60_mib(version: int) -> None:
    if version == 2:
        names, picture, size = (
            b"TT2\0\0\x05\0Echo" + b"TP1\0\0\x04\0ABC",
            b"PIC\xff\xff\xff",
            1 << 24,
        )
        expected = Names("ABC", "Echo")
    else:
        size = 60 << 20
        raw_size = synchsafe(size) if version == 4 else size.to_bytes(4)
        names, picture, expected = FRAMES, b"APIC" + raw_size + b"\0\0", BOTH
    content = raw_id3v2(names + picture, version=version, claimed=len(names + picture) + size)
    # The file itself may be shorter: what is behind the names does not matter.
    for length in (len(content), len(content) + 8192):
        file = CountingFile(content.ljust(length, b"\xff"))
        assert read_tags(file, length).tags[:2] == expected
        assert file.read_bytes < 200_000


def test_names_behind_a_picture_of_40_mib_that_is_stuffed() -> None:
    picture = b"\xff\x00\x00" * (8 << 20) + bytes(16 << 20)
    original = b"APIC" + (len(picture) - (8 << 20)).to_bytes(4) + b"\0\0"
    body = original + picture + FRAMES
    assert names_of(raw_id3v2(body, flags=0x80) + FRAME) == BOTH


@pytest.mark.parametrize("before", range(65_520, 65_540))
def test_stuffing_that_two_chunks_share(before: int) -> None:
    data = bytes(before - 20) + b"\xff" * 4
    stuffed = bytes(before - 20) + b"\xff\x00" * 4
    private = b"PRIV" + len(data).to_bytes(4) + b"\0\0" + stuffed
    assert names_of(raw_id3v2(private + FRAMES, flags=0x80)) == BOTH


# Bounds


def test_a_file_is_read_within_a_bound_of_bytes() -> None:
    source = TagSource(io.BytesIO(bytes(1 << 20)), 1 << 20)
    half = 1 << 19
    for number in range(MAX_READ_BYTES // half):
        assert len(source.at(number % 2 * half, half)) == half
    with pytest.raises(TagsUnreadable, match="80 MiB"):
        source.at(0, half)


def test_a_slow_disk_is_not_waited_for_without_end() -> None:
    now = [0.0]

    class SlowFile(io.BytesIO):
        def read(self, count: int | None = -1, /) -> bytes:
            now[0] += 0.5
            return super().read(count)

    source = TagSource(SlowFile(bytes(1 << 20)), 1 << 20, clock=lambda: now[0])
    for number in range(5):
        source.at((number + 10) * 8192, 10)
    assert now[0] == MAX_SECONDS + 0.5
    with pytest.raises(TagsUnreadable, match="takes more than 2 s"):
        source.at(20 * 8192, 10)


class BadDisk(io.BytesIO):
    def read(self, count: int | None = -1, /) -> bytes:
        raise OSError(5, "Input/output error")


def test_a_disk_that_fails_is_named() -> None:
    reason = "its tags cannot be read: Input/output error"
    assert read_tags(BadDisk(), 1000) == Reading(Tags(), reason, again=True)


def test_a_tag_of_too_many_frames_is_named_only_where_names_are_missing() -> None:
    many = b"TXXX\0\0\0\x01\0\0\0" * 1001
    reading = read_tags(io.BytesIO(raw_id3v2(many)), len(raw_id3v2(many)))
    assert reading == Reading(Tags(), "its ID3 tag has more than 1000 frames")
    with_names = raw_id3v2(FRAMES + many)
    assert read_tags(io.BytesIO(with_names), len(with_names)) == Reading(Tags(*BOTH))
