"""What a row may say behind `where`: by these words, the judgement of the messages that came.

A judgement returns what is wrong, in a clause, or "". None believes a decoder of alfine's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from check.printed import printed
from check.server import judging_lists, judging_setup, judging_songs
from check.server.facts import Facts
from check.server.messages import Kind, Message
from fsm.words import ENDS, MAX_PAYLOAD_BYTES
from net.framing import EOM

Judgement = Callable[[Sequence[Message], Facts], str]


def nothing_between(messages: Sequence[Message], facts: Facts) -> str:
    """Nothing stands between two messages."""
    found = next((message.between for message in messages if message.between), b"")
    return f"{printed(found)} stands between two messages" if found else ""


def payloads_fit(messages: Sequence[Message], facts: Facts) -> str:
    """No message carries more than 4096 bytes."""
    longest = max((len(message.payload) for message in messages if message.raw), default=0)
    return f"a message carries {longest} bytes" if longest > MAX_PAYLOAD_BYTES else ""


def error_exact(messages: Sequence[Message], facts: Facts) -> str:
    """The error is ERRO 404 END END."""
    errors = [m.raw for m in messages if m.kind is Kind.ERROR and m.raw != b"ERRO 404" + EOM]
    return f"the error is {printed(errors[0])}" if errors else ""


JUDGEMENTS: dict[str, Judgement] = {
    "nothing stands between messages": nothing_between,
    "no payload exceeds 4096 bytes": payloads_fit,
    "audio begins with RESP 200 END": judging_songs.audio_headers,
    "no audio message is empty": judging_songs.none_empty,
    "the error is ERRO 404 END END": error_exact,
    "the code is 100": judging_lists.list_code,
    "entries are ID. TITLE": judging_lists.numbered,
    "one space follows the dot": judging_lists.one_space,
    "IDs are distinct": judging_lists.ids_distinct,
    "END parts the entries": judging_lists.end_between,
    "there are no brackets": judging_lists.no_brackets,
    "no title ends in .mp3": judging_lists.no_extension,
    "it is UTF-8": judging_lists.utf_8,
    "there are no control characters": judging_lists.no_controls,
    "messages begin with an entry": judging_lists.whole_entries,
    "messages are filled": judging_lists.filled,
    "it is RESP 100 END END": judging_lists.short_when_empty,
    "it has as many entries as there are files": judging_songs.list_of_the_files,
    "it begins as an MP3 does": judging_songs.begins_as_mp3,
    "chunks are as long as can be": judging_songs.longest_chunks,
    "songs are files, byte for byte": judging_songs.song_of_the_files,
    "two IDs are two files": judging_songs.songs_differ,
    "ends is accepted": judging_setup.accepted(ENDS, True),
    "ends is not accepted": judging_setup.accepted(ENDS, False),
    "library= is well formed": judging_setup.library_named,
    "tags is accepted": judging_setup.accepted("tags", True),
    "tags is not accepted": judging_setup.accepted("tags", False),
    "from is accepted": judging_setup.accepted("from", True),
    "from is not accepted": judging_setup.accepted("from", False),
    "there are no fields": judging_setup.no_fields,
    "fields are well formed": judging_setup.fields_well_formed,
    "the songs are the same": judging_setup.same_songs,
    "a product token comes first": judging_setup.product_first,
    "no-such-thing is not accepted": judging_setup.only_known_accepted,
}
"""By the words that follow `where` in a row."""
