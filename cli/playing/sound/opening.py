"""Opens the sound output: a device in a thread, because that takes as long as to connect."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audio import Output


class CannotOpen(ValueError):
    """There is no such output, or it cannot be opened; the message says why."""


class Opening:
    """An output that is being opened. The parameters are those of `audio.open_output`."""

    def __init__(self, spec: str, device: str | None, replace: bool) -> None:
        self._given = spec, device, replace
        self._opened: Future[tuple[Output, str]] | None = None
        self._taken = False
        self.takes_long = spec in ("auto", "pyaudio")
        """It is a sound device."""

    def __repr__(self) -> str:
        return f"<Opening {self._given[0]!r} {self._opened}>"

    def begin(self) -> None:
        """Have a thread open it."""
        self._opened = Future()
        threading.Thread(target=self._open, args=(self._opened,), daemon=True).start()

    def take(self) -> tuple[Output, str]:
        """Return the output when it is open, and a warning, "" for none.

        Raises CannotOpen.
        """
        self._taken = True
        if self._opened is None:
            self._opened = Future()
            self._open(self._opened)
        return self._opened.result()

    def close(self) -> None:
        """Close it if it was opened and nobody has taken it. Raises as `take` does."""
        if self._opened is not None and not self._taken:
            self.take()[0].close()

    def _open(self, opened: Future[tuple[Output, str]]) -> None:
        spec, device, replace = self._given
        try:
            from audio import OutputError, open_output  # what only shows something needs none

            try:
                sound, warning = open_output(spec, device, replace=replace)
            except (ValueError, OutputError) as error:
                raise CannotOpen(str(error)) from error
            opened.set_result((sound, warning or ""))
        except Exception as error:
            opened.set_exception(error)  # raised where it is taken
