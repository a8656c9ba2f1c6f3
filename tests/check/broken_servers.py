"""A small correct server, and servers each of which has one fault, for the check to find.

Written from the text of RFC 9999 and of docs/protocol.md alone; it shares no code with alfine. It
runs in the event loop of the check, and keeps little in the kernel, so that short songs are long.
"""

import asyncio
import contextlib
import re
import socket
from collections import deque
from functools import lru_cache

EOM = b" END END"
DIGITS = re.compile(rb"[0-9]{1,20}")
PIECE = 4096
SEND_BUFFER_BYTES = 16 * 1024
PACE, PACE_S = 8, 0.03
"""A song is sent so many messages at a time, with so many seconds between them."""


def frames(count, seed=0):
    """Frames of MPEG audio, 128 kbit/s at 44.1 kHz; no two frames are alike."""
    return b"".join(
        b"\xff\xfb\x90\x00" + b"%06d%06d" % (seed, number) + bytes(401) for number in range(count)
    )


SHORT, LONG = frames(20, 1), frames(1600, 2)
HARD = frames(30, 3) + b"x END END y END END END END" + frames(9, 4) + b" END"
SONGS = {
    1: ("NIN - 34 Ghosts IV", SHORT),
    2: ("cinematrik - Revolve", LONG),
    # 3 has gone; the list is longer than one message
    **{number: (f"grapes - I dunno, part {number} é", SHORT) for number in range(4, 120)},
    120: ("THE\u00a0END", HARD),
}


class Server:
    """Serves songs, by ID (title, bytes), to any number of clients; a context manager."""

    CONNECTIONS = 32
    """How many cases are tried at once."""
    ONLY = ()
    """The sections that are tried; all if there is none."""

    def __init__(self, songs=None):
        self.songs = SONGS if songs is None else songs
        self.clients = []

    async def __aenter__(self):
        sock = socket.create_server(("127.0.0.1", 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self.server = await asyncio.start_server(self._serve, sock=sock)
        self.port = sock.getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for client in self.clients:
            client.task.cancel()
        await asyncio.gather(*(client.task for client in self.clients), return_exceptions=True)

    async def _serve(self, reader, writer):
        client = self.client(reader, writer)
        client.task = asyncio.current_task()
        self.clients.append(client)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await client.run()
        finally:
            self.clients.remove(client)
            writer.close()

    def client(self, reader, writer):
        return CLIENTS[type(self)](self, reader, writer)

    # The form of answers

    def entries(self):
        return [f"{number}. {title}".encode() for number, (title, _) in self.songs.items()]

    def tagged_entries(self):
        fields = b"\x1far=NIN\x1ftr=%d\x1fdu=2.5"
        return [entry + fields % track for track, entry in enumerate(self.entries(), 1)]

    def list_payloads(self, tags=False):
        payloads = [b""]
        for entry in self.tagged_entries() if tags else self.entries():
            joined = payloads[-1] + b" END " + entry if payloads[-1] else entry
            if len(joined) <= PIECE:
                payloads[-1] = joined
            else:
                payloads.append(entry)
        return payloads

    def list_messages(self, ends, tags=False):
        payloads = self.list_payloads(tags)
        if payloads == [b""]:
            return [b"RESP 100 END " + EOM] if ends else [b"RESP 100" + EOM]
        messages = [b"RESP 100 END " + payload + EOM for payload in payloads]
        return [*messages, b"RESP 100 END " + EOM] if ends else messages

    def audio_messages(self, number, offset=0):
        yield from audio_messages(self.clean, self.songs[number][1][offset:])

    @staticmethod
    def clean(chunk):
        return (b"RESP 200 END " + chunk + EOM).find(EOM) == 13 + len(chunk)

    def not_found(self):
        return b"ERRO 404" + EOM

    closing = b"RESP 200 END " + EOM


@lru_cache(32)
def audio_messages(clean, data):
    """Cut audio where no EOM comes to stand; kept, because the check asks for a song often."""
    messages = []
    while data:
        length = min(PIECE, len(data))
        while length > 1 and not clean(data[:length]):
            length -= 1
        messages.append(b"RESP 200 END " + data[:length] + EOM)
        data = data[length:]
    return messages


class Client:
    """One client: what it has sent, and what waits for it."""

    CONNECTIONS, ONLY = Server.CONNECTIONS, Server.ONLY
    LIMIT = 4096

    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer = server, reader, writer
        self.received = b""
        self.answers = deque()
        self.song = None
        self.song_id = None
        self.song_closes = False
        self.ends = self.tags = self.offsets = False
        self.no_more = False
        self.unpaced = 0
        self.news = asyncio.Event()

    async def run(self):
        self.writer.transport.set_write_buffer_limits(high=0)
        receiving = asyncio.create_task(self._receive())
        try:
            while (message := await self._next()) is not None:
                self.writer.write(message)
                await self.writer.drain()
                if self.song is not None:
                    await self._pace()
        finally:
            receiving.cancel()
        self.writer.write_eof()

    async def _receive(self):
        try:
            while data := await self.reader.read(65536):
                self.take(data)
                self.news.set()
        except OSError:
            self.vanished()
        self.no_more = True
        self.news.set()

    async def _pace(self):
        """A long song lasts longer than any gap between two requests."""
        self.unpaced += 1
        if self.unpaced == PACE:
            self.unpaced = 0
            await asyncio.sleep(PACE_S)

    def vanished(self):
        self.writer.transport.abort()
        self.stop_song()

    async def _next(self):
        while True:
            if self.answers:
                return self.answers.popleft()
            if self.song is not None:
                if (message := next(self.song, None)) is not None:
                    return message
                self.song = None
                self.song_ended()
            elif self.no_more:
                return None
            else:
                self.news.clear()
                await self.news.wait()

    # Requests

    def take(self, data):
        self.received += data
        while True:
            self.received = self.skip(self.received)
            head, end, rest = self.received.partition(EOM)
            if not end or len(head) > self.LIMIT or self.no_more:
                break
            self.received = rest
            self.request(head)
        if len(self.received) > self.LIMIT:
            self.received = b""
            self.too_long()

    def skip(self, data):
        data = data.lstrip(b" \t\r\n\0")
        return b" " + data if data.startswith(b"END END") else data

    def too_long(self):
        self.stop_song()
        self.answers.append(self.server.not_found())
        self.no_more = True

    def request(self, head):
        match self.words(head):
            case [b"LIST", *_]:
                self.list()
            case [b"PLAY", number] if re.fullmatch(rb"[1-9][0-9]{0,9}", number):
                self.play(int(number))
            case [b"PLAY", number, offset] if self.offsets and DIGITS.fullmatch(number + offset):
                self.play_from(int(number), int(offset))
            case [b"STOP", *_]:
                self.stop()
            case [b"SETUP", *tokens]:
                self.setup(tokens)
            case [b"TEARDOWN"]:
                self.teardown()
            case _:
                self.not_understood(head)

    def words(self, head):
        return [word for word in head.split(b" ") if word]

    def list(self):
        self.answers.extend(self.server.list_messages(self.ends, self.tags))

    def play(self, number):
        self.stop_song()
        if number in self.server.songs:
            self.start_song(number)
        else:
            self.unknown(number)

    def start_song(self, number):
        self.song_id, self.song_closes = number, self.ends
        self.song = self.server.audio_messages(number)

    def play_from(self, number, offset):
        if number in self.server.songs and offset > len(self.server.songs[number][1]):
            number = None
        self.play(number)
        if number in self.server.songs:
            self.song = self.server.audio_messages(number, offset)

    def unknown(self, number):
        self.answers.append(self.server.not_found())

    def stop(self):
        self.stop_song()

    def stop_song(self):
        if self.song is not None:
            self.song = None
            self.close_song()

    def song_ended(self):
        self.close_song()

    def close_song(self):
        if self.song_closes:
            self.answers.append(self.server.closing)

    def setup(self, tokens):
        self.ends = self.ends or b"ends" in tokens
        accepted = [token for token in tokens if self.accepts(token)]
        self.tags = self.tags or b"tags" in accepted
        self.offsets = self.offsets or b"from" in accepted
        self.answers.append(b" ".join([b"RESP 101 END small/1", *accepted]) + EOM)

    def accepts(self, token):
        return token == b"ends" or (self.ends and token in (b"tags", b"from"))

    def teardown(self):
        self.song = None
        self.answers.clear()
        self.no_more = True

    def not_understood(self, head):
        self.answers.append(self.server.not_found())


CLIENTS = {Server: Client}
"""For each server the class of its clients."""
FAULTS = {}
"""Every broken server, with the exact numbers of the cases that it fails and is warned of."""


def fault(*failed, warned=(), client=Client):
    """Register a broken server. client: the class of its clients, where the fault is theirs."""

    def register(server):
        CLIENTS[server] = client
        FAULTS[server] = (set(failed), set(warned))
        return server

    return register


def client_fault(*failed, warned=()):
    """Register a server whose clients have a fault."""

    def register(client):
        about = {"__doc__": client.__doc__, "CONNECTIONS": client.CONNECTIONS, "ONLY": client.ONLY}
        server = type(client.__name__, (Server,), about)
        fault(*failed, warned=warned, client=client)(server)
        return server

    return register


# Faults of STOP


@client_fault("2.4.3-1", "2.4.3-3", "2.6.2-3", "2.7.1-1", "P7-10", "P7-11", warned=("P3-6",))
class IgnoresStop(Client):
    def stop(self):
        pass


@client_fault(
    "2.4.3-2",
    "2.4.3-3",
    "2.4.3-4",
    "2.4.3-7",
    "2.4.3-8",
    "P7-11",
    "P7-12",
    "P7-13",
    warned=("P3-7",),
)
class AnswersStop(Client):
    def stop(self):
        if self.song is None:
            self.not_understood(b"")
        self.stop_song()


@client_fault("2.4.3-5", "2.4.3-6")
class StopsForGood(Client):
    """The next song after a STOP is not sent."""

    stopped = False

    def stop(self):
        self.stopped = True
        self.stop_song()

    def start_song(self, number):
        if not self.stopped:
            super().start_song(number)
        self.stopped = False


@client_fault("2.4.3-6")
class PausesAtStop(Client):
    """The next PLAY of the same song goes on where it was stopped."""

    stopped = (None, None)

    def stop(self):
        if self.song is not None:
            self.stopped = (self.song_id, self.song)
        self.stop_song()

    def start_song(self, number):
        super().start_song(number)
        if self.stopped[0] == number:
            self.song = self.stopped[1]
        self.stopped = (None, None)


@client_fault("2.6.2-5")
class StopsEverybody(Client):
    """One client's STOP ends the songs of all."""

    CONNECTIONS, ONLY = 1, ("2.3", "2.4.3", "2.6.2")

    def stop(self):
        for client in self.server.clients:
            client.stop_song()


@client_fault(
    "2.4.3-1",
    "2.4.3-3",
    "2.4.3-5",
    "2.4.3-6",
    "2.6.2-3",
    "2.6.2-5",
    "2.7.1-1",
    "P7-10",
    "P7-11",
    warned=("P3-6",),
)
class StopsInsideMessage(Client):
    """The message that was begun is not finished."""

    def stop(self):
        if self.song is not None:
            self.answers.append(b"RESP 200 END " + self.server.songs[self.song_id][1][:100])
        self.stop_song()


# Faults of PLAY


@client_fault("2.4.2-13", "2.4.2-14", "2.6.2-4", "2.7.1-1", "P7-14", "P7-17", "P10-16")
class PlaysOneAfterTheOther(Client):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.queue = deque()

    def play(self, number):
        if self.song is not None and number in self.server.songs:
            self.queue.append(number)
        else:
            super().play(number)

    def stop(self):
        self.queue.clear()
        super().stop()

    def song_ended(self):
        super().song_ended()
        if self.queue:
            self.start_song(self.queue.popleft())


@client_fault(
    "2.3.1-5",
    "2.3.1-10",
    "2.4.1-9",
    "2.4.1-15",
    "2.4.2-6",
    "2.4.2-15",
    "P7-9",
    "P7-15",
    "P7-17",
    "P10-13",
    "P10-15",
    warned=("P6-1",),
)
class IgnoresUnknownId(Client):
    def unknown(self, number):
        pass


@client_fault(
    "2.3.1-5",
    "2.3.1-10",
    "2.4.1-9",
    "2.4.1-15",
    "2.4.2-6",
    "P7-9",
    "P7-15",
    "P7-17",
    "P10-13",
    "P10-15",
    warned=("P6-1",),
)
class ClosesAfterUnknownId(Client):
    def unknown(self, number):
        super().unknown(number)
        self.no_more = True


@client_fault("P7-15", "P7-17", warned=("P6-1",))
class GoesOnAfterUnknownId(Client):
    def play(self, number):
        if number in self.server.songs:
            super().play(number)
        else:
            self.unknown(number)


@client_fault("2.4.2-10", "P10-14")
class CountsFromTheEnd(Client):
    """PLAY -1 is the last song, as in a list of Python's."""

    def words(self, head):
        words = super().words(head)
        if words[:1] == [b"PLAY"] and re.fullmatch(rb"-[0-9]{1,3}", words[-1]):
            words[-1] = b"%d" % list(self.server.songs)[int(words[-1])]
        return words


@fault("2.4.2-16")
class LosesLastByte(Server):
    def __init__(self):
        super().__init__()
        songs = self.songs.items()
        self.songs = {n: (title, data if EOM in data else data[:-1]) for n, (title, data) in songs}


@fault("2.4.2-16", "P4-1")
class Uncut(Server):
    @staticmethod
    def clean(chunk):
        return True


@fault("2.3-3")
class LongMessages(Server):
    def audio_messages(self, number, offset=0):
        data = self.songs[number][1][offset:]
        if EOM in data:
            yield from super().audio_messages(number, offset)
        else:
            for at in range(0, len(data), 8192):
                yield b"RESP 200 END " + data[at : at + 8192] + EOM


@fault(warned=("P4-2",))
class ShortMessages(Server):
    """The first message of a song is shorter than it could be."""

    def audio_messages(self, number, offset=0):
        for count, message in enumerate(super().audio_messages(number, offset)):
            payload = message[13 : -len(EOM)]
            for part in (payload[:1000], payload[1000:]) if count == 0 else (payload,):
                yield b"RESP 200 END " + part + EOM


@fault("2.4.2-17")
class PlaysAnother(Server):
    """The last ID is another song."""

    def audio_messages(self, number, offset=0):
        return super().audio_messages(2 if number == max(self.songs) else number, offset)


@fault("2.3-4")
class LinesBetweenAudio(Server):
    def audio_messages(self, number, offset=0):
        for message in super().audio_messages(number, offset):
            yield message + b"\r\n"


# Faults of LIST


@client_fault("2.4.1-10", "2.6.2-2", "P7-16")
class ListsAfterTheSong(Client):
    later = False

    def list(self):
        if self.song is None:
            super().list()
        else:
            self.later = True

    def song_ended(self):
        super().song_ended()
        if self.later:
            super().list()
        self.later = False


@client_fault("2.4.1-11", warned=("2.4.1-12",))
class ListsTwice(Client):
    """A list that was asked for during a song is sent again behind it."""

    again = False

    def list(self):
        super().list()
        self.again = self.again or self.song is not None

    def song_ended(self):
        super().song_ended()
        if self.again:
            super().list()
        self.again = False


@client_fault("2.4.1-10", "2.4.1-11", "P7-16", warned=("2.4.1-12",))
class ListEndsSong(Client):
    def list(self):
        self.stop_song()
        super().list()


@fault("2.4.1-7", warned=("2.4.1-8",))
class PartsEntries(Server):
    def list_payloads(self, tags=False):
        if tags:
            return super().list_payloads(tags)
        joined = b" END ".join(self.entries())
        return [joined[at : at + 3993] for at in range(0, len(joined), 3993)]


@fault("2.4.1-9", "P10-5", warned=("2.4.1-14",))
class LosesEntries(Server):
    """An entry is lost wherever a message is full."""

    def list_payloads(self, tags=False):
        first, *others = super().list_payloads(tags)
        return [first, *(payload.partition(b" END ")[2] for payload in others)]


@fault("2.3-2")
class LongLists(Server):
    def list_payloads(self, tags=False):
        return super().list_payloads(tags) if tags else [b" END ".join(self.entries())]


@fault("2.4.1-5", warned=("2.4.1-14",))
class RepeatsIds(Server):
    def entries(self):
        return [*super().entries(), b"1. " + b"again"]


@fault(warned=("P4-3",))
class WritesLatin1(Server):
    def entries(self):
        return [entry.decode().encode("latin-1") for entry in super().entries()]


@fault("2.4.1-3", "P10-4")
class NumbersWithBrackets(Server):
    def entries(self):
        return [entry.replace(b". ", b") ", 1) for entry in super().entries()]


# Faults of reading requests


@client_fault(
    "2.1-5",
    "2.1-6",
    "2.1-7",
    "2.4.3-7",
    "2.4.3-8",
    "2.6.2-1",
    "2.6.2-2",
    "2.6.2-3",
    "2.6.2-4",
    "P7-17",
    "P7-20",
)
class OneRequestPerSegment(Client):
    """What follows a request in the same segment is lost.

    So is what a busy machine has it read together with that, though it was sent later.
    """

    def take(self, data):
        before = self.received
        head, end, _ = (before + data).partition(EOM)
        self.received = b""
        super().take(head + end)


@client_fault("2.1-1", "2.1-2", "2.1-3", "2.1-4", "2.1-7")
class NothingAcrossSegments(Client):
    """A request that does not come in one segment is lost."""

    def take(self, data):
        self.received = b""
        super().take(data)
        self.received = b""


@client_fault("2.3.1-7", "2.3.1-8", "2.3.1-9")
class LooksAtFourBytes(Client):
    def words(self, head):
        words = super().words(head)
        return [words[0][:4], *words[1:]] if words else words


@client_fault("2.1-4")
class EndsAtOneEnd(Client):
    """A single END at the end of a segment is the end of a request; a second one is ignored."""

    def take(self, data):
        data = data.removeprefix(b" END") if data == b" END" else data
        super().take(data + b" END" if data.endswith(b" END") and not data.endswith(EOM) else data)


@client_fault(warned=("P3-2",))
class KeepsNuls(Client):
    def skip(self, data):
        return super().skip(data) if not data.startswith(b"\0") else data


@client_fault(
    "2.3.1-6",
    "2.3.1-7",
    "2.3.1-8",
    "2.3.1-9",
    "2.4.2-7",
    "2.4.2-8",
    "2.4.2-9",
    "2.4.2-10",
    "2.4.2-11",
    "P3-12",
    "P7-19",
    "P10-14",
    "P10-17",
    warned=(
        "P3-8",
        "P3-9",
        "P3-10",
        "P3-11",
        "P3-13",
        "P3-14",
        "P3-15",
        "P3-17",
        "P6-2",
    ),
)
class IgnoresUnknownWords(Client):
    def not_understood(self, head):
        pass


@client_fault("P3-12")
class BreaksOnBytes(Client):
    """What is no UTF-8 ends the connection without a word."""

    def request(self, head):
        try:
            head.decode()
        except UnicodeDecodeError:
            self.no_more = True
        else:
            super().request(head)


@client_fault(warned=("P3-17",))
class TakesShortRequests(Client):
    LIMIT = 1024


@client_fault(warned=("P3-16",))
class TakesLongRequests(Client):
    LIMIT = 1 << 20


@fault("2.3.1-5")
class OtherError(Server):
    def not_found(self):
        return b"ERRO 500" + EOM


@client_fault(warned=("2.4.2-18",))
class ForgetsAtHalfClose(Client):
    async def _receive(self):
        await super()._receive()
        self.song = None


# Faults of the extension


@client_fault("P7-6", "P7-7", "P7-16", "P10-3", "P10-4", "P10-5", "P10-6", "P10-7")
class DoesNotCloseLists(Client):
    def list(self):
        self.answers.extend(self.server.list_messages(False, self.tags))


@client_fault("P7-10", "P7-11")
class DoesNotCloseStoppedSongs(Client):
    def stop(self):
        self.song = None


@client_fault("P7-8", "P7-13", "P7-14", "P10-12", "P10-16")
class ClosesSongsTwice(Client):
    def song_ended(self):
        super().song_ended()
        self.close_song()


@client_fault("P7-11", "P7-12", "P7-13")
class ClosesAtEachStop(Client):
    def stop(self):
        if self.song is None and self.ends:
            self.answers.append(self.server.closing)
        self.stop_song()


@client_fault("P7-9", "P7-15", "P7-17", "P10-13", "P10-15")
class ClosesUnknownIdTwice(Client):
    def unknown(self, number):
        super().unknown(number)
        if self.ends:
            self.answers.append(self.server.closing)


@client_fault("P7-5", "P7-18", warned=("2.4.2-19",))
class ClosesWithoutSetup(Client):
    def close_song(self):
        self.answers.append(self.server.closing)


@client_fault("P7-18")
class ClosesOlderSongs(Client):
    """A song that was asked for before SETUP is closed."""

    def setup(self, tokens):
        super().setup(tokens)
        self.song_closes = self.ends


@client_fault("P7-3")
class AcceptsEverything(Client):
    def accepts(self, token):
        return super().accepts(token) or token == b"no-such-thing"


@client_fault("P7-2")
class NamesNoProduct(Client):
    def setup(self, tokens):
        super().setup(tokens)
        if self.ends:
            self.answers[-1] = self.answers[-1].replace(b"small/1 ", b"")


@client_fault("P7-21", "P7-22", "P7-23")
class IgnoresTeardown(Client):
    def teardown(self):
        pass


@client_fault("P7-22")
class ClosesAtTeardown(Client):
    """TEARDOWN closes the song, which tells that it was told to stop."""

    def teardown(self):
        self.stop_song()
        self.no_more = True


# Faults of the whole


@client_fault("2.6.2-7")
class DiesWithItsClient(Client):
    """A client that vanishes ends the songs of all."""

    CONNECTIONS, ONLY = 1, ("2.3", "2.4.3", "2.6.2")

    def vanished(self):
        super().vanished()
        for client in self.server.clients:
            client.stop_song()


@fault("2.3-5")
class OneAtATime(Server):
    """A client is answered when the one before it has gone."""

    ONLY = ("2.3", "2.6.2", "P3")

    def __init__(self, songs=None):
        super().__init__(songs)
        self.turn = asyncio.Lock()

    async def _serve(self, reader, writer):
        with contextlib.suppress(asyncio.CancelledError):
            async with self.turn:
                await super()._serve(reader, writer)


# Faults of fields and offsets


@client_fault("P10-2", "P10-9")
class AcceptsWithoutEnds(Client):
    def accepts(self, token):
        return token in (b"ends", b"tags", b"from")


@client_fault("P7-6", "P7-7", "P7-16", "P10-3")
class TagsAlways(Client):
    """Fields come with the closing messages, whether they were asked for or not."""

    def setup(self, tokens):
        super().setup(tokens)
        self.tags = self.ends


@fault("P10-4")
class LongKeys(Server):
    def tagged_entries(self):
        return [entry.replace(b"ar=", b"artist=") for entry in super().tagged_entries()]


@fault("P10-4")
class TrackZero(Server):
    def tagged_entries(self):
        return [entry.replace(b"tr=1\x1f", b"tr=0\x1f") for entry in super().tagged_entries()]


@fault("P10-5")
class OtherOrder(Server):
    def tagged_entries(self):
        return super().tagged_entries()[::-1]


@client_fault("P10-10", "P10-12", "P10-13", "P10-16")
class IgnoresOffsets(Client):
    def play_from(self, number, offset):
        super().play_from(number, 0)


@client_fault("P10-10", "P10-16")
class OneByteLater(Client):
    def play_from(self, number, offset):
        _, data = self.server.songs.get(number, ("", b""))
        super().play_from(number, offset + 1 if 0 < offset < len(data) else offset)


@client_fault("P10-13")
class NothingIsBeyond(Client):
    """An offset beyond the end is like one at the end."""

    def play_from(self, number, offset):
        _, data = self.server.songs.get(number, ("", b""))
        super().play_from(number, min(offset, len(data)))


@client_fault("P10-17")
class TakesOffsetsFromAll(Client):
    def setup(self, tokens):
        super().setup(tokens)
        self.offsets = True


@client_fault("P7-24")
class NamesLibraryBadly(Client):
    def setup(self, tokens):
        super().setup(tokens)
        self.answers[-1] = self.answers[-1].removesuffix(EOM) + b" library=a/b" + EOM
