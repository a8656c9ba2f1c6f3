"""The pieces make up the list, and the ends of its messages are found."""

from types import SimpleNamespace

import pytest

from net.server.songs.song_list import (
    PIECE_MESSAGES,
    EncodedList,
    ListInFlight,
    SongList,
    message_end,
)
from net.wire import EMPTY_LIST, LIST_CLOSING, list_messages
from songs import Song, Versions

SONGS = tuple(Song(n, f"song {n} " + "x" * 400, b"%d.mp3" % n) for n in range(1, 300))


def whole(in_flight: ListInFlight) -> list[bytes]:
    return list(iter(in_flight.next_piece, b""))


@pytest.mark.parametrize("songs", [SONGS[:1], SONGS])
@pytest.mark.parametrize("closes", [False, True])
def test_the_pieces_are_the_list(songs, closes):
    encoded = EncodedList(songs)
    expected = b"".join(list_messages((s.song_id, s.title) for s in songs))
    if not songs and not closes:
        expected = b"RESP 100 END END"  # an empty payload would end deployed clients
    for _ in range(2):  # the second one finds it encoded
        pieces = whole(ListInFlight(closes, encoded))
        assert b"".join(pieces) == expected + (LIST_CLOSING if closes else b"")
    assert max(map(len, pieces)) <= PIECE_MESSAGES * 4117


def test_an_empty_list_is_only_a_code_to_a_peer_without_closing_messages():
    """The receiving thread of deployed clients ends at an empty payload (protocol.md 4)."""
    encoded = EncodedList(())
    assert b"".join(whole(ListInFlight(False, encoded))) == EMPTY_LIST == b"RESP 100 END END"
    assert b"".join(whole(ListInFlight(True, encoded))) == LIST_CLOSING


def test_two_clients_at_different_places():
    encoded = EncodedList(SONGS)
    first, second = (ListInFlight(False, encoded) for _ in range(2))
    pieces = [first.next_piece(), first.next_piece()]
    assert [second.next_piece(), second.next_piece()] == pieces
    assert whole(first) == whole(second)


def test_where_messages_end():
    messages = list(list_messages((s.song_id, s.title) for s in SONGS[:40]))
    messages.append(LIST_CLOSING)
    data = b"".join(messages)
    start = 0
    for message in messages:
        end = start + len(message)
        assert message_end(data, start) == start
        assert {message_end(data, offset) for offset in range(start + 1, end + 1)} == {end}
        start = end


def test_the_list_is_encoded_again_when_the_library_has_changed():
    library = SimpleNamespace(listed=(SONGS[:1], Versions("p1", "d1")))
    song_list = SongList(library, lambda ready: False)
    encoded = song_list.get(lambda: None)
    assert song_list.get(lambda: None) is encoded
    library.listed = SONGS, Versions("p2", "d2")
    assert song_list.get(lambda: None).songs is SONGS


def test_a_list_waits_for_a_rescan():
    waiting = []
    song_list = SongList(
        SimpleNamespace(listed=(SONGS, Versions("p", "d"))), lambda ready: not waiting.append(ready)
    )

    def ready():
        pass

    assert song_list.get(ready) is None
    assert waiting == [ready]
