"""The form of a ladder, in text and as an SVG that nobody's words can break."""

import re
import xml.etree.ElementTree as ET

from diagrams.ladder import LEFT, WIDTH, Arrow, Rung, svg, text_lines

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</text><script>alert(1)</script>&\x1b[2J\x00\ud800\u202e"'
RUNGS = [
    Rung(left="person: play 1"),
    Rung(middle="PLAY 1", arrow=Arrow.TO_RIGHT),
    Rung(right="-> STREAMING"),
    Rung(middle="RESP 200", arrow=Arrow.TO_LEFT, wrong=True),
]


def test_the_text_has_three_columns():
    lines = text_lines([*RUNGS, Rung(HOSTILE * 9, "x" * 99, "y" * 99)])
    assert lines[0].split("|") == [f"{'client':<{LEFT}}", " " * 30, "server"]
    assert lines[2:6] == [
        f"{'person: play 1':<{LEFT}}|{' ' * 30}|",
        f"{'':<{LEFT}}|- PLAY 1 -------------------->|",
        f"{'':<{LEFT}}|{' ' * 30}|-> STREAMING",
        f"{'':<{LEFT}}|< RESP 200 ------------------|".replace("--|", "---|"),
    ]
    assert all(len(line) <= 100 for line in lines)


def test_an_svg_holds_the_words_and_nothing_else_of_what_peers_send():
    text = svg([Rung(HOSTILE, HOSTILE, HOSTILE), *RUNGS], HOSTILE, [HOSTILE])
    root = ET.fromstring(text)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags == {"svg", "title", "style", "rect", "text", "line", "path"}
    shown = [element.text for element in root.iter(f"{SVG}text")]
    assert {"client", "server", "PLAY 1", "-> STREAMING"} <= set(shown)
    assert all(each.isprintable() for each in shown)
    text.encode()


def test_it_fits_a_page_and_both_colour_schemes_and_brings_no_font():
    text = svg(RUNGS, "title")
    root = ET.fromstring(text)
    assert root.get("width") == str(WIDTH)
    assert WIDTH <= 850
    for element in root.iter():
        for name in ("x", "x1", "x2"):
            assert 0 <= float(element.get(name, 0)) <= WIDTH
    assert "prefers-color-scheme:dark" in text
    assert "@font-face" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_the_head_of_an_arrow_is_on_the_side_it_points_to():
    text = svg(RUNGS, "title")
    to_right, to_left = (int(x) for x in re.findall(r'd="M(\d+) ', text))
    assert to_right > to_left
    assert 'class="wrong"' in text


def test_words_too_long_are_cut():
    root = ET.fromstring(svg([Rung("l" * 999, "m" * 999, "r" * 999)], "t"))
    assert all(len(element.text) <= 44 for element in root.iter(f"{SVG}text"))
