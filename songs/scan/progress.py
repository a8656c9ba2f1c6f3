"""How far a scan has come."""

from typing import NamedTuple


class Progress(NamedTuple):
    """done: how many files are looked at. total: of how many, None while folders are walked.

    seconds: since the scan began.
    """

    done: int
    total: int | None
    seconds: float

    @property
    def left_s(self) -> float | None:
        """How long it will take, at the pace so far; None if that is not known."""
        if not self.total or not self.done:
            return None
        return self.seconds / self.done * max(0, self.total - self.done)
