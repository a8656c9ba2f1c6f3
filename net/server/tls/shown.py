"""The certificate that a server shows, read for what is to be said of it: whose it is, until when.

It is no judgement: whatever is in the files is shown, and clients refuse what does not hold.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from net.tls.contexts import KeyPair
from net.tls.identity import fingerprint, first_in
from net.tls.validity import validity

SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate. fingerprint: "" where the file is not text. begin, end: None if not known."""

    pair: KeyPair
    fingerprint: str = ""
    begin: datetime | None = None
    end: datetime | None = None

    @classmethod
    def of(cls, pair: KeyPair) -> Shown:
        """Return what the file says, as far as it can be read."""
        try:
            der = first_in(pair.certificate.read_text())
        except (OSError, ValueError):
            return cls(pair)
        try:
            return cls(pair, fingerprint(der), *validity(der))
        except ValueError:
            return cls(pair, fingerprint(der))

    def complaints(self, now: datetime | None = None) -> Iterator[str]:
        """Yield what is wrong with it at this moment, in words that stay the same meanwhile."""
        if words := self._of_time(now or datetime.now(UTC)):
            yield f"the certificate in {str(self.pair.certificate)!a} {words}"
        key = self.pair.key or self.pair.certificate
        try:
            read_by_others = os.stat(key).st_mode & stat.S_IROTH
        except OSError:
            return
        if read_by_others:
            yield f"every user of this machine can read the key in {str(key)!a}: chmod o= it"

    def _of_time(self, now: datetime) -> str:
        if self.begin is None or self.end is None:
            return ""
        if now < self.begin:
            return f"is not valid before {_shown(self.begin)}: is the clock of this machine right?"
        if now > self.end:
            return f"has expired, on {_shown(self.end)}: clients refuse it"
        return f"expires on {_shown(self.end)}" if now > self.end - SOON else ""


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
