"""Makes the demo's songs: mixes the pieces, encodes them as MP3s and tags them.

Run `python -m demo.make_songs [FOLDER]` in the repository's top folder; FOLDER defaults to demo/.
The same call makes the same bytes. It must not know how songs are served or played.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Callable, Iterable
from operator import add, mul
from pathlib import Path
from typing import Any

import lameenc
from mutagen import id3

from demo.instruments import RATE_HZ, Samples, faded, frequency_hz
from demo.pieces import PIECES, Part, Piece

ALBUM = "Music for a Demo"
ARTIST = "The Alfine Ensemble"
PEAK = 0.85  # of full scale
LEVEL = 0.15  # of full scale, root mean square: about -16 dB
ECHO, ECHO_S = 0.22, 0.17


def render(piece: Piece, seconds: float) -> bytes:
    """The first `seconds` of `piece` with a fade-out, as s16le stereo PCM."""
    echo = int(ECHO_S * RATE_HZ)
    frames = max(int(seconds * RATE_HZ) - echo, 1)
    left, right = [0.0] * frames, [0.0] * frames
    for part in piece.parts:
        mix(part, 60 / piece.beats_per_minute, left, right)
    for channel in (left, right):
        faded(channel, attack_s=0.005, release_s=1.2)
    power = (sum(map(mul, left, left)) + sum(map(mul, right, right))) / (2 * frames)
    gain = LEVEL / PEAK / (math.sqrt(power) or 1.0)
    pcm = array("h", bytes(4 * (frames + echo)))
    pcm[0::2] = to_int16(left, right, gain, echo)
    pcm[1::2] = to_int16(right, left, gain, echo)
    if sys.byteorder == "big":
        pcm.byteswap()
    return pcm.tobytes()


def mix(part: Part, beat_s: float, left: Samples, right: Samples) -> None:
    """Add `part` to both channels, in place. Equal notes are computed once."""
    angle = (part.pan + 1) * math.pi / 4  # equal power at any pan
    made: dict[tuple[int, float, float], tuple[Samples, Samples]] = {}
    for note in part.notes:
        start = int(note.beat * beat_s * RATE_HZ)
        if start >= len(left):
            continue
        key = (note.pitch, note.beats, note.level)
        if key not in made:
            wave = part.instrument(frequency_hz(note.pitch), note.beats * beat_s)
            left_gain, right_gain = note.level * math.cos(angle), note.level * math.sin(angle)
            made[key] = [left_gain * x for x in wave], [right_gain * x for x in wave]
        for channel, wave in zip((left, right), made[key], strict=True):
            # `map` ends with the shorter operand, so nothing is added behind the piece's end
            channel[start : start + len(wave)] = map(add, channel[start : start + len(wave)], wave)


def to_int16(channel: Samples, other: Samples, gain: float, echo: int) -> array[int]:
    """One channel with an echo of the other one, as 16-bit samples.

    gain: makes all pieces equally loud. echo: the delay in samples. The hyperbolic tangent limits
    the peaks, so that none clips. It is one expression, because each pass over a piece costs 0.1 s.
    """
    delay = [0.0] * echo
    tanh, peak, echo_gain = math.tanh, 32767 * PEAK, gain * ECHO
    pairs = zip(channel + delay, delay + other, strict=True)
    return array("h", [int(peak * tanh(gain * a + echo_gain * b)) for a, b in pairs])


def encode(pcm: bytes, bit_rate_kbps: int | None) -> bytes:
    """`pcm` as MP3."""
    encoder = lameenc.Encoder()
    encoder.set_channels(2)
    encoder.set_in_sample_rate(RATE_HZ)
    encoder.set_quality(7)
    encoder.silence()
    if bit_rate_kbps is None:
        encoder.set_vbr(4)  # lame.h: vbr_mtrh
        encoder.set_vbr_quality(2)
    else:
        encoder.set_bit_rate(bit_rate_kbps)
    return bytes(encoder.encode(pcm) + encoder.flush())


def tag(path: Path, **frames: str) -> None:
    """Write ID3v2 text frames. frames: the text by the frame's name."""
    tags: Any = id3.ID3()  # type: ignore[no-untyped-call]  # mutagen's ID3 classes have no types
    for name, text in frames.items():
        tags.add(getattr(id3, name)(encoding=id3.Encoding.UTF8, text=text))
    tags.save(path)


def make_songs(
    folder: Path,
    seconds: float = 22.0,
    pieces: Iterable[Callable[[], Piece]] = PIECES,
) -> list[Path]:
    """Write each piece into `folder` as a tagged MP3 of `seconds`, and return the files.

    Cost: 1 to 1.5 s of CPU time for each piece of 22 s.
    """
    folder.mkdir(parents=True, exist_ok=True)
    songs = []
    for track, make in enumerate(pieces, start=1):
        piece = make()
        song = folder / piece.file_name
        part = song.with_suffix(".part")
        part.write_bytes(encode(render(piece, seconds), piece.bit_rate_kbps))
        tag(part, TIT2=piece.title, TPE1=ARTIST, TALB=ALBUM, TRCK=str(track))
        songs.append((part, song))
    # All are renamed at the end: after an interrupted run no song exists, so all are made again.
    return [part.replace(song) for part, song in songs]


if __name__ == "__main__":
    for made in make_songs(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent):
        print(made)
