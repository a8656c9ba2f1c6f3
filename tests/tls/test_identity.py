"""Fingerprints as people paste them, and names as strangers choose them."""

import pytest

from net.tls.identity import MAX_NAME, fingerprint, name_of, parse_fingerprint

MARK = "ab" * 32


def test_a_fingerprint_is_understood_as_it_is_written():
    assert parse_fingerprint(fingerprint(b"certificate")) == fingerprint(b"certificate")


@pytest.mark.parametrize(
    "text",
    [
        MARK,
        MARK.upper(),
        f"SHA256:{MARK}",
        f"  sha-256: {MARK} ",
        "sha256 Fingerprint=" + ":".join(["AB"] * 32),
        " ".join(["ab"] * 32),
    ],
)
def test_others_write_it_otherwise(text):
    assert parse_fingerprint(text) == f"SHA256:{MARK}"


@pytest.mark.parametrize("text", ["", "SHA256:", MARK[1:], MARK + "0", "SHA1:" + MARK, "g" * 64])
def test_what_is_no_fingerprint_is_none(text):
    assert parse_fingerprint(text) is None


def test_the_common_name_goes_before_the_others():
    both = {
        "subject": ((("countryName", "AT"),), (("commonName", "kitchen"),)),
        "subjectAltName": (("DNS", "other"),),
    }
    assert name_of(both) == "kitchen"
    assert name_of({"subjectAltName": (("DNS", "other"), ("DNS", "third"))}) == "other"
    assert name_of({}) == ""


def test_a_name_reaches_the_log_as_printable_text():
    name = name_of({"subject": ((("commonName", "a\x1b[2J\r\nb\u202e" + "x" * 100),),)})
    assert name.isprintable()
    assert len(name) == MAX_NAME
    assert name.startswith("a?[2J b?xx")
