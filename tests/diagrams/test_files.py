"""The committed drawings and the page belong to the tables; others are found, without dot."""

import re
import struct
import zlib
from dataclasses import replace

import pytest
from click.testing import CliRunner

from cli.app import application
from diagrams import files
from diagrams.compact import compact_dot
from diagrams.machines import MACHINES, condition
from diagrams.tables import page, row_line, sections_named
from fsm.client.prompt import PromptSession
from fsm.table import Table
from tests.diagrams.conftest import committed
from tests.needs import needs_program

run = CliRunner().invoke
ALFINE = application()

TINY_PNG = files.PNG_SIGNATURE + b"".join(
    struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    for kind, data in (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    )
)


def fake_render(text, kind):
    return TINY_PNG if kind == "png" else b"<svg/>\n"


def with_prompt_rows(rows):
    """The machines, the prompt's with other rows."""

    class Changed(PromptSession):
        table = Table("prompt", PromptSession.table.initial, rows)

    Changed.__module__ = PromptSession.__module__
    return [Changed if machine is PromptSession else machine for machine in MACHINES]


@pytest.fixture
def no_dot(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")


def test_what_is_committed_belongs_to_the_tables(no_dot):
    assert files.stale() == []


def test_check_says_nothing_and_succeeds(tree, no_dot):
    result = run(ALFINE, ["diagrams", "--check", "--to", str(tree)])
    assert (result.exit_code, result.output) == (0, "")


def removable(table):
    """The rows without which the table can still be built: not the last of a guarded group."""
    return [row for row in table.rows if condition(table, row) != "else"]


@pytest.mark.parametrize("row", removable(PromptSession.table), ids=str)
def test_a_removed_row_is_found(tree, row):
    rows = [other for other in PromptSession.table.rows if other != row]
    lines = files.stale(tree, with_prompt_rows(rows))
    # The compact drawing shows no guards, and nothing that leaves a state as it is.
    changed = compact_dot(Table("prompt", PromptSession.table.initial, rows))
    compact = ["diagrams/compact/prompt.dot", "diagrams/compact/prompt.svg"]
    compact = compact if changed != compact_dot(PromptSession.table) else []
    assert [line.split(":")[0] for line in lines] == [
        "diagrams/prompt.dot",
        "diagrams/prompt.svg",
        "diagrams/prompt.png",
        *compact,
        "docs/state-machines.md",
        *(["docs/rfc9999.md"] if row.rfc[0].isdigit() else []),  # it shows the RFC's rows alone
    ]


def test_a_changed_source_is_found_in_the_pages_alone(tree):
    first, *rest = PromptSession.table.rows
    lines = files.stale(tree, with_prompt_rows([replace(first, rfc="9.9"), *rest]))
    assert lines == [
        f"docs/{name}.md: not what the tables say" for name in ("state-machines", "rfc9999")
    ]


@pytest.mark.parametrize("path", committed())
def test_a_missing_file_is_found(tree, path):
    (tree / path).unlink()
    assert files.stale(tree) == [f"{path}: missing"]


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_picture_of_something_else_is_found(tree, kind):
    here = tree / files.DRAWINGS
    (here / f"server.{kind}").write_bytes((here / f"link.{kind}").read_bytes())
    assert files.stale(tree) == [f"diagrams/server.{kind}: not drawn from the tables as they are"]


@pytest.mark.parametrize("data", [b"", b"\x89PNG", TINY_PNG, TINY_PNG[:40], b"<svg/>"])
def test_a_picture_that_carries_no_hash_is_found(tree, data):
    for kind in ("svg", "png"):
        (tree / files.DRAWINGS / f"server.{kind}").write_bytes(data)
    assert len(files.stale(tree)) == 2


def test_a_drawing_of_no_machine_is_found(tree):
    (tree / "diagrams" / "old.dot").write_text("digraph {}")
    assert files.stale(tree) == ["diagrams/old.dot: no machine has this name; delete it"]


def test_check_names_each_stale_file_and_says_what_to_run(tree, no_dot):
    (tree / "diagrams" / "link.png").unlink()
    (tree / files.PAGE).write_text("old")
    result = run(ALFINE, ["diagrams", "--check", "--to", str(tree)])
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "diagrams/link.png: missing",
        "docs/state-machines.md: not what the tables say",
        "alfine diagrams: stale; run `alfine diagrams`",
    ]


def test_without_dot_one_line_says_how_to_install_it_and_nothing_is_written(tmp_path, no_dot):
    result = run(ALFINE, ["diagrams", "--to", str(tmp_path)])
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert "apt install graphviz" in line
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_not_stale(tmp_path):
    written = files.write(tmp_path, render=fake_render)
    assert sorted(path.as_posix() for path in written) == sorted(committed())
    assert files.stale(tmp_path) == []


@needs_program("dot")
def test_what_dot_draws_is_not_stale(tmp_path):
    result = run(ALFINE, ["diagrams", "--to", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert files.stale(tmp_path) == []


def test_a_marked_png_is_still_a_png():
    marked = files.marked_png(TINY_PNG, "digraph {}")
    at, kinds = len(files.PNG_SIGNATURE), []
    while at < len(marked):
        (length,) = struct.unpack_from(">I", marked, at)
        body = marked[at + 4 : at + 8 + length]
        assert struct.unpack_from(">I", marked, at + 8 + length) == (zlib.crc32(body),)
        kinds.append(body[:4])
        at += length + 12
    assert kinds == [b"IHDR", b"tEXt", b"IDAT", b"IEND"]


def test_every_row_is_one_line_of_the_page():
    lines = page(MACHINES).splitlines()
    for machine in MACHINES:
        start = lines.index(f"### {machine.table.name}: transitions") + 4
        rows = lines[start : start + len(machine.table.rows)]
        assert rows == [row_line(machine.table, row) for row in machine.table.rows]
        assert lines[start + len(rows)] == ""
        assert len(set(rows)) == len(rows)


def test_a_line_says_all_that_its_row_says():
    for machine in MACHINES:
        for row in machine.table.rows:
            cells = row_line(machine.table, row).strip("| ").split(" | ")
            assert cells[:2] == [row.state.name, row.event.__name__]
            assert condition(machine.table, row) == cells[2].strip(" `*")
            assert row.next_state.name == cells[3]
            effects = cells[4].split(", ") if cells[4] else []
            assert effects == [f"`{effect}`" for effect in row.effects]
            assert cells[5] == sections_named(row.rfc)


def test_every_guard_and_effect_has_a_sentence():
    empty = re.findall(r"^\| `(\w+)` \| +\|$", page(MACHINES), re.MULTILINE)
    assert empty == []


def test_sources_are_named():
    assert sections_named("2.4.2, P7, playing 5") == (
        "[RFC 2.4.2][2.4.2], [protocol.md 7][protocol], [playing.md 5][playing]"
    )
    assert sections_named("") == ""
