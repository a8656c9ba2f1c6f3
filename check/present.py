"""Shows verdicts as they come in, as text or as JSON, and writes the JUnit file at the end."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from check import json_lines, report
from check.case import Case, Verdict
from check.junit import junit

Write = Callable[[str], None]
"""Writes one line, or several with line ends between them."""


async def present(
    verdicts: AsyncIterator[Verdict],
    side: str,
    peer: str,
    facts: Mapping[str, object],
    write: Write,
    *,
    as_json: bool = False,
    junit_file: Path | None = None,
) -> list[Verdict]:
    """Show the verdicts as they come, and return them.

    side: server or client. peer: who is checked, in printable ASCII. facts: what is known of it,
    or chosen, before the first case; their names are members of the JSON. Raises OSError: the
    JUnit file cannot be written.
    """
    if junit_file is not None:
        junit_file.touch()  # now, and not after a minute, is the time to learn that it cannot be
    began = time.monotonic()
    write(json_lines.started(side, peer, facts) if as_json else report.first(peer, facts))
    seen: list[Verdict] = []
    previous: Case | None = None
    async for verdict in verdicts:
        text = report.lines(verdict, previous)
        for line in [json_lines.of_verdict(verdict)] if as_json else text:
            write(line)
        previous = verdict.case
        seen.append(verdict)
    seconds = time.monotonic() - began
    write(json_lines.ended(seen, seconds) if as_json else "\n" + report.summary(seen, seconds))
    if junit_file is not None:
        junit_file.write_bytes(junit(seen, f"alfine check {peer}"))
    return seen
