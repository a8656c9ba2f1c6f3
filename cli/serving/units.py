"""The units by which systemd runs the server: what is in them, and where they lie.

The one of the system may do next to nothing but read the music and keep its own two directories;
that of a user is under what a user may ask systemd for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.settings import SERVER, variable
from fsm.frozen import dataclass

HEADER = "# Written by alfine service. Say by `systemctl edit alfine` what is to be otherwise."
HOMES = ("/home", "/root", "/run/user")
SYSTEM_CONFIG = Path("/etc/alfine/config.toml")
SYSTEM_UNITS = Path("/etc/systemd/system")
OF_A_PACKAGE = (Path("/usr/lib/systemd/system"), Path("/lib/systemd/system"))

SERVICE = """\
{header}
[Unit]
Description=alfine streams a folder of MP3s
Documentation=man:alfine-server(1)
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
ExecStart={command} server
ExecReload=/bin/sh -c 'kill -HUP $MAINPID'
Restart=on-failure
RestartPreventExitStatus=2
WatchdogSec=30
TimeoutStopSec=40
LimitNOFILE=20000
{environment}
{hardening}
[Install]
WantedBy={wanted_by}
"""

SOCKET = """\
{header}
[Unit]
Description=alfine's port

[Socket]
ListenStream={port}

[Install]
WantedBy=sockets.target
"""

ALONE = """\
DynamicUser=yes
StateDirectory=alfine
StateDirectoryMode=0700
CacheDirectory=alfine
CacheDirectoryMode=0700
ConfigurationDirectory=alfine
ProtectSystem=strict
ProtectHome=tmpfs
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
RestrictSUIDSGID=yes
CapabilityBoundingSet=
AmbientCapabilities=
RemoveIPC=yes
"""
"""What only the system's may ask for."""

HARDENED = """\
NoNewPrivileges=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
"""

TLS = """\
{header}
[Service]
{lines}"""

CREDENTIALS = Path("/run/credentials/alfine.service")
"""Here systemd puts copies of what only root can read, for the service alone, at each start."""

CONFIG = """\
# The settings of the alfine service; `alfine config` shows all that there are.
[server]
music_dir = {music_dir}
port = {port}
host = "0.0.0.0"
"""


@dataclass(frozen=True, slots=True)
class Program:
    """What starts alfine: its words, and the folder of the sources where it is not installed."""

    words: tuple[str, ...]
    sources: str = ""

    def command(self) -> str:
        """Return the words as a unit has them (systemd.service(5))."""
        return " ".join(map(quoted, self.words))


def this_program(argv0: str) -> Program:
    """Return what started this process. argv0: by which name."""
    path = os.path.abspath(argv0)
    if os.path.basename(path) == "alfine" and os.access(path, os.X_OK):
        return Program((path,))
    sources = str(Path(__file__).parents[2])
    return Program((sys.executable, "-m", "cli.app"), sources)


def quoted(word: str, *, expanded: bool = True) -> str:
    """Return a word as a unit has it. expanded: systemd looks for variables in it."""
    word = word.replace("\\", "\\\\").replace("%", "%%").replace('"', '\\"')
    word = word.replace("$", "$$") if expanded else word
    return f'"{word}"' if not word or any(each in " '\";" for each in word) else word


def is_in_a_home(path: str) -> bool:
    """Return whether other users, as the service is one, usually cannot read what lies there."""
    real = os.path.realpath(path)
    return any(real == home or real.startswith(f"{home}/") for home in HOMES)


def system_service(program: Program, music_dir: str) -> str:
    """Return the system's unit. music_dir: may lie in a home, or be a bucket."""
    binds = ""
    if music_dir.startswith("/") and is_in_a_home(music_dir):
        binds = f"BindReadOnlyPaths={quoted('-' + os.path.realpath(music_dir))}\n"
    variables = (
        f"ALFINE_CONFIG={SYSTEM_CONFIG}",
        "ALFINE_SERVER_STATE_DIR=%S/alfine",
        "ALFINE_SERVER_CACHE_DIR=%C/alfine",
    )
    return SERVICE.format(
        header=HEADER,
        command=program.command(),
        environment=_environment(program, variables),
        hardening=f"{ALONE}{binds}{HARDENED}",
        wanted_by="multi-user.target",
    )


def user_service(program: Program) -> str:
    """Return a user's unit: it has the user's own settings, state and cache."""
    text = SERVICE.format(
        header=HEADER.replace("systemctl", "systemctl --user"),
        command=program.command(),
        environment=_environment(program, ()),
        hardening=HARDENED,
        wanted_by="default.target",
    )
    of_the_system = ("After=network-online.target\n", "Wants=network-online.target\n")
    for line in of_the_system:
        text = text.replace(line, "")
    return text


def system_tls(files: Mapping[str, str]) -> str:
    """Return what has the system's service speak TLS: the files need be readable by root alone.

    files: absolute paths, by the names of the server's settings.
    """
    loaded = {name: f"{name.replace('_', '-')}:{path}" for name, path in files.items()}
    lines = [f"LoadCredential={each.replace('%', '%%')}\n" for each in loaded.values()]
    copies = {name: str(CREDENTIALS / each.partition(":")[0]) for name, each in loaded.items()}
    return TLS.format(header=HEADER, lines="".join(lines) + _variables(copies))


def user_tls(files: Mapping[str, str]) -> str:
    """Return the same of a user's service, which reads the files themselves."""
    header = HEADER.replace("systemctl", "systemctl --user")
    return TLS.format(header=header, lines=_variables(files))


def _variables(settings: Mapping[str, str]) -> str:
    assigned = (f"{variable(name, SERVER)}={value}" for name, value in settings.items())
    return "".join(f"Environment={quoted(each, expanded=False)}\n" for each in assigned)


def _environment(program: Program, variables: Sequence[str]) -> str:
    sources = (f"PYTHONPATH={quoted(program.sources, expanded=False)}",) if program.sources else ()
    return "".join(f"Environment={variable}\n" for variable in (*variables, *sources))[:-1]


def socket_unit(port: int, *, user: bool = False) -> str:
    """Return the unit that has systemd listen, so that the server starts with the first client."""
    edit = "--user edit alfine.socket" if user else "edit alfine.socket"
    return SOCKET.format(header=HEADER.replace("edit alfine", edit), port=port)


def config(music_dir: str, port: int) -> str:
    """Return settings to begin with."""
    text = music_dir.replace("\\", "\\\\").replace('"', '\\"')
    return CONFIG.format(music_dir=f'"{text}"', port=port)
