"""`alfine service`: have systemd run the server, for the machine or for a user."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click
from platformdirs import user_config_path

from cli import settings
from cli.command_line import PATH, argument, between, command, flag, option
from cli.options.tls import HEADING, BadTls, ServerTls
from cli.serving import units
from cli.serving.command import from_file
from cli.usage import FAILED, USAGE
from net.server.limits import Limits

EPILOG = (
    "Example: sudo alfine service install --music /srv/music --port 12345 "
    "--tls-cert server.pem --tls-key server.key"
)
ACTIONS = ("install", "uninstall", "show")
MUSIC, PORT = "/srv/music", 12345
SERVICE, SOCKET = "alfine.service", "alfine.socket"
TLS = "alfine.service.d/tls.conf"


@command(EPILOG)
@argument(
    "action",
    type=click.Choice(ACTIONS),
    help="install: write the units, and settings if there are none. uninstall: delete the units. "
    "show: print alfine.service as it would be written.",
)
@flag("--user", help="For the user who says so, and not for the machine.")
@option(
    "--music",
    metavar="DIR",
    help="The folder with the MP3s, for new settings.",
    shown="what the settings say, else /srv/music",
)
@option(
    "--port",
    type=between(1, 65535),
    metavar="N",
    help="The port, for new settings.",
    shown="what the settings say, else 12345",
)
@option(
    "--tls-cert",
    type=PATH,
    metavar="FILE",
    help="Have the service speak TLS, and show this certificate; root alone need be able to read "
    "it, and the key.",
    heading=HEADING,
)
@option(
    "--tls-key",
    type=PATH,
    metavar="FILE",
    help="The certificate's key; without it, it stands in the same file.",
    heading=HEADING,
)
@option(
    "--tls-clients",
    type=PATH,
    metavar="CA|FILE",
    help="Let in only clients with a certificate that is signed by one in this file, or is one of "
    "those in it.",
    heading=HEADING,
)
def service(
    action: str,
    user: bool,
    music: str | None,
    port: int | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_clients: Path | None,
) -> None:
    """Have systemd run alfine server, under rules by which it can do little else.

    What it serves stands under [server] in the settings: in /etc/alfine/config.toml, or the user's
    own.
    """
    place = _Place(user)
    if action == "uninstall":
        place.uninstall()
        return
    music_dir, wanted_port = place.wanted(music, port)
    program = units.this_program(sys.argv[0])
    text = units.user_service(program) if user else units.system_service(program, music_dir)
    if action == "show":
        print(text, end="")
        return
    place.check(program)
    place.install(text, music_dir, wanted_port, _tls(ServerTls(tls_cert, tls_key, tls_clients)))
    if music_dir.startswith("/") and not os.path.isdir(music_dir):
        print(f"there is no folder {music_dir} yet: the service does not start without it")


def _tls(tls: ServerTls) -> dict[str, str]:
    """Return the files, by the names of the settings; {}: in clear. Ends where they do not fit."""
    try:
        tls.security(Limits())
    except BadTls as error:
        _end(str(error), USAGE)
    named = {"tls_cert": tls.cert, "tls_key": tls.key, "tls_clients": tls.clients}
    return {name: os.path.abspath(path) for name, path in named.items() if path is not None}


class _Place:
    """Where units and settings lie: the machine's, or a user's."""

    def __init__(self, user: bool) -> None:
        self._user = user
        self._units = user_config_path("systemd") / "user" if user else units.SYSTEM_UNITS
        self._config = settings.config_path() if user else units.SYSTEM_CONFIG

    def wanted(self, music: str | None, port: int | None) -> tuple[str, int]:
        """Return the music and the port: what is asked for, else what the settings say."""
        from cli.server import server

        try:
            given = from_file(server, self._config)
        except settings.SettingsError as error:
            _end(str(error), USAGE)
        for name, value in (("music_dir", music), ("port", port)):
            if value is not None and given.get(name, value) != value:
                _end(f"{self._config} says {name} = {given[name]!r}: change it there", USAGE)
        music = os.path.abspath(os.path.expanduser(music)) if music is not None else None
        return given.get("music_dir") or music or MUSIC, given.get("port") or port or PORT

    def check(self, program: units.Program) -> None:
        """End where the system's service could not run."""
        for word in (program.words[0], program.sources or sys.prefix):
            if not self._user and units.is_in_a_home(word):
                _end(
                    f"{word} lies in a home, where the service cannot read it: install alfine "
                    "elsewhere (docs/operating.md), or give --user",
                    FAILED,
                )

    def install(self, text: str, music_dir: str, port: int, tls: dict[str, str]) -> None:
        """Write what there is to write, and say what to type next.

        tls: the files, by the names of the settings; without any, what was said of them stays.
        """
        files = {}
        if self._user or not any((folder / SERVICE).exists() for folder in units.OF_A_PACKAGE):
            socket = units.socket_unit(port, user=self._user)
            files = {self._units / SERVICE: text, self._units / SOCKET: socket}
        if tls:
            files[self._units / TLS] = units.user_tls(tls) if self._user else units.system_tls(tls)
        for path in files:
            if path.exists() and not _is_ours(path):
                _end(f"{path} is not alfine's own: move it away first", FAILED)
        if not self._config.exists():
            files[self._config] = units.config(music_dir, port)
        try:
            for path, content in files.items():
                path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
                path.write_text(content, "utf-8")
                path.chmod(0o644)  # whatever the umask: the service is another user
                print(f"wrote {path}")
        except OSError as error:
            hint = "" if self._user else "; try it with sudo, or --user"
            _end(f"cannot write {error.filename}: {error.strerror}{hint}", FAILED)
        print("\n".join(self._next(bool(tls))))

    def uninstall(self) -> None:
        """Delete the units. The settings, and what the server has kept, stay."""
        systemctl = "systemctl --user" if self._user else "systemctl"
        deleted = False
        for name in (SERVICE, SOCKET, TLS):
            path = self._units / name
            if path.exists() and _is_ours(path):
                try:
                    path.unlink()
                    if path.parent != self._units and not any(path.parent.iterdir()):
                        path.parent.rmdir()
                except OSError as error:
                    _end(f"cannot delete {path}: {error.strerror}", FAILED)
                print(f"deleted {path}")
                deleted = True
        if not deleted:
            _end(f"there is nothing of alfine's own in {self._units}", FAILED)
        print(f"now type:\n    {systemctl} stop alfine.socket alfine; {systemctl} daemon-reload")

    def _next(self, tls: bool) -> list[str]:
        systemctl = "systemctl --user" if self._user else "systemctl"
        journalctl = "journalctl --user" if self._user else "journalctl"
        start = f"enable alfine && {systemctl} restart alfine" if tls else "enable --now alfine"
        lines = [
            f"the settings are in {self._config}",
            "now type:",
            f"    {systemctl} daemon-reload",
            f"    {systemctl} {start}",
            f"    {journalctl} -u alfine -f",
            "or, so that it starts with its first client, enable alfine.socket instead",
        ]
        if tls and not self._user:
            lines.append("and, whenever a certificate was renewed: systemctl restart alfine")
        if self._user:
            lines.append("and, so that it runs while you are not logged in: loginctl enable-linger")
        return lines


def _is_ours(path: Path) -> bool:
    return path.read_text("utf-8", "replace").startswith("# Written by alfine service.")


def _end(why: str, code: int) -> NoReturn:
    print(f"alfine service: {why}", file=sys.stderr)
    raise click.exceptions.Exit(code)
