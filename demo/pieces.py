"""Three short pieces of music, as notes.

Knows what is played, when, and by which instrument; must not know how it is mixed or encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from demo.instruments import Samples, electric_piano, pipe, plucked

Formatter = Callable[[float, float], Samples]  # (frequency_hz, duration_s) -> samples within ±1


@dataclass(frozen=True)
class Note:
    """One note: when it starts and how long it sounds in beats, its MIDI number, 0..1 loud."""

    beat: float
    beats: float
    pitch: int
    loud: float = 0.5


@dataclass(frozen=True)
class Part:
    """An instrument, its place from -1 (left) to 1 (right), and what it plays."""

    voice: Formatter
    place: float
    notes: Sequence[Note]


@dataclass(frozen=True)
class Piece:
    """A piece, its tempo, and how it is encoded: a constant bit rate, or VBR where it is None."""

    title: str
    file_name: str
    beats_per_minute: float
    bit_rate_kbps: int | None
    parts: Sequence[Part]


def line(text: str, loud: float, start: float = 0.0, sustain: float = 0.0) -> list[Note]:
    """Notes written one after another as NUMBER:BEATS, for example "76:2 72:1 0:1"; 0 is a rest."""
    notes = []
    for word in text.split():
        pitch, beats = word.split(":")
        if pitch != "0":
            notes.append(Note(start, float(beats) + sustain, int(pitch), loud))
        start += float(beats)
    return notes


def lanterns() -> Piece:
    """A minor, finger-picked: a bass string, three that take turns, and a tune above them."""
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
    tune = line(
        "76:2 72:1 74:1  72:3 69:1  67:1 72:1 76:2  74:3 71:1"
        " 72:1 76:1 81:2  79:1 77:1 76:1 72:1  74:2 71:1 67:1  69:7",
        loud=0.75,
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
    """G major in three: bass on one, chord on two and three, electric piano and a plucked bass."""
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
    tune = line(
        "71:2 74:1  69:2 74:1  67:1 71:1 76:1  74:3  76:1 79:1 76:1  74:2 71:1  73:2 76:1"
        " 74:1 72:1 69:1  71:2 74:1  69:2 78:1  79:2 76:1  74:1 78:1 83:1  79:2 76:1  75:2 79:1"
        " 81:1 78:1 74:1  79:7",
        loud=0.6,
        sustain=0.3,
    )
    parts = [
        Part(plucked, -0.1, bass),
        Part(electric_piano, -0.45, chorded),
        Part(electric_piano, 0.35, tune),
    ]
    return Piece("Waltz for a Small Machine", "2 Waltz.mp3", 144, None, parts)


def canon() -> Piece:
    """Three pipes that play the same tune, eight beats after one another, over a plucked bass."""
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
        voices.append(line(tune, loud=0.4, start=8 * entry, sustain=0.12))
    bass = line(" ".join([ground] * len(phrases) + ["38:5"]), loud=0.8, sustain=0.8)
    parts = [Part(pipe, place, notes) for place, notes in zip((-0.6, 0.6, 0), voices, strict=True)]
    return Piece(
        "Canon on an Old Ground", "3 Canon.mp3", 104, 320, [*parts, Part(plucked, 0, bass)]
    )


PIECES: tuple[Callable[[], Piece], ...] = (lanterns, waltz, canon)
