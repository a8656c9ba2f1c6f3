"""Verdicts as text, as JSON and as JUnit XML, whatever a peer has put into them."""

import asyncio
import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from check.case import MUST, SHOULD, Case, Exchange, Outcome, broken, kept, select, skipped
from check.present import present
from check.printed import printed
from check.run import run

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "check-1.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
CASES = [
    Case("2.4.1-1", "LIST is answered", MUST, "It answers.", "LIST END END", "list"),
    Case("2.4.1-2", "LIST is answered twice", MUST, "It does.", "LIST", "list list", "list"),
    Case("2.4.3-1", "Another section", SHOULD, "It should.", "STOP", ""),
    Case("P7-1", "SETUP", MUST, "It is answered.", "SETUP", "101", needs="ends"),
]
ATTACK = b"\x1b[2J\0" + "\u202e".encode() + b"\x9b" + b"x" * 500
HOSTILE = Exchange(("LIST END END",), (printed(ATTACK), printed(b"]]>&<\\'\"")))


def verdict_of(case):
    return {
        "2.4.1-1": kept(case, HOSTILE),
        "2.4.1-2": broken(case, HOSTILE, "one list came", 0.25),
        "2.4.3-1": broken(case, HOSTILE, "\x1b]0;title\x07 came"),
        "P7-1": skipped(case, "the server does not offer ends"),
    }[case.number]


def shown(at_once=4, **options):
    """Run the cases, present them, and return the lines that were written."""
    written = []

    async def perform(case):
        for _ in range(5 - CASES.index(case)):  # the first takes the longest
            await asyncio.sleep(0)
        return verdict_of(case)

    async def main():
        facts = {"songs": 3, "offers": ["ends"], "plain": False}
        verdicts = run(CASES, perform, at_once)
        return await present(verdicts, "server", "[::1]:1", facts, written.append, **options)

    return asyncio.run(main()), "\n".join(written)


def test_a_verdict_fails_what_is_a_must_and_warns_of_what_is_a_should():
    outcomes = [verdict_of(case).outcome for case in CASES]
    assert outcomes == [Outcome.PASSED, Outcome.FAILED, Outcome.WARNED, Outcome.SKIPPED]


@pytest.mark.parametrize("at_once", [1, 2, 10])
def test_verdicts_come_in_the_order_of_the_cases(at_once):
    verdicts, _ = shown(at_once)
    assert [verdict.case for verdict in verdicts] == CASES


def test_no_more_cases_are_under_way_than_allowed():
    under_way, most = set(), 0

    async def perform(case):
        nonlocal most
        under_way.add(case)
        most = max(most, len(under_way))
        await asyncio.sleep(0)
        under_way.remove(case)
        return kept(case, Exchange())

    async def main():
        return [verdict async for verdict in run(CASES * 5, perform, 3)]

    assert len(asyncio.run(main())) == 20
    assert most == 3


def test_a_fault_in_the_check_itself_is_not_hidden():
    async def perform(case):
        raise ZeroDivisionError

    async def main():
        return [verdict async for verdict in run(CASES, perform, 3)]

    with pytest.raises(ZeroDivisionError):
        asyncio.run(main())


def test_the_text_is_printable_ascii_of_80_columns():
    _, text = shown()
    for line in text.splitlines():
        assert len(line) <= 80
        assert all(" " <= c <= "~" for c in line), ascii(line)


def test_the_text_says_what_went_wrong():
    _, text = shown()
    words = " ".join(text.split())
    assert "[::1]:1; songs: 3; offers: ends; plain: no" in words
    assert 'FAIL 2.4.1-2 LIST is answered twice MUST, RFC 2.4.1: "It does." sent' in words
    assert "expected list list or list came" in words
    assert "so one list came" in words
    assert "skip P7-1 SETUP the server does not offer ends" in words
    assert "1 passed, 1 failed, 1 warned, 1 skipped;" in words
    assert words.count("Responding to LIST") == 1


def test_a_long_exchange_is_shortened():
    case = CASES[0]
    exchange = Exchange((), tuple(f"message {number}" for number in range(1000)))

    async def perform(case):
        return broken(case, exchange, "too many")

    async def main():
        written = []
        await present(run([case], perform, 1), "server", "x", {}, written.append)
        return written

    written = asyncio.run(main())
    assert len(written) < 40
    assert any("(989 more)" in line for line in written)


def test_json_keeps_to_its_schema():
    verdicts, text = shown(as_json=True)
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["kind"] for line in lines] == ["check", *["case"] * 4, "checked"]
    for line in lines:
        VALIDATOR.validate(line)
    assert [line["outcome"] for line in lines[1:-1]] == [v.outcome.value for v in verdicts]
    assert lines[0]["offers"] == ["ends"]
    assert (lines[-1]["failed"], lines[-1]["skipped"]) == (1, 1)


def test_the_schema_refuses_what_is_none_of_its_lines():
    for wrong in ({}, {"alfine": 1, "kind": "case"}, {"alfine": 2, "kind": "checked"}):
        assert not VALIDATOR.is_valid(wrong)


def test_junit_is_xml_with_a_suite_for_each_section(tmp_path):
    path = tmp_path / "junit.xml"
    shown(junit_file=path)
    root = ElementTree.parse(path).getroot()
    assert root.tag == "testsuites"
    assert {name: root.get(name) for name in ("tests", "failures", "skipped", "errors")} == {
        "tests": "4",
        "failures": "1",
        "skipped": "1",
        "errors": "0",
    }
    assert [suite.get("tests") for suite in root] == ["2", "1", "1"]
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert len(cases) == 4
    assert [c.get("time") for c in root.iter("testcase")][1] == "0.250"
    failure = cases["2.4.1-2 LIST is answered twice"].find("failure")
    assert failure.get("message") == "one list came"
    assert "MUST, RFC 2.4.1: It does." in failure.text
    assert cases["P7-1 SETUP"].find("skipped").get("message") == "the server does not offer ends"
    assert cases["2.4.3-1 Another section"].find("system-out").text.startswith("warning:")


def test_a_junit_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        shown(junit_file=tmp_path / "nowhere" / "junit.xml")


@pytest.mark.parametrize(
    ("only", "numbers"),
    [
        ((), ["2.4.1-1", "2.4.1-2", "2.4.3-1", "P7-1"]),
        (("2.4.1",), ["2.4.1-1", "2.4.1-2"]),
        (("2.4",), ["2.4.1-1", "2.4.1-2", "2.4.3-1"]),
        (("2.4.1-2", "P7"), ["2.4.1-2", "P7-1"]),
        (("2",), ["2.4.1-1", "2.4.1-2", "2.4.3-1"]),
    ],
)
def test_only_takes_sections_and_numbers(only, numbers):
    assert [case.number for case in select(CASES, only)] == numbers


@pytest.mark.parametrize("only", ["3", "2.4.1-", "2.4.1-11", "2.", "P", "", "\x1b[2J"])
def test_only_refuses_what_begins_no_case(only):
    with pytest.raises(ValueError, match="no case and no section") as error:
        select(CASES, [only])
    assert str(error.value).isprintable()


def test_bytes_are_shown_shortened_and_without_controls():
    assert printed(b"RESP 100 END \r\n\xff\x1b") == r"RESP 100 END \r\n\xff\x1b"
    assert printed(b"a" * 4117) == "a" * 40 + "..." + "a" * 20 + " (4117 bytes)"
    assert printed(ATTACK).isascii()
    assert printed(ATTACK).isprintable()


def test_a_source_names_its_document():
    assert [case.source for case in CASES[1:]] == ["RFC 2.4.1", "RFC 2.4.3", "protocol.md 7"]
