"""The list in pieces is the list, and where its messages end is known."""

import pytest

from net.server.song_list import PIECE_MESSAGES, EncodedList, ListInFlight, message_end
from net.wire import LIST_CLOSING, list_messages
from songs import Song

SONGS = tuple(Song(n, f"song {n} " + "x" * 400, b"%d.mp3" % n) for n in range(1, 300))


def whole(under_way: ListInFlight) -> list[bytes]:
    return list(iter(under_way.next_piece, b""))


@pytest.mark.parametrize("songs", [(), SONGS[:1], SONGS])
@pytest.mark.parametrize("closes", [False, True])
def test_the_pieces_are_the_list(songs, closes):
    listing = EncodedList(songs)
    expected = b"".join(list_messages((s.song_id, s.title) for s in songs))
    for _ in range(2):  # the second one finds it encoded
        pieces = whole(ListInFlight(closes, listing))
        assert b"".join(pieces) == expected + (LIST_CLOSING if closes else b"")
    assert max(map(len, pieces)) <= PIECE_MESSAGES * 4117


def test_two_clients_at_different_places():
    listing = EncodedList(SONGS)
    first, second = (ListInFlight(False, listing) for _ in range(2))
    ahead = [first.next_piece(), first.next_piece()]
    assert [second.next_piece(), second.next_piece()] == ahead
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
