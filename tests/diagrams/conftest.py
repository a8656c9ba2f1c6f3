"""A copy of the committed drawings, which a test may change."""

import shutil

import pytest

from diagrams import files


@pytest.fixture
def tree(tmp_path):
    """A source tree with nothing in it but what is made from the tables."""
    for path in committed():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(files.ROOT / path, tmp_path / path)
    return tmp_path


def committed():
    drawings = [
        f"{files.DRAWINGS}/{name}.{kind}"
        for name in files.dot_texts()
        for kind in ("dot", *files.kinds(name))
    ]
    return [*drawings, files.PAGE, files.RFC_PAGE, files.SCRIPT]
