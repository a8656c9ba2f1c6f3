"""What is heard when parts of a fleet go, refuse, or change: all of it under listeners."""

from __future__ import annotations

import random
import signal
import tempfile
import time
from functools import partial
from itertools import pairwise
from pathlib import Path

from benchmarks.fleet.listening import (
    SONG_BYTES,
    background,
    forget,
    listed,
    listened,
    listened_to,
    say,
    wait_for,
)
from fleet.fleet import Fleet
from fleet.listeners import Listeners
from proxy.faults import Faults
from tests.end_to_end.programs import Client
from tests.end_to_end.songs import music, named, recorded, samples
from tests.faulty_proxy import FaultyProxy

KILLS = 50
LISTENERS = 200
AWAY_S = 60.0
FAULT_S = 10.0
_FROZEN_S, _AWAKE_S = 0.3, 0.1
"""A slow store answers nothing for a while, again and again."""
CHANGES = 20
LARGE, LARGE_BYTES = 5, 4_000_000


def kills(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """kill -9 of the server of a song, again and again: the client's WAV is compared."""
    count = max(3, round(KILLS * share))
    content = music(8.0, seed=1, kbits=320)
    fleet.write("900 music.mp3", content)
    song_id = listed(fleet, "900 music")
    right, reference = 0, samples(content)
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "song.wav"
            _play_and_kill(fleet, song_id, wav, len(content) * (number + 1) // (count + 2))
            right += wav.exists() and recorded(wav) == reference
    print(f"  {right} of {count} WAVs are the reference decoder's; what is not was heard")
    fleet.remove("900 music.mp3")


def _play_and_kill(fleet: Fleet, song_id: str, wav: Path, at: int) -> None:
    """Play a song, and kill its server when so many bytes have come."""
    with FaultyProxy(fleet.port, Faults(hold_after=at)) as line:
        client = Client(line.port, f"play {song_id}", "wait", output=f"wav:{wav}")
        held = line.line(0)
        held.reached.wait(30)
        server = max(fleet.servers, key=lambda each: fleet.balancer.sessions(each.name))
        server.end(signal.SIGKILL)
        held.go_on.set()
        client.run()
        client.close()
    server.start()
    wait_for(fleet, server)


def rolling(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """All servers are restarted, one after another, under listeners."""
    began = time.monotonic()
    heard = listened(fleet, songs, round(LISTENERS * share), 8.0, fleet.roll)
    print(f"  {len(fleet.servers)} servers restarted in {time.monotonic() - began:.0f} s")
    say(heard)


def database(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """PostgreSQL is away for a minute."""

    def away() -> None:
        fleet.database.stop()
        time.sleep(AWAY_S * share)
        fleet.database.start()

    say(listened(fleet, songs, 50, 4.0, away))


def stopped(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """A server is stopped rather than dead: how long until nobody is sent to it."""
    times = []
    for server in fleet.servers[: max(1, round(4 * share))]:
        server.send(signal.SIGSTOP)
        began = time.monotonic()
        while fleet.balancer.is_up(server.name):
            time.sleep(0.05)
        times.append(time.monotonic() - began)
        server.end(signal.SIGKILL)
        server.start()
        wait_for(fleet, server)
    print(f"  noticed after {min(times):.1f} to {max(times):.1f} s")


def store(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """The store answers nothing, refuses, and is slow; no server has kept a song."""
    faults = {
        "answers nothing": _frozen,
        "answers 503": _refusing,
        "stops for 0.3 s of each 0.4 s": _slow,
    }
    for name, fault in faults.items():
        forget(fleet)
        print(f"  the store {name} for {FAULT_S:.0f} s:")
        say(listened(fleet, songs, 50, 4.0, partial(fault, fleet)))


def _frozen(fleet: Fleet) -> None:
    with fleet.store.frozen():
        time.sleep(FAULT_S)


def _refusing(fleet: Fleet) -> None:
    with fleet.gate.refusing():
        time.sleep(FAULT_S)


def _slow(fleet: Fleet) -> None:
    for _ in range(round(FAULT_S / (_FROZEN_S + _AWAKE_S))):
        with fleet.store.frozen():
            time.sleep(_FROZEN_S)
        time.sleep(_AWAKE_S)


def replaced(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """Songs are tagged anew under their listeners, again and again: none is heard as a mixture.

    They are larger than what is read ahead of who listens. With another sound they would be other
    songs, of other IDs.
    """
    chance = random.Random(2)
    names = [f"900 large {number}" for number in range(LARGE)]
    sounds = {f"{name}.mp3": chance.randbytes(LARGE_BYTES) for name in names}
    for name, sound in sounds.items():
        fleet.write(name, sound)
    ids = {f"{name}.mp3": int(listed(fleet, name)) for name in names}
    forget(fleet)

    def replace(listeners: Listeners) -> None:
        for number in range(max(10, round(100 * share))):
            name = names[chance.randrange(LARGE)]
            key = f"{name}.mp3"
            new = named("x" * number, name) + sounds[key]
            listeners.accept(ids[key], new)
            fleet.write(key, new)
            time.sleep(1.0)

    large = {ids[key]: sound for key, sound in sounds.items()}
    try:
        say(listened_to(fleet, large, 20, LARGE_BYTES / 8.0, replace))
    finally:
        for key in sounds:
            fleet.remove(key)


def changes(fleet: Fleet, songs: list[bytes], share: float) -> None:
    """Songs are added, moved and removed under listeners, while all servers are restarted."""
    took: list[float] = []

    def change() -> None:
        with background(fleet.roll):
            for number in range(max(2, round(CHANGES * share))):
                took.extend(_added_moved_removed(fleet, number))

    heard = listened(fleet, songs, 50, 4.0, change)
    print(
        f"  {len(took)} changes, each seen through HAProxy after {min(took):.1f} to "
        f"{max(took):.1f} s, a client's start included"
    )
    say(heard)


def _added_moved_removed(fleet: Fleet, number: int) -> list[float]:
    """Add a song, move it, remove it; return how long it was until each was listed."""
    content = random.Random(100 + number).randbytes(SONG_BYTES)
    first, second = f"800 new {number}", f"801 moved {number}"
    began = [time.monotonic()]
    fleet.write(f"{first}.mp3", content)
    song_id = listed(fleet, first)
    began.append(time.monotonic())
    fleet.move(f"{first}.mp3", f"{second}.mp3")
    moved_id = listed(fleet, second)
    if moved_id != song_id:
        print(f"  a song that was moved is {moved_id} and was {song_id}")
    began.append(time.monotonic())
    fleet.remove(f"{second}.mp3")
    listed(fleet, second, there=False)
    began.append(time.monotonic())
    return [later - sooner for sooner, later in pairwise(began)]
