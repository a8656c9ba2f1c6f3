"""Says in the network whatever a stranger may say, for as long as somebody reads its output.

Its first argument says what: floods, escapes, lies or noise.
"""

import random
import socket
import struct
import sys
import time

from tests.discovery.segment import HERE

GROUP = "224.0.0.251", 5353
SERVICE = ["_alfine", "_tcp", "local"]
PTR, A, TXT, SRV = 12, 1, 16, 33
STEERING = "\x9b31m red\u202e"
ESCAPES = f"\x1b[2J\x1b]0;owned\x07 {STEERING}"


def name(*labels):
    parts = (label.encode() if isinstance(label, str) else label for label in labels)
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def record(owner, kind, data, flush=True):
    return owner + struct.pack("!HHIH", kind, 0x8001 if flush else 1, 120, len(data)) + data


def said(label, address=HERE, port=9, text=()):
    """A whole answer: there is such a server."""
    instance, host = name(label, *SERVICE), name(f"stranger-{address}-{port}", "local")
    strings = b"".join(bytes([len(each)]) + each for each in text) or b"\0"
    records = [
        record(name(*SERVICE), PTR, instance, flush=False),
        record(instance, SRV, struct.pack("!HHH", 0, 0, port) + host),
        record(instance, TXT, strings),
        record(host, A, socket.inet_aton(address)),
    ]
    return struct.pack("!6H", 0, 0x8400, 0, len(records), 0, 0) + b"".join(records)


def floods():
    return [said(f"flood {number}", text=[b"songs=1"]) for number in range(2000)]


def escapes():
    evil = ESCAPES.encode()
    text = [b"protocol=" + evil, b"library=" + evil, b"fingerprint=" + evil]
    return [said(ESCAPES, text=text), said(STEERING, text=text)]


def lies():
    longest = [b"songs=" + b"9" * 200, b"tls=yes", b"fingerprint=SHA256:" + b"0" * 63]
    return [
        said("at loopback", address="127.0.0.1"),
        said("at everybody", address="224.0.0.251"),
        said("no port", port=0),
        said(b"\xff\xfe not text", text=[b"songs=-1", b"=", b"tls", b"\xff=\xff"]),
        said("x" * 63, text=longest),
        said("a.dot", text=[b"songs=00000000000000000001"]),
    ]


def noise():
    chance = random.Random(4)
    whole = said("noise", text=[b"songs=1"])
    cut = [whole[: chance.randrange(len(whole))] for _ in range(50)]
    changed = []
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        changed.append(bytes(damaged))
    return cut + changed + [chance.randbytes(chance.randrange(600)) for _ in range(100)]


if __name__ == "__main__":
    packets = globals()[sys.argv[1]]()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((HERE, 5353))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HERE))
        while True:
            for packet in packets:
                sock.sendto(packet, GROUP)
            print("said", flush=True)  # ends with a broken pipe, or by whoever started it
            time.sleep(0.1)
