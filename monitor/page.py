"""The page: its files, and the headers that keep others from reading or changing it."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files

from monitor.catalogue import Catalogue

HEADERS = {
    # Everything comes from here, and no script or style stands in the page itself.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
ASSETS = ("monitor.css", "monitor.js", "picture.js", "ladder.js", "icon.svg")


@cache
def asset(name: str) -> str:
    """Return a file of the page."""
    return (files("monitor") / "assets" / name).read_text("utf-8")


def page(role: str, title: str, catalogue: Catalogue) -> str:
    """Return the page. role: server or client. title: what is watched, for a heading.

    The drawings are in it: a script that fetched them would have to be trusted with markup.
    """
    drawings = "".join(_figure(name, svg) for name, svg in catalogue.drawings())
    values = {"role": escape(role), "title": escape(title), "drawings": drawings}
    text = asset("page.html")
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def _figure(name: str, svg: str) -> str:
    return (
        f'<figure class="machine" data-machine="{escape(name)}"><figcaption>{escape(name)}'
        f'</figcaption><div class="drawing">{svg}</div></figure>'
    )
