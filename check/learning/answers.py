"""What a server has answered to a letter, as one text: the same for all sizes and splits."""

from __future__ import annotations

from collections.abc import Iterable

from check.server.messages import Kind

GONE = "the connection has ended"
NOTHING = "nothing"
CUT = "audio, cut short"
MOST = 20
"""More is no answer to tell apart."""


def answer(kinds: Iterable[Kind], cut: bool) -> str:
    """Return the kinds of what came; the messages of one list, or of one song, are one.

    cut: less audio came than the songs have that were requested.
    """
    words: list[str] = []
    for kind in kinds:
        word = CUT if kind is Kind.AUDIO and cut else kind.value
        if kind not in (Kind.AUDIO, Kind.LIST) or words[-1:] != [word]:
            words.append(word)
    return "; ".join(words[:MOST]) or NOTHING
