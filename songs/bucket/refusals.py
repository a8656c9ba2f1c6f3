"""Tells a store's no to one request from trouble that may pass; it knows statuses and words."""

import re
from typing import Final

from songs.store import SongUnavailable, SongWithheld, StoreAway

_MAY_PASS: Final = (408, 429)
"""The statuses that blame the caller, and ask him to come again."""
_UNKNOWN_CALLER: Final = {
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}
"""What S3 says to a caller whatever he asks for."""
_STATUS: Final = re.compile(r"status code: (\d{3})")
_CODE: Final = re.compile(r"<Code>([A-Za-z0-9.]{1,64})</Code>")
_REDIRECT: Final = "redirect without LOCATION"


def raise_for_good(said: str) -> None:
    """Raise SongUnavailable if the store would say the same again.

    said: by obstore, which gives the status in words only.
    """
    if _REDIRECT in said:
        raise SongWithheld("the object store sends elsewhere for it: is AWS_REGION right?")
    if (found := _STATUS.search(said)) is None:
        return
    status, code = int(found[1]), _CODE.search(said)
    if status == 416:
        raise SongUnavailable("it is empty")
    if _is_for_good(status):
        name = f" {code[1]}" if code else ""
        raise SongWithheld(f"the object store refuses it: {status}{name}")


def failure(status: int, code: str, why: str) -> SongUnavailable:
    """Return what an answer to the request for one object means: SongWithheld, or StoreAway."""
    if status == 401 or code in _UNKNOWN_CALLER or not _is_for_good(status):
        return StoreAway(why)
    return SongWithheld(why)


def _is_for_good(status: int) -> bool:
    return 300 <= status < 500 and status not in _MAY_PASS
