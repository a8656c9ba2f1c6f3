"""Checks a server: looks at it first, then tries its cases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

from check.case import Case, Verdict
from check.run import run
from check.server.facts import Facts, Options
from check.server.perform import perform
from check.server.survey import survey
from check.server.wire import Address, resolve


class ServerCheck:
    """One server, and what is known of it. Made by `begin`."""

    def __init__(self, addresses: Sequence[Address], facts: Facts) -> None:
        self._addresses, self.facts = addresses, facts

    @classmethod
    async def begin(cls, host: str, port: int, options: Options) -> ServerCheck:
        """Look at the server. Raises OSError: there is none."""
        addresses = await resolve(host, port)
        return cls(addresses, await survey(addresses, options))

    @property
    def connections(self) -> int:
        """How many cases are tried at once."""
        return self.facts.options.connections if self.facts.several else 1

    def described(self) -> dict[str, object]:
        """Return what is known of the server, in plain values."""
        tried = [song.song_id for song in self.facts.songs]
        return {
            "songs": len(self.facts.entries),
            "songs_tried": tried,
            "offers": sorted(self.facts.offers),
            "plain": self.facts.options.plain,
            "connections": self.connections,
        }

    def verdicts(self, cases: Sequence[Case]) -> AsyncIterator[Verdict]:
        """Try the cases; yield their verdicts in their order."""
        one = partial(perform, addresses=self._addresses, facts=self.facts)
        return run(cases, one, self.connections)
