"""Looks at a server before its cases are tried: its list, some songs, and what it offers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from check.server.conversation import Conversation
from check.server.facts import FROM, LIST, TAGS, Facts, Options, Song
from check.server.matching import LISTS
from check.server.messages import Kind
from check.server.wire import Address, Wire
from fsm.words import ENDS
from net.entries import EntryDecoder
from net.framing import EOM

EXTENSIONS = (ENDS, TAGS, FROM)
"""The tokens of SETUP that there are cases for."""


@asynccontextmanager
async def conversation(
    addresses: Sequence[Address], options: Options
) -> AsyncIterator[Conversation]:
    """A connection on which nothing particular is expected. Raises OSError: it cannot be made."""
    deadline = asyncio.get_running_loop().time() + options.case_s
    wire = await Wire.connect(addresses, options.timeout_s, options.tls, options.header)
    try:
        yield Conversation(wire, (), options.timeout_s, deadline)
    finally:
        wire.close()


async def survey(addresses: Sequence[Address], options: Options) -> Facts:
    """Find out what the cases need to know. Raises OSError: the first connection fails."""
    facts = await _error_request(addresses, Facts(options=options))
    with contextlib.suppress(OSError):
        async with conversation(addresses, options) as first:
            facts = await _list(first, facts)
            if facts.mute:
                return facts
            facts = replace(facts, several=await _serves_another(addresses, facts))
        if not options.plain:
            facts = replace(facts, offers=await _offers(addresses, facts))
        facts = replace(facts, songs=tuple([song async for song in _songs(addresses, facts)]))
    return facts


async def _error_request(addresses: Sequence[Address], facts: Facts) -> Facts:
    """Find a request that is answered by an error, and again on the same connection."""
    clock = asyncio.get_running_loop().time
    for request in (b"PLAY %d" % facts.unknown + EOM, b"NOPE" + EOM, b"PLAY" + EOM):
        async with conversation(addresses, facts.options) as asked:
            began = clock()
            for _ in range(2):
                await asked.send(request)
                await asked.message(facts.options.timeout_s)
            if [message.kind for message in asked.messages] == [Kind.ERROR, Kind.ERROR]:
                return replace(facts, error_request=request, answer_s=(clock() - began) / 2)
    return facts


async def _list(first: Conversation, facts: Facts) -> Facts:
    """Ask for the list; an error's answer is behind all of it."""
    await first.send(LIST)
    await first.message(facts.options.timeout_s)
    if facts.error_request is not None:
        await first.send(facts.error_request)
    await first.until(lambda: any(m.kind is Kind.ERROR for m in first.messages))
    whole = not first.flooded
    lists = [message for message in first.messages if whole and message.kind in LISTS]
    decoder = EntryDecoder()
    decoded = [decoder.decode(message.payload) for message in lists]
    numbered = [[(n, title) for n, title in listed if n is not None] for listed in decoded]
    return replace(
        facts,
        list_messages=tuple(message.payload for message in lists),
        entries=tuple(entry for listed in numbered for entry in listed),
        message_ids=tuple((listed[0][0], listed[-1][0]) for listed in numbered if listed),
    )


async def _serves_another(addresses: Sequence[Address], facts: Facts) -> bool:
    """Ask for something while the first connection is open."""
    async with conversation(addresses, facts.options) as other:
        await other.send(facts.fence)
        return await other.message(facts.options.timeout_s)


async def _offers(addresses: Sequence[Address], facts: Facts) -> frozenset[str]:
    """Offer all extensions. A server that answers what follows it has not understood SETUP."""
    async with conversation(addresses, facts.options) as asked:
        await asked.send(" ".join(["SETUP", *EXTENSIONS]).encode() + EOM)
        if not await asked.message(facts.gap_s):
            await asked.send(LIST)
            await asked.message(min(facts.options.timeout_s, 1.0))
        replies = [m.payload.split(b" ") for m in asked.messages if m.kind is Kind.SETUP]
    return frozenset(each for each in EXTENSIONS for reply in replies if each.encode() in reply)


async def _songs(addresses: Sequence[Address], facts: Facts) -> AsyncIterator[Song]:
    """Receive songs until one is long, and another is there."""
    ids = list(dict.fromkeys((*facts.song_ids[:1], *facts.song_ids[-1:], *facts.song_ids)))
    known: list[Song] = []
    for song_id in ids[: facts.options.songs]:
        song = await _song(addresses, facts, song_id)
        if song is not None:
            known.append(song)
            yield song
        if facts.options.music is None and _enough(known, facts.options.long_bytes):
            return


def _enough(known: Sequence[Song], long_bytes: int) -> bool:
    clean = [len(song.audio) for song in known if song.clean]
    return len(clean) > 1 and max(clean) >= long_bytes


async def _song(addresses: Sequence[Address], facts: Facts, song_id: int) -> Song | None:
    """Receive one song whole; None if it does not come to an end."""
    async with conversation(addresses, facts.options) as asked:
        closes = ENDS in facts.offers
        if closes:
            await asked.send(b"SETUP ends" + EOM)
            await asked.message(facts.options.timeout_s)
        await asked.send(b"PLAY %d" % song_id + EOM)
        await asked.until(lambda: _ended(asked, closes))
        if not closes and not asked.silent:
            await asked.silence(facts.quiet_s)
        if not asked.silent and not asked.ended and not _ended(asked, closes):
            return None
    audio = b"".join(m.payload for m in asked.messages if m.kind is Kind.AUDIO)
    clean = all(m.kind is not Kind.GARBAGE for m in asked.messages)
    return Song(song_id, audio, clean) if audio else None


def _ended(asked: Conversation, closes: bool) -> bool:
    """The song seems to be over: it is closed, or its last message is shorter than the first."""
    kinds = (Kind.CLOSING, Kind.ERROR) if closes else (Kind.ERROR,)
    if any(message.kind in kinds for message in asked.messages[-1:]):
        return True
    audio = [m for m in (*asked.messages[:1], *asked.messages[-1:]) if m.kind is Kind.AUDIO]
    return not closes and len(audio) == 2 and len(audio[1].payload) < len(audio[0].payload)
