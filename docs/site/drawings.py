"""Drawings wider than a page stand in a box that scrolls, above a link to the drawing alone."""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx

FOLDERS = ("../diagrams/", "../../diagrams/")


def frame_drawings(app: Sphinx, document: nodes.document) -> None:
    """Put each drawing of a machine into a box of its own."""
    for image in list(document.findall(nodes.image)):
        paragraph = image.parent
        if image["uri"].startswith(FOLDERS) and len(paragraph.children) == 1:
            # Without tabindex nobody can scroll it from the keyboard.
            name = escape(image["alt"])
            begin = f'<div class="drawing" tabindex="0" role="region" aria-label="{name}">'
            up = "../" * app.env.docname.count("/")
            alone = f"{up}_images/{app.env.images[image['uri']][1]}"
            end = f'</div><p class="alone"><a href="{alone}">{name}, alone</a></p>'
            raw = [nodes.raw("", html, format="html") for html in (begin, end)]
            paragraph.replace_self([raw[0], image, raw[1]])


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-read", frame_drawings)
    return {"parallel_read_safe": True}
