"""Three instruments in plain Python: a plucked string, an electric piano, an organ pipe.

It knows frequencies and samples; it must not know pieces or files. The same call returns the same
samples, because the noise is seeded.
"""

from __future__ import annotations

import math
import random
from itertools import repeat
from operator import mul

RATE_HZ = 44_100

Samples = list[float]


def frequency_hz(note: int) -> float:
    """The frequency of a MIDI note number; 69 is A, 440 Hz."""
    return 440.0 * math.exp2((note - 69) / 12)


def plucked(frequency_hz: float, duration_s: float) -> Samples:
    """A plucked string by the Karplus-Strong algorithm: noise in a loop with a low-pass filter.

    The filter has three taps, weighted so that the mean delay is the exact period: with a delay of
    whole samples high notes would be out of tune. Each period is computed at once from the one
    before; that is fast enough without numpy.
    """
    period = RATE_HZ / frequency_hz
    delay = round(period)
    offset = period - delay
    loss = 0.5 ** (period / RATE_HZ / 0.9)  # the lowest partial decays by half in 0.9 s
    near, middle, far = (0.25 - offset / 2) * loss, 0.5 * loss, (0.25 + offset / 2) * loss
    wave = pluck(delay + 1)
    length = int(duration_s * RATE_HZ)
    while len(wave) < length:
        # y[n] = near·y[n-delay+1] + middle·y[n-delay] + far·y[n-delay-1], for delay-1 values of n
        last = wave[-delay - 1 :]
        wave += [
            near * a + middle * b + far * c
            for a, b, c in zip(last[2:], last[1:], last, strict=False)
        ]
    return faded(wave[:length], attack_s=0.001, release_s=0.08)


def pluck(length: int) -> Samples:
    """Seeded noise, smoothed twice, without a DC component, with a level of 0.35."""
    noise = random.Random(length)
    wave = [noise.uniform(-1, 1) for _ in range(length)]
    for _ in range(2):
        wave = [(wave[n - 2] + wave[n - 1] + wave[n]) / 3 for n in range(length)]
    mean = sum(wave) / length
    power = sum((x - mean) ** 2 for x in wave) / length
    return [0.35 * (x - mean) / math.sqrt(power) for x in wave]


def electric_piano(frequency_hz: float, duration_s: float) -> Samples:
    """Frequency modulation of one sine by another; level and modulation decay."""
    step = 2 * math.pi * frequency_hz / RATE_HZ
    level_decay, index_decay = 0.5 ** (1 / (0.45 * RATE_HZ)), 0.5 ** (1 / (0.12 * RATE_HZ))
    sin = math.sin
    wave = []
    level, index = 0.8, 1.1
    for phase in map(mul, repeat(step), range(int(duration_s * RATE_HZ))):
        wave.append(level * sin(phase + index * sin(phase)))
        level *= level_decay
        index *= index_decay
    return faded(wave, attack_s=0.004, release_s=0.12)


_PIPE_STEPS = 4096  # a power of two, so that a mask wraps the position
_PIPE_PARTIALS = {1: 1.0, 2: 0.42, 3: 0.22, 4: 0.16, 6: 0.06, 8: 0.04}
_PIPE = [
    sum(
        level * math.sin(2 * math.pi * partial * step / _PIPE_STEPS)
        for partial, level in _PIPE_PARTIALS.items()
    )
    / 1.6
    for step in range(_PIPE_STEPS)
]


def pipe(frequency_hz: float, duration_s: float) -> Samples:
    """An organ pipe: a wavetable of one period with its partials, read at the note's frequency."""
    step = _PIPE_STEPS * frequency_hz / RATE_HZ
    steps = map(mul, repeat(step), range(int(duration_s * RATE_HZ)))
    wave = [_PIPE[int(position) & (_PIPE_STEPS - 1)] for position in steps]
    return faded(wave, attack_s=0.05, release_s=0.14)


def faded(wave: Samples, attack_s: float, release_s: float) -> Samples:
    """Fade `wave` in and out, in place, so that it does not click; return it."""
    attack, release = (min(int(s * RATE_HZ), len(wave) // 2) for s in (attack_s, release_s))
    for n in range(attack):
        wave[n] *= n / attack
    for n in range(1, release + 1):
        wave[-n] *= (n - 1) / release
    return wave
