"""`alfine pause`, `alfine status` and so on: have the client that plays run one line.

It imports as little as it can, and no click: a key of the keyboard starts it (see `cli.outside`).
"""

from __future__ import annotations

import io
import json
import os
import sys

from cli.outside import peers
from cli.outside.peers import Answer, Found, LineTooLong, NoAnswer, Peer

WORDS = {
    "pause": ("", "fall silent and keep the place"),
    "resume": ("", "go on after a pause"),
    "toggle": ("", "pause, or go on after a pause"),
    "next": ("", "play what comes next"),
    "prev": ("", "play the song before this one"),
    "stop": ("", "stop the song"),
    "seek": ("PLACE", "go to 1:30, +10, -10, 50%"),
    "volume": ("0-100", "how loud; also +5 and -5"),
    "queue": ("[SONG…]", "play these afterwards; alone: show the queue"),
    "status": ("", "what plays now"),
}
"""Each word, what it takes, and what it does in the client that plays."""

HEADING = "In the client that plays"
"""Under this they stand in `alfine --help`."""

OK, FAILED, USAGE, NO_CLIENT = 0, 1, 2, 3
"""The exit codes: done; the client refuses, and says why; usage; no client that answers."""


class UsageError(Exception):
    """The command line is wrong. The message says so in one line."""


class NotPrinted(Exception):
    """What is printed is not taken. The message says why; "": nobody reads it."""


class Options:
    """What was typed after the word. client: the process ID of the one that is meant."""

    def __init__(self, word: str, arguments: list[str]) -> None:
        self.help = self.json = self.follow = self.all = False
        self.client: int | None = None
        self.words: list[str] = []
        left = list(arguments)
        while left:
            argument = left.pop(0)
            name, equals, value = argument.partition("=")
            if argument == "--":
                self.words += left
                break
            if name == "--client":
                self.client = _process_id(value if equals else left.pop(0) if left else "")
            elif argument in ("--help", "--json") or (
                word == "status" and argument in ("--follow", "--all")
            ):
                setattr(self, argument[2:], True)
            elif argument.startswith("--"):
                raise UsageError(f"no such option: {peers.printable(argument)}")
            else:
                self.words.append(argument)
        if self.follow and self.all:
            raise UsageError("--follow tells of one client, --all of each")


def main(word: str, arguments: list[str]) -> int:
    """Run `alfine WORD ARGUMENTS` and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # the locale may lack characters of a title
    try:
        options = Options(word, arguments)
        if options.help:
            _say(help_text(word))
            return OK
        return _run(word, options)
    except (UsageError, LineTooLong) as error:
        return _complain(word, f"{error}; see alfine {word} --help", USAGE)
    except NoAnswer as error:
        return _complain(word, str(error), NO_CLIENT)
    except NotPrinted as error:
        if sys.stdout is not None:  # Python flushes it at its exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _complain(word, str(error), FAILED) if str(error) else FAILED
    except OSError as error:
        return _complain(word, str(error), NO_CLIENT)
    except KeyboardInterrupt:
        return 130


def _run(word: str, options: Options) -> int:
    if options.follow:
        # Imported here, because what only asks once does not need it.
        from cli.outside.following import follow

        if sys.stdout is None:  # it was closed before the start
            raise NotPrinted
        try:
            follow(options.client, options.json, lambda answer: _print(answer, True, options.json))
        except BrokenPipeError:
            raise NotPrinted from None
    with Found(options.client) as found:
        if not found.peers:
            raise NoAnswer(peers.absent(options.client, found.mute))
        if options.all:
            for peer in found.peers:
                _print_one_of_all(peer, options.json)
            return OK
        line = " ".join([word, *options.words])
        answer = found.peers[0].ask(line=line)
    code = _code_of_refusal(line) if answer.get("kind") == "error" else OK
    if code != OK and not options.json:
        return _complain(word, str(answer.get("text")), code)
    shows = word == "status" or (word == "queue" and not options.words)
    _print(answer, shows, options.json)
    return code


def _code_of_refusal(line: str) -> int:
    """Return whether a line that was refused is a mistake, or only cannot be done now."""
    # Imported here, because what is done does not need it.
    from cli.words.commands.parser import parse
    from cli.words.commands.table import CommandError

    try:
        parse(line)
    except CommandError:
        return USAGE
    return FAILED


def _print(answer: Answer, shows: bool, as_json: bool) -> None:
    text = json.dumps(answer) if as_json else peers.text_of(answer, shows)
    if text:
        _say(peers.printable(text))


def _print_one_of_all(peer: Peer, as_json: bool) -> None:
    if as_json:
        _print(peer.status, True, as_json)
    else:
        server, text = peer.status.get("server"), peer.status.get("text")
        _say(peers.printable(f"{peer.pid}  {server}  {text}"))


def _say(text: str) -> None:
    """Print it now. Raises NotPrinted."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise NotPrinted from None
    except OSError as error:
        raise NotPrinted(f"nobody takes what is printed: {error.strerror}") from None


def _complain(word: str, text: str, code: int) -> int:
    print(f"alfine {word}: {peers.printable(text)}", file=sys.stderr)
    return code


def _process_id(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 10:
        raise UsageError("--client takes a process ID, as alfine status --all shows it")
    return int(text)


def help_text(word: str) -> str:
    """Return what `alfine WORD --help` prints."""
    takes, does = WORDS[word]
    lines = [
        f"usage: alfine {word} [--client PID] [--json]{f' {takes}' if takes else ''}",
        "",
        f"In the client that plays: {does}.",
        "It is found by itself; of several it is the one that plays, or has played last.",
        "",
        "  --client PID  another one; alfine status --all shows them",
        "  --json        print the answer in JSON (docs/json.md)",
    ]
    if word == "status":
        lines[0] = "usage: alfine status [--client PID] [--json] [--follow | --all]"
        lines.append("  --follow      print a line at each change, until Ctrl-C")
        lines.append("  --all         print a line for each client that runs")
    lines += ["", "Exit codes: 0; 1 the client refuses; 2 usage; 3 no client plays."]
    return "\n".join(lines)
