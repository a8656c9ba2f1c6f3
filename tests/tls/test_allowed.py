"""The list of those that may come in: what a line means, and what is no line of it."""

from __future__ import annotations

import pytest

from net.server.tls.allowed import AllowList, Everybody
from net.tls.contexts import TlsFileError

MARK, OTHER = "SHA256:" + "a" * 64, "SHA256:" + "b" * 64


@pytest.fixture
def listed(tmp_path):
    """Make the list of these lines."""

    def make(text: str) -> AllowList:
        (tmp_path / "allow").write_text(text)
        return AllowList(tmp_path / "allow")

    return make


def test_a_name_or_a_fingerprint_lets_in(listed):
    allowed = listed(f"# who\n\nkitchen # upstairs\n  {':'.join(['AA'] * 32)}\nAnna's phone\n")
    for client in (("kitchen", OTHER), ("anybody", MARK), ("Anna's phone", OTHER)):
        assert client in allowed
    for client in (("Kitchen", OTHER), ("kitchen2", OTHER), ("", ""), ("upstairs", OTHER)):
        assert client not in allowed


def test_a_name_that_looks_like_a_fingerprint_is_none(listed):
    """Who has that as his name has not got the certificate of that fingerprint."""
    assert (MARK, OTHER) not in listed(MARK)
    assert ("a" * 64, OTHER) not in listed(MARK)


def test_without_a_list_everybody_may_come_in():
    assert ("anybody", MARK) in Everybody()


def test_what_is_no_list_is_refused(tmp_path):
    huge = tmp_path / "huge"
    huge.write_text("x" * (1 << 20) + "y")
    with pytest.raises(TlsFileError, match="has more than 1 MiB"):
        AllowList(huge)
    with pytest.raises(TlsFileError, match="cannot be read"):
        AllowList(tmp_path)
