"""How trouble is written, and how a stream is cut into pieces."""

import random

import pytest

from proxy.faults import BLOCK_BYTES, RANDOM, Faults, parse_rate, parse_split, pieces


@pytest.mark.parametrize(
    ("text", "bytes_per_s"),
    [("2mbit", 250_000), ("500kbit", 62_500), ("64kB", 64_000), ("1.5 Mbit", 187_500), ("8bit", 1)],
)
def test_a_rate_is_in_bits_or_bytes(text, bytes_per_s):
    assert parse_rate(text) == bytes_per_s


@pytest.mark.parametrize("text", ["", "fast", "0mbit", "-1mbit", "2", "2 mbit/s", "1e9bit", "²bit"])
def test_what_is_no_rate_is_told(text):
    with pytest.raises(ValueError, match="is no rate"):
        parse_rate(text)


def test_a_split_is_a_number_or_random():
    assert parse_split("7") == 7
    assert parse_split("random") == RANDOM
    for text in ("0", "-1", "x", "99999999999", "", "²"):
        with pytest.raises(ValueError, match="is no number of bytes"):
            parse_split(text)


@pytest.mark.parametrize("split", [None, 1, 7, RANDOM])
def test_the_pieces_are_the_stream(split):
    data = random.Random(1).randbytes(50_000)
    found = list(pieces(data, split, random.Random(2)))
    assert b"".join(found) == data
    longest = max(map(len, found))
    assert longest == split if isinstance(split, int) else longest <= BLOCK_BYTES
    if split == RANDOM:
        assert len(set(map(len, found))) > 20
        assert found == list(pieces(data, split, random.Random(2)))


def test_the_first_fault_is_where_it_happens():
    assert Faults().place is None
    assert Faults(cut_after=5, stall_after=3).place == 3
    assert Faults(reset_after=0).place == 0
