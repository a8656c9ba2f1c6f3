"""Takes out of RESP 101 what a server says of itself, for tests of what it has accepted."""

import re

LIBRARY = re.compile(rb" library=[A-Za-z0-9-]{1,64}(?= END END)")


def without_facts(received: bytes) -> bytes:
    """Return the bytes without the version of the list, which each RESP 101 names last."""
    return LIBRARY.sub(b"", received)
