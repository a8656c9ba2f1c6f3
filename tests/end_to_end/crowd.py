"""Several programs at once: most of what these tests wait for is silence, not work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

AT_ONCE = 6


class Crowd:
    """Runs that go on while the tests look at those that are over."""

    def __init__(self, executor: ThreadPoolExecutor):
        self._executor = executor
        self._futures: dict[str, Future[Any]] = {}

    def send(self, name: str, scenario: Callable[..., Any], *arguments: object) -> None:
        self._futures[name] = self._executor.submit(scenario, *arguments)

    def __getitem__(self, name: str) -> Any:
        """What the scenario returned; raises what it raised.

        No limit of time: those before it come first, and each limits its programs itself.
        """
        return self._futures[name].result()


@contextmanager
def crowd() -> Iterator[Crowd]:
    """A crowd for the time of the block; at its end what has not begun is not begun any more."""
    executor = ThreadPoolExecutor(AT_ONCE)
    try:
        yield Crowd(executor)
    finally:
        executor.shutdown(cancel_futures=True)
