"""A small client that does all that the check asks for, and, with a fault, all but one thing.

    python tests/check/broken_clients.py HOST PORT [FAULT]

It needs only the standard library, and shares no code with the program under test.
"""

import contextlib
import os
import re
import socket
import sys
import threading
import time

FAULTS = {
    "one-end": "a request ends in one END",
    "stop-parameter": "STOP has a parameter",
    "place": "PLAY takes the place in the list, not the ID",
    "deaf-to-stop": "STOP is not sent",
    "whole-receives": "what one recv returns is taken for whole messages",
    "mute": "an error is not told",
    "dies-of-late-audio": "more than a few messages after STOP are a crash",
    "strict": "a title that is not UTF-8 is a crash",
    "raw": "titles are printed as they come",
    "stays": "it does not leave",
    "repeats": "LIST is sent again and again until something comes",
    "reconnects": "it connects again a hundred times a second, for ever",
}
FAULT = sys.argv[3] if __name__ == "__main__" and len(sys.argv) > 3 else ""
assert not FAULT or FAULT in FAULTS
MESSAGE = re.compile(
    rb"(RESP|ERRO) ([0-9]{3})(?: END| )?(.*?) END END(?=RESP |ERRO |\Z)", re.DOTALL
)
LONGEST = 1 << 18


class Client:
    def __init__(self, address):
        self.address = address
        self.sock, self.ids, self.late = None, [], None
        self.listed = threading.Event()
        self.connect()

    def connect(self):
        if self.sock is None:
            self.sock = sock = socket.create_connection(self.address)
            threading.Thread(target=self.receive, args=(sock,), daemon=True).start()

    def send(self, request):
        end = " END" if FAULT == "one-end" else " END END"
        try:
            self.connect()
            self.sock.sendall((request + end).encode())
        except OSError as error:
            print("no connection:", error)

    def list(self):
        self.listed = threading.Event()
        self.send("LIST")
        while FAULT == "repeats" and not self.listed.wait(0.1):
            self.send("LIST")

    def play(self, song):
        if FAULT == "place" and int(song) in self.ids:
            song = str(self.ids.index(int(song)) + 1)
        self.late = None
        self.send(f"PLAY {song}")

    def stop(self):
        self.late = 0
        if FAULT != "deaf-to-stop":
            self.send("STOP 1" if FAULT == "stop-parameter" else "STOP")

    def receive(self, sock):
        waiting = b""
        try:
            while data := sock.recv(1 << 16):
                self.listed.set()
                waiting = self.take(waiting + data)[-LONGEST:]
        except OSError:
            pass
        self.listed.set()
        print("the connection has ended")
        self.sock = None
        while FAULT == "reconnects" and self.sock is None:
            time.sleep(0.01)
            with contextlib.suppress(OSError):
                self.connect()

    def take(self, data):
        """Handle the messages that begin the bytes; return what is behind them."""
        while (found := MESSAGE.search(data)) is not None:
            self.handle(found[1], found[2], found[3].removeprefix(b" "))
            data = data[found.end() :]
        return b"" if FAULT == "whole-receives" else data

    def handle(self, word, code, data):
        if word == b"ERRO":
            if FAULT != "mute":
                print("\nnot a valid song ID\n>> ", end="", flush=True)
        elif code in (b"100", b"300"):
            self.show(data)
        elif code == b"200":
            self.late = None if self.late is None else self.late + 1
            if FAULT == "dies-of-late-audio" and (self.late or 0) > 8:
                raise ValueError("late audio")

    def show(self, data):
        text = data.decode(errors="strict" if FAULT == "strict" else "replace")
        entries = [entry for entry in re.split(r" END |\r\n", text) if entry.strip()]
        self.ids = [int(entry.partition(".")[0].strip("( ")) for entry in entries]
        for entry in entries:
            clean = "".join(c if c.isprintable() else "?" for c in entry)
            print(entry if FAULT == "raw" else clean)


def main():
    client = Client((sys.argv[1], int(sys.argv[2])))
    print(">> ", end="", flush=True)
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "quit":
            break
        {"list": client.list, "play": client.play, "stop": client.stop}[word](*rest.split())
        print(">> ", end="", flush=True)
    while FAULT == "stays":
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main()
