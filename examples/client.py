"""A client of RFC 9999: type list, play ID (it is written into ID.mp3), stop or teardown."""

import contextlib
import os
import socket
import sys
import threading
from pathlib import Path
from typing import BinaryIO

EOM = b" END END"


class Client:
    def __init__(self, host: str, port: int) -> None:
        self.plays: list[BinaryIO] = []  # songs that are not closed, the oldest first
        self.closes = False  # the server ends its answers by empty messages (protocol.md 7)
        self.known = threading.Event()  # whether it does
        self.socket = socket.create_connection((host, port))
        self.socket.sendall(b"SETUP ends" + EOM)

    def receive(self) -> None:
        received = b""
        while len(received) < 65536 and (data := self.socket.recv(65536)):
            *messages, received = (received + data).split(EOM)  # the first EOM ends a message
            for message in messages:
                self.take(message.lstrip(b"\r\n \t\0"))

    def take(self, message: bytes) -> None:
        word, payload = message[:8], message[13:]  # behind "RESP 200 END "
        if word == b"RESP 101":
            self.closes = b"ends" in payload.split()
        elif word in (b"RESP 100", b"RESP 300") and payload:  # 300: the RFC's own example
            for entry in payload.decode(errors="replace").split(" END "):
                print("".join(filter(str.isprintable, entry)), flush=True)
        elif word == b"RESP 200" and self.plays and payload:
            self.plays[0].write(payload)
        elif word in (b"RESP 200", b"ERRO 404") and self.plays:
            print(self.plays.pop(0).name, "closed" if word == b"RESP 200" else "404", flush=True)
        self.known.set()

    def read_commands(self) -> None:
        self.known.wait(1)  # until then nothing else is sent
        with contextlib.suppress(OSError):  # the server has closed it
            for words in filter(None, map(str.split, sys.stdin)):
                if words[0] == "play" and words[-1].isdecimal():
                    self.plays = self.plays if self.closes else []  # others never say where it ends
                    song = Path(f"{words[-1]}.mp3")
                    song.unlink(missing_ok=True)
                    self.plays.append(song.open("wb", buffering=0))
                self.socket.sendall(" ".join([words[0].upper(), *words[1:]]).encode() + EOM)
            self.socket.shutdown(socket.SHUT_WR)  # what was requested is still sent


if __name__ == "__main__":
    client = Client(sys.argv[1], int(sys.argv[2]))
    threading.Thread(target=client.read_commands, daemon=True).start()
    with contextlib.suppress(ConnectionError):
        client.receive()
    os._exit(client.closes and bool(client.plays))
