"""Runs the trace of a proxy again: both machines are followed by the bytes, as the proxy did."""

from __future__ import annotations

from traces import parts
from traces.following import Follower, Seen
from traces.reading import Line
from traces.recorder import CLIENT, SERVER
from traces.replaying.replay import Difference, LineUnknown


class ProxyReplay:
    """All connections of one proxy (a Side)."""

    def __init__(self) -> None:
        self._followers: dict[int, Follower] = {}
        self._violations: dict[int, list[Seen]] = {}

    def take(self, line: Line) -> None:
        match line.kind:
            case "opened":
                self._followers[line.connection] = Follower()
                self._violations[line.connection] = []
            case "bytes":
                self._bytes(line)
            case "violation":
                self._violation(line)
            case "closed":
                self._end(line.connection)
                self._followers.pop(line.connection, None)

    def _bytes(self, line: Line) -> None:
        self._end(line.connection)
        sender = line.members["sender"]
        if sender not in (CLIENT, SERVER) or line.connection not in self._followers:
            raise LineUnknown("bytes of nobody")
        data = parts.restore(line.members["parts"], line.members["length"])
        seen = self._followers[line.connection].follow(sender, data)
        self._violations[line.connection] = [message for message in seen if message.legal]

    def _violation(self, line: Line) -> None:
        waiting = self._violations.get(line.connection)
        if not waiting:
            raise Difference(f"{line.members['message']!a} is a violation no more")
        seen = waiting.pop(0)
        now = (seen.sender, seen.message, list(seen.legal))
        if now != (line.members["side"], line.members["message"], line.members["legal"]):
            raise Difference(f"{line.members['message']!a} is another violation: {now}")

    def _end(self, connection: int) -> None:
        if waiting := self._violations.get(connection):
            raise Difference(f"{waiting[0].message!a} is a violation now")
