"""The map names files and functions that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "map.md").read_text()
FILE = re.compile(r"`((?:[a-z_]+/)+[a-z_]+\.py)`((?:(?:,| and)? `[a-z_]+`)*)")
NAMED = [(path, re.findall(r"`([a-z_]+)`", names)) for path, names in FILE.findall(TEXT)]


def defined(path):
    tree = ast.parse((ROOT / path).read_text())
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_it_names_many():
    assert len(NAMED) > 40
    assert sum(len(names) for _, names in NAMED) > 25


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED}))
def test_what_it_names_is_there(path):
    names = {name for named, names in NAMED if named == path for name in names}
    assert names <= defined(path) | {"fire"}, path
