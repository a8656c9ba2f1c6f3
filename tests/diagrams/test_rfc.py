"""The page of the RFC has the whole document, unchanged, and every row that cites it."""

import re

from diagrams import files
from diagrams.machines import MACHINES, counters
from diagrams.rfc import TEXT, VARIABLES, anchors, rfc_page, sections
from fsm.client.song.session import SongSession
from fsm.server import ServerState

PAGE = rfc_page(MACHINES)
DOCUMENT = (files.ROOT / TEXT).read_text()


def test_the_sections_are_the_whole_document():
    parts = []
    for section in sections():
        if section.title:
            parts.append(f"{section.number}.  {section.title}" if section.number else section.title)
        parts.append(section.text)
    assert "\n".join(parts) == DOCUMENT


def test_every_line_of_the_document_is_on_the_page():
    headings = {section.title for section in sections() if section.title}
    boxes = "\n".join(re.findall(r"^```text\n(.*?)^```$", PAGE, re.M | re.S)).split("\n")
    for line in DOCUMENT.split("\n"):
        title = line.split(".  ")[-1]
        assert line in boxes or title in headings, line
    assert len(headings) == 27


def test_every_section_of_the_table_of_contents_is_found():
    contents = re.findall(r"^ +(\d[\d.]*)\.  (.*)$", DOCUMENT.split("\n1.  ")[0], re.M)
    assert len(contents) == 22
    found = {section.number: section.title for section in sections()}
    for number, title in contents:
        assert found[number] == title
        assert f" {number}. {title}\n" in PAGE
        assert anchors()[number].startswith(number.replace(".", ""))


def test_every_row_that_cites_a_section_stands_behind_it():
    behind = {}
    for number, rows in re.findall(
        r"^Rows that section (\S+) asks for:\n\n(.*?)\n\n", PAGE + "\n\n", re.M | re.S
    ):
        behind[number] = rows.split("\n")[2:]
    cited = {}
    for machine in MACHINES:
        for row in machine.table.rows:
            for part in row.rfc.split(", "):
                if part[:1].isdigit():
                    cited.setdefault(part, []).append((machine.table.name, row))
    assert behind.keys() == cited.keys()
    for number, rows in cited.items():
        assert len(behind[number]) == len(rows)
        for line, (name, row) in zip(behind[number], rows, strict=True):
            assert f"[{name}](state-machines.md#{name}-transitions)" in line
            assert f"| {row.state.name} | {row.event.__name__} |" in line
            assert f"| {row.next_state.name} | {row.then} |" in line


def test_the_variables_are_linked_to_their_states():
    shown = {variable.name for variable in VARIABLES} | counters(SongSession.table).keys()
    assert shown == {
        "IS_PLAYING", "ARROW_LOCK", "NUM_AUDIO_MSGS_RECV", "keep_playing", "list_req_while_playing",
    }  # fmt: skip
    (keep_playing,) = [each for each in VARIABLES if each.name == "keep_playing"]
    assert {state.name for state in ServerState if keep_playing.holds(state)} == {
        "STREAMING", "LISTING_WHILE_STREAMING", "FINISHING", "DRAINING",
    }  # fmt: skip
    for name in shown:
        assert f"\n- `{name}` " in PAGE


def test_what_the_counter_is_used_by_is_read_from_the_methods():
    (text,) = counters(SongSession.table).values()
    assert text == "`append`, `count_again`, `count_anew` count with it, `enough` asks it"
