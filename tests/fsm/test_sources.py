"""Every row cites a section that exists: of RFC 9999, of docs/protocol.md or of docs/playing.md."""

import re
from pathlib import Path

import pytest

from tests.fsm.test_tables import ROWS

DOCS = Path(__file__).resolve().parents[2] / "docs"

_RFC = (DOCS / "rfc9999.txt").read_text()
RFC_SECTIONS = frozenset(re.findall(r"^ {0,6}(\d(?:\.\d)*)\. +[A-Z]", _RFC, re.MULTILINE))


def sections(page: str) -> set[str]:
    """The numbers of a page's sections: those of its headings `## 1. Title`."""
    return set(re.findall(r"^## (\d+)\. \S", (DOCS / page).read_text(), re.MULTILINE))


def exists(source: str) -> bool:
    """Whether there is such a section: "2.4.1" of the RFC, "P7" or "playing 5" of our pages."""
    if source.startswith("P"):
        return source.removeprefix("P") in sections("protocol.md")
    if source.startswith("playing "):
        return source.removeprefix("playing ") in sections("playing.md")
    return source in RFC_SECTIONS


@pytest.mark.parametrize("page", ["protocol.md", "playing.md"])
def test_the_sections_of_our_pages_are_numbered_from_1(page):
    numbers = sorted(map(int, sections(page)))
    assert numbers == list(range(1, len(numbers) + 1)) != []


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_a_row_cites_sections_that_exist(name, row):
    sources = row.rfc.split(", ")
    assert [source for source in sources if not exists(source)] == [], row
    assert len(set(sources)) == len(sources)
    assert not {"2", "3", "4"} & set(sources), "no whole chapter says what a machine does"


@pytest.mark.parametrize("source", ["", "2", "2.4.1", "P7", "playing 5"])
def test_a_section_is_found_by_its_number(source):
    assert exists(source) == bool(source)


@pytest.mark.parametrize("source", ["2.8", "2.4.4", "5", "P0", "P12", "7", "playing 99", "playing"])
def test_a_section_that_is_not_there_is_not_found(source):
    assert not exists(source)
