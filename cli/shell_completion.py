"""What `alfine` does without a command: shells are taught its commands and options; its version."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

SCRIPTS = {
    "bash": ".bash_completions/alfine.sh",
    "zsh": ".zfunc/_alfine",
    "fish": ".config/fish/completions/alfine.fish",
}
"""Where each shell's script is written, in the home directory."""
LOADED_BY = {
    "bash": (".bashrc", "source ~/.bash_completions/alfine.sh"),
    "zsh": (".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit"),
}
"""The file in which a shell is told to load it, and how; fish finds it by itself."""
OWN = "auto"


def options() -> list[click.Parameter]:
    """Return the options of `alfine` itself."""
    return [
        _at_once("--version", show_version, "Show the version and exit.", is_flag=True),
        _for_shell("--install-completion", tell_installed, "Teach a shell alfine's options."),
        _for_shell("--show-completion", tell_script, "Show what a shell would be taught."),
    ]


def _for_shell(name: str, do: Callable[[str], None], about: str) -> click.Option:
    names = "|".join(SCRIPTS)
    return _at_once(
        name,
        do,
        f"{about} Without a name it is the login shell.",
        type=shell_named,
        is_flag=False,
        flag_value=OWN,
        metavar=f"[{names}]",
    )


def _at_once(name: str, do: Callable[[str], None], about: str, **rest: Any) -> click.Option:
    """Return an option that does something in the place of a command."""

    def called(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value and not context.resilient_parsing:
            do(value)
            context.exit()

    return click.Option(
        [name], callback=called, help=about, is_eager=True, expose_value=False, **rest
    )


def show_version(_: Any) -> None:
    """Print alfine's version."""
    from traces.file import alfine_version

    print(f"alfine {alfine_version()}")


def tell_script(shell: str) -> None:
    """Print the script for a shell."""
    print(script(shell))


def tell_installed(shell: str) -> None:
    """Install the script for a shell, and print what was done."""
    print(f"{install(shell)} is written; it is loaded when {shell} starts again")


def install(shell: str) -> Path:
    """Write the script, have the shell load it from its next start, and return its path."""
    path = Path.home() / SCRIPTS[shell]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script(shell))
    if shell in LOADED_BY:
        _add_line(Path.home() / LOADED_BY[shell][0], LOADED_BY[shell][1], SCRIPTS[shell])
    return path


def _add_line(to: Path, line: str, script: str) -> None:
    """Append a line, unless it is there, or another that loads the same script."""
    text = to.read_text() if to.exists() else ""
    if line not in text and script not in text:
        to.write_text(f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{line}\n")


def script(shell: str) -> str:
    """Return click's script for a shell."""
    from click.shell_completion import get_completion_class

    completion = get_completion_class(shell)
    assert completion is not None
    return completion(click.Group(), {}, "alfine", "_ALFINE_COMPLETE").source()


def shell_named(text: str) -> str:
    """Return the shell that is meant. Raises click.BadParameter: there is no script for it."""
    name = Path(os.environ.get("SHELL", "")).name if text == OWN else text
    if name not in SCRIPTS:
        raise click.BadParameter(f"name the shell: {', '.join(SCRIPTS)}")
    return name
