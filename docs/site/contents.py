"""Pages that the first page does not name are listed on it all the same, so that none is lost."""

from __future__ import annotations

import re

from sphinx.application import Sphinx

FIRST = "index"
REST = "{rest}"


def add_the_rest(app: Sphinx, name: str, source: list[str]) -> None:
    """Put the pages that are not named in the place of `{rest}`."""
    if name == FIRST:
        named = {FIRST, *re.findall(r"^[\w./-]+$", source[0], re.M)}
        rest = sorted(app.env.found_docs - named)
        source[0] = source[0].replace(REST, "\n".join(rest))


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", add_the_rest)
    return {"parallel_read_safe": True}
