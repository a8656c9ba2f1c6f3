"""Tells in one line what fails on the event loop while nobody waits for it; the music goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from cli.words.safe_text import safe

_log = logging.getLogger(__name__)


def tell_background_faults(remark: Callable[[str], None]) -> None:
    """Have `remark` told of each exception that reaches the running event loop.

    A future with an exception that nobody looked at is left out: whoever made it cares for neither
    (a signal of dbus-fast that the bus does not take any more).
    """

    def tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        future, error = context.get("future"), context.get("exception")
        if future is not None and not isinstance(future, asyncio.Task):
            _log.debug("%s: %r", context["message"], error)
        else:
            what = context["message"] if error is None else f"{type(error).__name__}: {error}"
            remark(f"a fault in the background: {safe(what)}")

    asyncio.get_running_loop().set_exception_handler(tell)
