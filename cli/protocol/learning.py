"""`alfine check HOST PORT --learn`: learns a server, says how it differs from the table, draws it.

What learns is imported only when it is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from check.server.check import ServerCheck
from cli.usage import FAILED, NO_CONNECTION, USAGE
from diagrams import files
from diagrams.learned import LearnedStep, learned_dot

if TYPE_CHECKING:
    from check.learning.learn import Learned

MISSING = "learning needs AALpy: alfine's extra [learn]"


def require() -> None:
    """End with exit code 2 and one line if AALpy is missing."""
    try:
        import check.learning.learn  # noqa: F401  # to see whether AALpy is there
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "aalpy":
            raise
        _fail(MISSING, USAGE)


def learn_and_tell(server: ServerCheck, peer: str, drawing: Path | None) -> None:
    """Learn the server and print what differs. Exits with 1 if something does.

    peer: its address, in printable ASCII. drawing: the SVG to write.
    """
    from check.learning.asked import NotTheSameTwice
    from check.learning.learn import learn
    from check.learning.words import lines

    try:
        learned = learn(server)
    except NotTheSameTwice as error:
        _fail(f"it is no machine, as far as can be seen: {error}", FAILED)
    except OSError as error:
        _fail(f"the connection to {peer} is lost: {error.strerror or error}", NO_CONNECTION)
    for line in lines(learned):
        click.echo(line)
    if drawing is not None:
        _draw(learned, peer, drawing)
    if learned.different:
        raise click.exceptions.Exit(FAILED)


def _draw(learned: Learned, peer: str, drawing: Path) -> None:
    expected = {(each.state, each.letter): each.expected for each in learned.different}
    steps = [
        LearnedStep(state, str(letter), step.answer, step.after, expected.get((state, letter)))
        for (state, letter), step in learned.machine.steps.items()
    ]
    text = learned_dot(peer, steps)
    try:
        drawing.write_bytes(files.marked_svg(files.dot(text, "svg"), text))
    except files.CannotDraw as error:
        _fail(f"no drawing: {error}", USAGE)
    except OSError as error:
        _fail(f"the drawing {str(drawing)!a} cannot be written: {error.strerror}", USAGE)


def _fail(why: str, code: int) -> NoReturn:
    click.echo(f"alfine check: {why}", err=True)
    raise click.exceptions.Exit(code)
