"""The client with servers that word their answers in every way: understood, or named and refused.

Most of it runs in one process, and in no time: the decoder and the machines on a real connection,
whose silence is told as soon as everything has come. The program itself visits some of them.
"""

from __future__ import annotations

import contextlib
import random
import socket

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from net.dialects import WireError
from net.responses import ResponseDecoder
from net.wire import encode_request
from tests.end_to_end.crowd import crowd
from tests.end_to_end.programs import Run, play
from tests.end_to_end.songs import music, recorded, samples
from tests.fsm.driver import ClientDriver
from tests.peers.plain_server import Habits, PlainServer
from tests.peers.wording import REFUSED, WORDINGS, Wording

TITLES = ["NIN - 34 Ghosts IV", "cinematrik - Revolve (live)", "grapes - I dunno"]
SECONDS = 20.0


class Visitor:
    """A client on a real connection, without a program: what comes goes to its machines."""

    def __init__(self, port: int):
        self.sock = socket.create_connection(("127.0.0.1", port), SECONDS)
        self.decoder = ResponseDecoder()
        self.client = ClientDriver(plain=True)
        self.events = []
        self.fire(on.Connected())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def fire(self, *events) -> None:
        for effect in self.client(*events):
            if isinstance(effect, do.SendRequest):
                self.sock.sendall(encode_request(effect))

    def until(self, done) -> None:
        """Receive until `done`; raises EOFError, TimeoutError, or WireError."""
        while not done():
            if not (data := self.sock.recv(65536)):
                raise EOFError(f"closed after {self.events[-3:]}")
            for event in self.decoder.feed(data):
                self.events.append(event)
                self.fire(event)

    def listed(self) -> list[on.ListedSong]:
        return [song for e in self.events if isinstance(e, on.ListReceived) for song in e.songs]

    def list_songs(self, count: int) -> tuple[on.ListedSong, ...]:
        """Ask for the list, and return it as it is shown once it is quiet."""
        self.fire(on.ListRequested())
        self.until(
            lambda: (
                len(self.listed()) >= count
                and any(isinstance(event, on.ListReceived) for event in self.events)
            )
        )
        self.fire(on.ListWentQuiet())
        (shown,) = (effect.songs for effect in self.client.did(do.ShowSongs))
        return shown

    def play(self, song_id: int, size: int) -> bytes:
        self.fire(on.PlayRequested(song_id))
        self.until(lambda: len(self.client.buffer) >= size)
        return bytes(self.client.buffer)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("music")
    for number, title in enumerate(TITLES, 1):
        noise = b"ID3" + random.Random(number).randbytes(30_000 + number)
        # No server that has its habits cuts cleanly: a song's bytes may look like an end.
        (path / f"{title}.mp3").write_bytes(noise + b"THE END END\0\0\0" + noise)
    return path


def visiting(folder, wording: Wording, **habits):
    stack = contextlib.ExitStack()
    server = stack.enter_context(PlainServer(folder, Habits(wording=wording, **habits)))
    return stack, stack.enter_context(Visitor(server.port))


@pytest.mark.parametrize("uncut", [False, True], ids=["", "uncut"])
@pytest.mark.parametrize("name", WORDINGS)
def test_songs_are_listed_and_played(folder, name, uncut):
    wording = WORDINGS[name]
    stack, visitor = visiting(folder, wording, uncut=uncut)
    with stack:
        shown = visitor.list_songs(len(TITLES))
        extension = ".mp3" if wording.entry.endswith(".mp3") else ""
        assert shown == tuple(
            on.ListedSong(wording.song_id(index), title + extension)
            for index, title in enumerate(TITLES)
        )
        # Song 0 is not a request that the machines make: `PLAY 0` is for the prompt to allow.
        index = 1
        song = (folder / f"{TITLES[index]}.mp3").read_bytes()
        assert visitor.play(wording.song_id(index), len(song)) == song
        unknown = visitor.decoder.take_unknown_codes()
        assert unknown == (["150"] if wording.before_answers else [])


@pytest.mark.parametrize("name", WORDINGS)
def test_a_song_that_is_not_there_is_refused(folder, name):
    stack, visitor = visiting(folder, WORDINGS[name])
    with stack:
        visitor.fire(on.PlayRequested(99_999))
        visitor.until(lambda: on.NotFoundReceived() in visitor.events)
        assert do.Report.SONG_NOT_FOUND in visitor.client.told()


@pytest.mark.parametrize("name", ["rfc", "short empty list", "300", "crlf"])
def test_an_empty_library(tmp_path, name):
    stack, visitor = visiting(tmp_path, WORDINGS[name])
    with stack:
        assert visitor.list_songs(0) == ()


@pytest.mark.parametrize("name", WORDINGS)
def test_a_list_in_several_messages(tmp_path, name):
    titles = [f"{number:03} {'long ' * 10}(live)" for number in range(400)]
    for title in titles:
        (tmp_path / f"{title}.mp3").write_bytes(b"x")
    wording = WORDINGS[name]
    stack, visitor = visiting(tmp_path, wording)
    with stack:
        shown = visitor.list_songs(len(titles))
        assert [song.song_id for song in shown] == [wording.song_id(i) for i in range(400)]
        assert [song.title.removesuffix(".mp3") for song in shown] == titles


def test_a_deployed_server_loses_entries_and_no_more_than_that(tmp_path):
    for number in range(1, 201):
        (tmp_path / f"{number:03} {'long ' * 10}.mp3").write_bytes(b"x")
    stack, visitor = visiting(tmp_path, WORDINGS["rfc"], lose_entries=True)
    with stack:
        visitor.fire(on.ListRequested())
        visitor.sock.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            visitor.until(lambda: False)
        ids = [song.song_id for song in visitor.listed()]
        missing = set(range(1, max(ids))) - set(ids)
        assert max(ids) < 200
        assert len(missing) == len([e for e in visitor.events if e.songs]) - 1


# What is refused

TOLD = {
    "lower case": "'resp 100 end 1. NIN - 34 Ghosts …' came, in the place of RESP or ERRO: "
    "alfine does not speak that dialect",
    "greeting": "'Welcome to the music server!' came, which is no message of RFC 9999: "
    "try --plain, or it is another dialect",
    "bracketed audio": "came, which is audio in brackets: alfine does not speak that dialect",
    "bracketed audio without END": "came, which is audio in brackets: "
    "alfine does not speak that dialect",
    "one END": "came and ended in one END, not END END: alfine does not speak that dialect",
    "list as 200": "'1. NIN - 34 Ghosts IV END 2. cin…' came as RESP 200, "
    "which is audio and no list: alfine does not speak that dialect",
    "list as 200 in brackets": "'(1. NIN - 34 Ghosts IV END 2. ci…' came as RESP 200, "
    "which is audio and no list: alfine does not speak that dialect",
    "http": "'HTTP/1.1 400 Bad Request' came, "
    "which is HTTP and not RFC 9999: no option helps with that",
}


def test_every_refusal_is_tested():
    assert TOLD.keys() == REFUSED.keys()


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named(folder, name):
    """At the first answer, but for audio in brackets, and one END, which needs what follows it."""
    stack, visitor = visiting(folder, REFUSED[name])
    with stack:
        visitor.sock.sendall(b"LIST END ENDPLAY 2 END END")
        with pytest.raises(WireError) as error:
            visitor.until(lambda: False)
        assert error.value.advice(told_plain=False).endswith(TOLD[name])
        assert "--plain" not in error.value.advice(told_plain=True)
        assert not visitor.client.buffer


# The program

VISITED = (
    "300", "audio without END", "crlf", "END crlf", "brackets and lines", "from 0", "gaps",
    "404 in words", "unknown code", "nul between messages", "as 2.3.1 has it",
)  # fmt: skip
HABITS = {
    "silent to SETUP": Habits(silent_to_unknown=True),
    "SETUP answered by 500": Habits(setup_answer=b"ERRO 500 unknown command END END"),
    "SETUP answered by a list": Habits(setup_answer=b"RESP 100 END 1. x END END"),
    "SETUP answered by words": Habits(setup_answer=b"unknown command\r\n"),
    "closed after SETUP": Habits(close_after_setup=True),
    "404 for STOP": Habits(not_found_for_stop=True),
    "short messages": Habits(piece=1000),
}
SWITCH = ("play 1", "play 2", "wait")
SCRIPT = ("list", "play Revolve", "wait", "play 99999", "wait")


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    path = tmp_path_factory.mktemp("songs")
    for number, title in enumerate(TITLES, 1):
        (path / f"{title}.mp3").write_bytes(music(1.0, seed=number))
    return path


@pytest.fixture(scope="module")
def runs(songs, tmp_path_factory):
    """All of them begin with the first test that asks for one."""
    place = tmp_path_factory.mktemp("wav")
    with crowd() as together:
        for number, name in enumerate(VISITED):
            habits = Habits(wording=WORDINGS[name])
            together.send(name, visit, songs, habits, SCRIPT, place / f"{number}.wav")
        for number, name in enumerate(HABITS):
            together.send(name, visit, songs, HABITS[name], SWITCH, place / f"habit{number}.wav")
        for number, name in enumerate(REFUSED):
            habits = Habits(wording=REFUSED[name])
            together.send(name, visit, songs, habits, ("list",), place / f"no{number}.wav")
        yield together


def visit(folder, habits: Habits, script: tuple[str, ...], wav) -> tuple[Run, bytes]:
    with PlainServer(folder, habits) as server:
        run = play(server.port, *script, output=f"wav:{wav}", options=("--retries", 0))
        return run, recorded(wav) if wav.exists() else b""


@pytest.mark.parametrize("name", VISITED)
def test_the_program_lists_and_plays(songs, runs, name):
    run, heard = runs[name]
    assert run.code == 1, run
    assert [title for title in TITLES if title not in run.out] == []
    assert heard == samples((songs / f"{TITLES[1]}.mp3").read_bytes())
    assert "404" in run.err
    assert run.err.count("RESP 150") == (name == "unknown code")


@pytest.mark.parametrize("name", HABITS)
def test_the_program_plays_the_song_that_was_asked_for_last(songs, runs, name):
    run, heard = runs[name]
    assert run.code == 0, run
    assert heard == samples((songs / f"{TITLES[1]}.mp3").read_bytes())
    # What was offered, and that it was declined, is nothing that a person has to know.
    assert run.err == ""
    assert f"played 2. {TITLES[1]}, as far as the server says" in run.out.splitlines()


@pytest.mark.parametrize(
    "name", sorted(REFUSED.keys() - {"bracketed audio", "bracketed audio without END"})
)
def test_the_program_names_what_it_refuses(runs, name):
    run, heard = runs[name]
    assert run.code == 3, run
    assert " came" in run.err
    assert "port" not in run.err
    assert all(len(line) <= 160 and line.isprintable() for line in run.err.splitlines())
    assert not heard
