"""The TXT record: what a server says is what is read, and a stranger's is bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.discovering.announced import name_of
from discovery.record import (
    MAX_ADDRESSES,
    MAX_NAME_BYTES,
    MAX_TEXT,
    RENAMED_BYTES,
    Announcement,
    instance_name,
    read,
)

MARK = "SHA256:" + "0123456789abcdef" * 4
ADDRESSES = ["192.168.1.5"]


def encoded(text):
    return {key.encode(): value.encode() for key, value in text.items()}


@given(
    songs=st.integers(0, 999_999_999),
    library=st.none() | st.from_regex(r"[A-Za-z0-9-]{1,64}", fullmatch=True),
    tls=st.booleans(),
    fingerprint=st.sampled_from(["", MARK]),
)
def test_what_a_server_says_is_what_is_read(songs, library, tls, fingerprint):
    said = Announcement("attic", 12345, ("0.0.0.0",), songs, library, tls, fingerprint)
    found = read("attic", ADDRESSES, 12345, encoded(said.text()))
    assert (found.songs, found.library, found.tls) == (songs, library, tls)
    assert (found.name, found.port, found.protocol) == ("attic", 12345, "RFC9999")
    assert found.fingerprint == (fingerprint or None)


def test_a_record_fits_into_one_packet_and_its_strings_into_dns():
    text = Announcement("x", 1, (), 999_999_999, "v" * 64, True, MARK).text()
    assert all(len(f"{key}={value}") <= 255 for key, value in text.items())
    assert sum(len(f"{key}={value}") + 1 for key, value in text.items()) < 400


keys = st.sampled_from([b"songs", b"library", b"protocol", b"tls", b"fingerprint", b"", b"\xff"])
addresses = st.lists(st.text(max_size=20) | st.ip_addresses().map(str), max_size=20)
ports = st.none() | st.integers()


@given(st.text(), addresses, ports, st.dictionaries(keys, st.none() | st.binary(max_size=300)))
def test_whatever_a_stranger_says_is_printable_and_bounded(name, addresses, port, text):
    found = read(name, addresses, port, text)
    if found is None:
        return
    assert 0 < found.port < 65536
    assert 0 < len(found.name) <= MAX_TEXT
    assert 0 < len(found.addresses) <= MAX_ADDRESSES
    for each in (found.name, found.library, found.protocol, found.fingerprint, *found.addresses):
        assert each is None or (each.isprintable() and len(each) <= 80)
    assert found.songs is None or 0 <= found.songs < 10**9


@pytest.mark.parametrize(
    ("addresses", "usable"),
    [
        (["127.0.0.1"], None),
        (["::1", "0.0.0.0", "224.0.0.251", "ff02::fb", "::", "::ffff:127.0.0.1"], None),
        (["nonsense", "1.2.3.4;rm", ""], None),
        (["fe80::1%2", "fd00::1", "10.0.0.1"], ("10.0.0.1", "fd00::1", "fe80::1%2")),
        (["fe80::1", "169.254.1.5", "fd00::1"], ("169.254.1.5", "fd00::1")),
        (["fe80::1", "febf::1"], None),
        ([f"10.0.0.{last}" for last in range(1, 30)], tuple(f"10.0.0.{n}" for n in range(1, 9))),
    ],
)
def test_addresses_that_no_other_machine_has_are_left_out(addresses, usable):
    found = read("x", addresses, 1, {})
    assert (found and found.addresses) == usable


def test_a_scope_is_no_place_for_escape_codes():
    assert read("x", ["fe80::1%\x1b[2J"], 1, {}) is None


@given(st.text(max_size=200))
def test_a_name_can_be_had_in_dns_and_by_two(text):
    name = instance_name(text)
    assert 0 < len(name.encode()) <= MAX_NAME_BYTES - RENAMED_BYTES
    assert name.isprintable() and "." not in name and name == name.strip()
    assert instance_name(name) == name


def test_a_server_is_called_by_its_folder_and_its_machine(monkeypatch, tmp_path):
    monkeypatch.setattr("socket.gethostname", lambda: "attic.example.org")
    monkeypatch.chdir(tmp_path)
    assert name_of(None, "/srv/Dr. Dre/") == "Dr Dre on attic"
    assert name_of(None, ".") == f"{instance_name(tmp_path.name)} on attic"
    assert name_of(None, "/") == "Music on attic"
    assert name_of("Kitchen", "/srv/music") == "Kitchen"
    monkeypatch.setattr("socket.gethostname", lambda: "")
    assert name_of("", "s3://songs/mine") == "mine"
