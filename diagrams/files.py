"""The files that are made from the tables: writes them, and finds those that are stale.

Two versions of `dot` make different bytes of the same text. So the DOT texts, the pages and the
dissector are compared with what the tables give, and each picture carries the hash of the text that
it was drawn from: the check needs no `dot`.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from diagrams.compact import compact_dot
from diagrams.dissector import SCRIPT, script
from diagrams.draw import machine_dot
from diagrams.heat import Heat
from diagrams.machines import MACHINES, Machine
from diagrams.overview import NAME as CLIENT
from diagrams.overview import client_dot
from diagrams.rfc import PAGE as RFC_PAGE
from diagrams.rfc import TEXT as RFC
from diagrams.rfc import rfc_page
from diagrams.tables import page

ROOT = Path(__file__).resolve().parent.parent
"""The source tree, where alfine runs from one."""

DRAWINGS, COMPACT, PAGE = "diagrams", "compact", "docs/state-machines.md"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_DPI = 108
"""Half as much again as a point: sharp at the width of a page, and small enough to commit."""

PNG_KEYWORD = b"DOT SHA-256"
IHDR_END = len(PNG_SIGNATURE) + 25
SVG_MARK = re.compile(r"<!-- DOT SHA-256: ([0-9a-f]{64}) -->")

Render = Callable[[str, str], bytes]
"""Called with a DOT text and "svg" or "png"; returns the picture."""


class CannotDraw(RuntimeError):
    """`dot` or the RFC is missing, or `dot` has failed. The message is one line."""


def dot_texts(machines: Sequence[Machine] = MACHINES) -> dict[str, str]:
    """Return the DOT text of every drawing, by its name below DRAWINGS."""
    tables = [machine.table for machine in machines]
    drawings = {table.name: machine_dot(table) for table in tables}
    compact = {f"{COMPACT}/{table.name}": compact_dot(table) for table in tables}
    return drawings | {CLIENT: client_dot()} | compact


def kinds(name: str) -> tuple[str, ...]:
    """Return in which forms a drawing is kept; the compact ones are for a page that moves them."""
    return ("svg",) if name.startswith(f"{COMPACT}/") else ("svg", "png")


def compact_svg(name: str) -> str:
    """Return the compact drawing of the machine of this name, from its <svg> on."""
    text = (Path(__file__).parent / COMPACT / f"{name}.svg").read_text("utf-8")
    return SVG_MARK.sub("", text[text.index("<svg") :]).strip()


def source_tree(root: Path) -> Path:
    """Return which tree has the RFC, which the pages quote: this one, or the one alfine runs from.

    Raises CannotDraw: neither, as alfine is installed without it.
    """
    for tree in (root, ROOT):
        if (tree / RFC).is_file():
            return tree
    raise CannotDraw("alfine does not run from its source tree; name one with --to DIR")


def dot(text: str, kind: str) -> bytes:
    """Draw with the program `dot`. Raises CannotDraw."""
    try:
        import graphviz  # here, because to check what is drawn has to work without it
    except ImportError as error:
        raise CannotDraw(
            "the package graphviz is missing: pip install graphviz, or apt install python3-graphviz"
        ) from error

    dpi = [] if kind == "svg" else [f"    graph [dpi={PNG_DPI}]"]
    head, *rest = text.splitlines()
    try:
        return bytes(graphviz.Source("\n".join([head, *dpi, *rest])).pipe(kind, quiet=True))
    except graphviz.ExecutableNotFound as error:
        raise CannotDraw(
            "the program `dot` is missing; install Graphviz: apt install graphviz, "
            "dnf install graphviz or brew install graphviz"
        ) from error
    except graphviz.CalledProcessError as error:
        why = bytes(error.stderr or b"").decode(errors="replace").split("\n")[0]
        raise CannotDraw(f"`dot` has failed: {why or error}") from error


def write(
    root: Path = ROOT, machines: Sequence[Machine] = MACHINES, render: Render = dot
) -> list[Path]:
    """Draw every machine, write the pages and the dissector; return the files, relative to `root`.

    All is drawn before anything is written, so a missing `dot` leaves the files as they were.
    """
    contents: dict[Path, bytes] = {}
    sources = source_tree(root)
    for name, text in dot_texts(machines).items():
        here = Path(DRAWINGS, name)
        contents[here.with_suffix(".dot")] = text.encode()
        for kind in kinds(name):
            mark = marked_svg if kind == "svg" else marked_png
            contents[here.with_suffix(f".{kind}")] = mark(render(text, kind), text)
    contents[Path(PAGE)] = page(machines, sources).encode()
    contents[Path(RFC_PAGE)] = rfc_page(machines, sources).encode()
    contents[Path(SCRIPT)] = script().encode()
    for path, data in contents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return list(contents)


def write_heat(
    directory: Path,
    times: Mapping[str, Mapping[str, int]],
    machines: Sequence[Machine] = MACHINES,
    render: Render = dot,
) -> list[Path]:
    """Draw each machine with how often its rows have fired, as SVG; return the files.

    times: by a table's name, and the row as text.
    """
    pictures = {}
    for machine in machines:
        table = machine.table
        text = machine_dot(table, Heat(times.get(table.name, {})))
        pictures[directory / f"{table.name}.svg"] = render(text, "svg")
    directory.mkdir(parents=True, exist_ok=True)
    for path, picture in pictures.items():
        path.write_bytes(picture)
    return list(pictures)


def stale(root: Path = ROOT, machines: Sequence[Machine] = MACHINES) -> list[str]:
    """Return one line for each file that does not belong to the tables as they are."""
    texts = dot_texts(machines)
    lines: list[str] = []
    for name, text in texts.items():
        here = Path(DRAWINGS, name)
        lines += _differs(root, here.with_suffix(".dot"), text)
        for kind in kinds(name):
            mark = svg_mark if kind == "svg" else png_mark
            lines += _drawn_from_another(root, here.with_suffix(f".{kind}"), mark, text)
    sources = source_tree(root)
    lines += _differs(root, Path(PAGE), page(machines, sources))
    lines += _differs(root, Path(RFC_PAGE), rfc_page(machines, sources))
    lines += _differs(root, Path(SCRIPT), script())
    for path in sorted((root / DRAWINGS).rglob("*.dot")):
        name = path.relative_to(root / DRAWINGS).with_suffix("").as_posix()
        if name not in texts:
            lines.append(f"{DRAWINGS}/{name}.dot: no machine has this name; delete it")
    return lines


def _differs(root: Path, path: Path, text: str) -> Iterator[str]:
    if not (root / path).is_file():
        yield f"{path.as_posix()}: missing"
    elif (root / path).read_bytes() != text.encode():
        yield f"{path.as_posix()}: not what the tables say"


def _drawn_from_another(
    root: Path, path: Path, mark: Callable[[bytes], str], text: str
) -> Iterator[str]:
    if not (root / path).is_file():
        yield f"{path.as_posix()}: missing"
    elif mark((root / path).read_bytes()) != _sha256(text):
        yield f"{path.as_posix()}: not drawn from the tables as they are"


def marked_svg(svg: bytes, text: str) -> bytes:
    """Return the picture with the hash of its DOT text as a comment at the end."""
    return svg.rstrip(b"\n") + f"\n<!-- DOT SHA-256: {_sha256(text)} -->\n".encode()


def svg_mark(svg: bytes) -> str:
    """Return the hash that the picture carries, "" without one."""
    found = SVG_MARK.search(svg.decode(errors="replace"))
    return found[1] if found else ""


def marked_png(png: bytes, text: str) -> bytes:
    """Return the picture with the hash of its DOT text as a tEXt chunk behind its header."""
    if not png.startswith(PNG_SIGNATURE):
        raise CannotDraw("`dot` has not made a PNG; is it built with one of its PNG renderers?")
    data = b"tEXt" + PNG_KEYWORD + b"\0" + _sha256(text).encode()
    chunk = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    return png[:IHDR_END] + chunk + png[IHDR_END:]


def png_mark(png: bytes) -> str:
    """Return the hash that the picture carries, "" without one."""
    at = len(PNG_SIGNATURE)
    while at + 8 <= len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        keyword, _, value = data.partition(b"\0")
        if kind == b"tEXt" and keyword == PNG_KEYWORD:
            return value.decode("latin-1")
        at += length + 12
    return ""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
