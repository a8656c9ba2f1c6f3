"""Random streams of requests: real ones, damaged ones, and noise that looks like them."""

from __future__ import annotations

from random import Random

WORDS = (
    b"LIST", b"PLAY", b"STOP", b"SETUP", b"TEARDOWN", b"END", b"ends", b"None", b"list", b"PLAYS",
    b"1", b"2", b"3", b"4", b"0", b"01", b"-1", b"1.0", b"99999999999", b"4294967296", b"RESP",
    b"ERRO", b"404", b"HTTP/1.1", b"GET", b"\xef\xbb\xbf", "ＰＬＡＹ".encode(), b"\xc3\x28",
    b"\xff", b"\x1b[2J", b"\x9b", b"\0", b"\x00\x01\x7f", "№".encode("utf-16"), b"\xa0", b"ENDEND",
    b"E",
)  # fmt: skip
REAL = (
    b"LIST", b"PLAY 1", b"PLAY 2", b"PLAY 3", b"PLAY 4", b"STOP", b"STOP None", b"STOP 3",
    b"SETUP ends", b"SETUP", b"SETUP other ends x", b"LIST x", b"PLAY",
    b"PLAY 01", b"PLAY 0", b"PLAY 1 2",
)  # fmt: skip
ENDS = (b" END END", b"  END   END", b"\tEND END", b" END END\r\n", b" END END\0", b" END  END ")
GAPS = (b"", b"", b"", b" ", b"\r\n", b"\0", b"\t \t", b"\n" * 40)
NOISE = (b" END END", b"END END", b" END", b"END", b"END END END END", b" E", b"N", b"D ", b" ")


def stream(rng: Random, most: int = 12) -> bytes:
    """Return a stream of up to `most` requests and things like them."""
    return b"".join(_piece(rng) for _ in range(rng.randint(1, most)))


def _piece(rng: Random) -> bytes:
    chance = rng.random()
    gap = rng.choice(GAPS)
    if chance < 0.6:
        return gap + rng.choice(REAL) + b" END END"
    if chance < 0.75:
        words = b" ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 5)))
        return gap + words + rng.choice(ENDS)
    if chance < 0.85:
        return gap + _damaged(rng, rng.choice(REAL) + b" END END")
    if chance < 0.93:
        return b"".join(rng.choice(NOISE) for _ in range(rng.randint(1, 12)))
    if chance < 0.97:
        return rng.randbytes(rng.randint(1, 60)) + rng.choice((b"", b" END END"))
    if chance < 0.99:
        return gap + b"TEARDOWN END END"
    return _long(rng)


def _damaged(rng: Random, request: bytes) -> bytes:
    at = rng.randrange(len(request))
    match rng.randrange(5):
        case 0:
            return request[:at]
        case 1:
            return request[:at] + request[at + 1 :]
        case 2:
            return request[:at] + rng.randbytes(1) + request[at + 1 :]
        case 3:
            return request[:at] + rng.choice((b"\0", b"\r", b"\n", b" ", b"\t")) + request[at:]
    return request.swapcase()


def _long(rng: Random) -> bytes:
    """Around 4096 bytes, with and without an end."""
    word = rng.choice((b"LIST ", b"PLAY 1", b"x", b" ", b"END ", b" \0", b"\xff\xff"))
    length = rng.choice((4080, 4087, 4088, 4089, 4096, 4097, rng.randint(1000, 9000)))
    return (word * (length // len(word) + 1))[:length] + rng.choice((b"", b" END END"))


def splits(rng: Random, length: int) -> list[int]:
    """Return offsets, in rising order, between which a stream of this length comes in parts."""
    if rng.random() < 0.1 and length < 400:
        return list(range(1, length))
    return sorted(rng.randrange(length + 1) for _ in range(rng.randint(0, 4)))
