"""The `alfine` command: all commands under one name.

click is imported where a command needs it: those that a key or a status bar starts do without.
"""

from __future__ import annotations

import sys

from cli.outside import command as outside

TYPE_CHECKING = False  # as of `typing`, whose import the short commands do without
if TYPE_CHECKING:
    import click

COMMANDS = {
    "server": "Serve the MP3s of a folder, and log what each client asks for.",
    "client": "Play a server's songs: list, play, pause, seek, queue and more; help shows all.",
    "library": "List the songs of a folder with the IDs that a server gives them, and what is not "
    "served.",
    "discover": "List the servers that announce themselves in the local network.",
    "devices": "List the sound devices: the index and the name that --device takes.",
    "config": "Show each setting of client and server, and where it comes from.",
    "service": "Have systemd run alfine server, under rules by which it can do little else.",
    "diagrams": "Draw every state machine from its table, and write the tables as a page of "
    "Markdown.",
    "verify": "Prove the protocol: explore client, server and all that can be between.",
    "check": "Check whether a server does what RFC 9999 says, whoever wrote it.",
    "replay": "Run a trace through the machines again, and name the first row that differs.",
    "proxy": "Stand between any client and any server; show what both do, and what is not legal.",
    "certs": "Make an authority of your own, and certificates for servers and clients, for TLS.",
}
"""The name of each is that of its module and of its function; what it does is its first sentence.
Those that are not in `cli` itself stand in one of ROOMS.

It stands here as well, so that `alfine --help` need not import them all.
"""

ROOMS = {
    "discovering": ("discover",),
    "operating": ("certs", "library", "service"),
    "protocol": ("check", "diagrams", "proxy", "replay", "verify"),
}


def module_of(name: str) -> str:
    """Return the name of the module of a command."""
    return ".".join(["cli", *(room for room, names in ROOMS.items() if name in names), name])


def application() -> click.Group:
    """Return the command line; the module of a command is imported when the command is run."""
    from cli.command_line import Commands
    from cli.shell_completion import options

    in_the_client = {word: does.capitalize() for word, (_, does) in outside.WORDS.items()}
    return Commands(
        {"Commands": COMMANDS, outside.HEADING: in_the_client},
        module_of,
        name="alfine",
        help="Stream music over explicit state machines (RFC 9999).",
        params=options(),
    )


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] and sys.argv[1] in outside.WORDS:
        sys.exit(outside.main(sys.argv[1], sys.argv[2:]))
    from cli import usage

    defaults = {}
    if sys.argv[1:2] == ["client"]:
        from cli import settings

        defaults = {settings.CLIENT: settings.defaults()}
    usage.run(application(), "alfine", defaults)


if __name__ == "__main__":
    main()
