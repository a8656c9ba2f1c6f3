"""Damaged songs and tags: no crash, no endless search, no memory without bound, plausible sound."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

from audio import Decoder, NotMp3
from tests.attack import damage
from tests.audio.making import FRAME, as_buffer, mpg123
from tests.needs import needs_program

CASES_A_PROCESS = 5000
MOST_GROWN_KIB = 100 * 1024


def run(kind: str, seed: int, count: int) -> Counter[str]:
    """Run so many cases, each of a few thousand in a process of its own; return what was done."""
    did: Counter[str] = Counter()
    for first in range(0, count, CASES_A_PROCESS):
        many = min(CASES_A_PROCESS, count - first)
        command = [
            sys.executable,
            "-m",
            "tests.attack.decoding",
            kind,
            *map(str, (seed, first, many)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert found["grown_kib"] < MOST_GROWN_KIB, found
        most = {name: max(did[name], found.pop(name, 0)) for name in ("grown_kib", "longest_us")}
        did.update(found)
        did |= Counter(most)
    assert did["cases"] == count
    return did


def test_no_song_crashes_the_decoder(campaign):
    did = run("songs", campaign.seed, campaign.size(250, 120_000))
    campaign.did("damaged songs decoded", did["cases"])
    campaign.did("... bytes", did["bytes"])
    campaign.did("... samples", did["samples"])
    campaign.did("... frames refused by libmad", did["refused frames"])
    campaign.did("... that are no song", did["no song"])
    same = "the same when it arrives in steps"
    campaign.did(f"... {same}", did[same])
    same = "as long as before, with wrong bits in the sound"
    campaign.did(f"... {same}", did[same])
    campaign.did("... memory grown in 5,000 decodes, KiB", did["grown_kib"])
    assert did["samples"] > 0


def test_no_tag_crashes_its_reader(campaign):
    did = run("tags", campaign.seed, campaign.size(1500, 500_000))
    campaign.did("damaged tags read", did["cases"])
    campaign.did("... with a title found", did["names found"])
    campaign.did("... not read to their end, and said so", did["with a problem"])
    campaign.did("... the longest, in µs of CPU", did["longest_us"])
    campaign.did("... memory grown in 5,000 readings, KiB", did["grown_kib"])
    assert did["names found"] > 0


@needs_program("mpg123")
def test_wrong_bits_in_the_sound_cost_no_time_in_mpg123_either(campaign, tmp_path):
    """Where headers are right, both players play as many samples."""
    count, path = campaign.size(4, 3000), tmp_path / "song.mp3"
    for number in range(count):
        rng = campaign.random("mpg123", number)
        song = damage.with_wrong_sound(rng.choice(damage.songs()[:2]), rng)
        path.write_bytes(song)
        samples = sum(len(pcm) for _, pcm in Decoder(as_buffer(song))) // FRAME
        assert samples == len(mpg123(path)) // FRAME, number
    campaign.did("songs with wrong bits, as long as in mpg123", count)


@needs_program("mpg123")
def test_what_one_damage_costs_beside_mpg123(campaign, tmp_path):
    """Behind junk mpg123 often gives up, and it plays more of what only looks like frames."""
    count, path = campaign.size(4, 3000), tmp_path / "song.mp3"
    more: list[int] = []
    for number in range(count):
        rng = campaign.random("beside", number)
        song = damage.damaged(damage.songs()[0], rng, most=1)
        path.write_bytes(song)
        command = ["mpg123", "-q", "-s", "--stereo", "-e", "s16", str(path)]
        theirs = subprocess.run(command, capture_output=True, check=False).stdout
        try:
            samples = sum(len(pcm) for _, pcm in Decoder(as_buffer(song))) // FRAME
        except NotMp3:
            samples = 0
        more.append(samples - len(theirs) // FRAME)
    close = sum(abs(each) <= 3 * 1152 for each in more)
    assert close > count // 2
    campaign.did("songs with one damage, beside mpg123", count)
    campaign.did("... as long", more.count(0))
    campaign.did("... 3 frames apart at most", close)
    campaign.did("... longer, as mpg123 gives up", sum(each > 3 * 1152 for each in more))
    campaign.did("... most frames fewer", f"{-min(more) / 1152:.1f}")
