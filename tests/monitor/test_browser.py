"""The server's page, as a person with a browser sees it, by mouse, by keyboard and read aloud."""

from __future__ import annotations

import http.server
import signal
import threading

import pytest

from tests.monitor.conftest import HOSTILE_TITLE, LONG, address
from tests.needs import needs_program

pytestmark = needs_program("chromium", "chromedriver")

PLAY = b"PLAY %d" % LONG


def counts(page) -> dict[str, int]:
    """The numbers in the table of states, without the zeros."""
    names, numbers = page.texts("#table tbody th"), page.texts("#table td.number")
    return {name: int(count) for name, count in zip(names, numbers, strict=True) if count != "0"}


def open_page(page, server, dots=0) -> list[str]:
    """Open the page and wait until it shows so many connections; return their names."""
    page.live(server.url)
    page.wait_for(lambda: len(page.dots()) == dots)
    return list(page.dots())


def test_a_connection_is_a_dot_that_moves_when_it_plays(page, steady, connect):
    open_page(page, steady)
    sock = connect(steady.port)
    page.wait_for(lambda: list(page.dots().values()) == ["IDLE"])
    assert next(iter(page.dots())).endswith(address(sock))
    idle = page.run("return document.querySelector('.dot').style.transform")
    sock.sendall(PLAY + b" END END")
    page.wait_for(lambda: list(page.dots().values()) == ["STREAMING"])
    assert page.run("return document.querySelector('.dot').style.transform") != idle
    assert page.console() == []


def test_each_dot_lies_in_the_box_of_its_state(page, steady, connect):
    socks = [connect(steady.port, *[PLAY] * (n % 3 == 0)) for n in range(30)]
    open_page(page, steady, dots=30)
    page.wait_for(lambda: counts(page) == {"IDLE": 20, "STREAMING": 10})
    socks[1].close()
    page.wait_for(lambda: counts(page) == {"IDLE": 19, "STREAMING": 10})
    page.wait_for(lambda: not page.run("return document.querySelectorAll('.dot.gone').length"))
    outside = page.run("""
        const box = (state) => [...document.querySelectorAll('g.node')].find((node) =>
            node.querySelector('title').textContent.startsWith(state + ':'))
            .querySelector('path').getBoundingClientRect();
        return [...document.querySelectorAll('.dot')].filter((dot) => {
            const inner = dot.getBoundingClientRect(), outer = box(dot.dataset.state);
            return inner.left < outer.left || inner.right > outer.right
                || inner.top < outer.top || inner.bottom > outer.bottom;
        }).length""")
    assert outside == 0
    places = page.run("return [...document.querySelectorAll('.dot')].map((d) => d.style.transform)")
    assert len(set(places)) == len(places) == 29


def test_the_arrow_that_was_used_glows_and_short_states_are_seen(page, serve, connect):
    server = serve()
    page.live(server.url)
    page.run("""
        window.glowed = new Set();
        new MutationObserver((changes) => changes.forEach(({ target }) => {
            if (target.classList.contains('hot'))
                window.glowed.add(target.querySelector('title').textContent.split('\\n')[0]);
        })).observe(document.querySelector('g.graph'), {
            subtree: true, attributes: true, attributeFilter: ['class'] });""")
    sock = connect(server.port, b"LIST")
    assert sock.recv(100)
    page.wait_for(lambda: len(page.run("return [...window.glowed]")) >= 2)
    # No sample may have found it in LISTING, which takes less than a millisecond.
    assert set(page.run("return [...window.glowed]")) == {"IDLE → LISTING", "LISTING → IDLE"}
    assert page.text("#changes").count("IDLE → LISTING") == 1
    used = page.run(
        "return [...document.querySelectorAll('#rows tbody tr')]"
        ".filter((row) => row.lastChild.textContent !== '0').length"
    )
    assert used == 2


def test_a_click_shows_the_history_as_a_ladder_which_goes_on(page, steady, connect):
    sock = connect(steady.port, b"SETUP ends", PLAY)
    [name] = open_page(page, steady, dots=1)
    page.wait_for(lambda: list(page.dots().values()) == ["STREAMING"])
    page.click(".dot")
    page.wait_for(lambda: len(page.texts("#ladder li")) == 2)
    assert page.text("#history-name") == name
    assert page.texts("#ladder .arrow.right") == ["SetupRequested ends", f"PlayRequested {LONG}"]
    assert page.texts("#ladder .arrow.left") == [
        "SendSetupReply alfine/1 ends",
        f"StartSong {LONG}",
    ]
    assert page.texts("#ladder .state") == ["stays IDLE", "IDLE → STREAMING"]
    assert "last song: 1. A - Long" in page.texts("#history-about div")
    sock.sendall(b"STOP END END")
    page.wait_for(lambda: "STREAMING → IDLE" in page.texts("#ladder .state"))
    sock.close()
    page.wait_for(lambda: "IDLE → CLOSED" in page.texts("#ladder .state"))
    assert page.texts("#history-about div") == ["The connection is closed."]
    page.click("#history-close")
    assert page.run("return document.getElementById('history').hidden")
    page.click("#changes button")
    page.wait_for(lambda: len(page.texts("#ladder li")) == 4)
    assert page.console() == []


def test_all_of_it_is_reached_by_keyboard(page, steady, connect):
    for _ in range(3):
        connect(steady.port)
    names = open_page(page, steady, dots=3)
    page.press("tab")
    assert page.run("return document.activeElement.textContent") == "Skip the picture"
    page.press("tab")  # the whole picture is one stop
    assert page.focused() == names[0]
    page.press("arrow_right")
    assert page.focused() == names[1]
    page.press("arrow_left", "arrow_left")
    assert page.focused() == names[2]
    page.press("home")
    assert page.focused() == names[0]
    page.press("end", "enter")
    page.wait_for(lambda: page.focused() == "history")
    assert page.text("#history-name") == names[2]
    page.press("escape")
    assert page.focused() == names[2]
    outline = page.run("return getComputedStyle(document.activeElement).strokeWidth")
    assert outline == "3px"


def test_it_can_be_read_aloud(page, steady, connect):
    connect(steady.port)
    [dot] = open_page(page, steady, dots=1)
    page.wait_for(lambda: page.text("#summary") == "1 connection: 1 IDLE.")
    assert page.run("return document.getElementById('summary').ariaLive") == "polite"
    nodes = [
        (node["role"]["value"], node["name"]["value"])
        for node in page.command("Accessibility.getFullAXTree")["nodes"]
        if not node["ignored"] and "name" in node
    ]
    assert ("button", f"{dot}, IDLE") in nodes
    assert ("group", "The states of server") in nodes
    assert ("heading", "States") in nodes
    assert {("columnheader", each) for each in ("state", "what is true", "now")} <= set(nodes)
    assert ("rowheader", "LISTING_WHILE_STREAMING") in nodes
    # What the picture says in writing stands in the table: it is not read twice.
    assert ("StaticText", "DRAINING") in nodes
    assert sum(name == "DRAINING" for _, name in nodes if name) <= 3


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_does_not_scroll_sideways(page, steady, connect, width):
    connect(steady.port, b"SETUP " + b"x" * 300, PLAY)
    page.size(width)
    open_page(page, steady, dots=1)
    page.wait_for(lambda: list(page.dots().values()) == ["STREAMING"])
    page.run("document.querySelector('#rows').open = true")
    page.run("document.querySelector('.dot').dispatchEvent(new Event('click', {bubbles: true}))")
    page.wait_for(lambda: len(page.texts("#ladder li")) == 2)
    wide, inner = page.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= inner == width


CONTRASTS = """
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
        const colour = parse(getComputedStyle(e).backgroundColor);
        if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
};
const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
const found = {};
for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!text || element.closest('svg') || !element.checkVisibility()) continue;
    const colour = light(parse(getComputedStyle(element).color));
    const key = element.tagName + '.' + element.className;
    found[key] = Math.min(found[key] ?? 99, ratio(colour, light(behind(element))));
}
const ground = light(parse(getComputedStyle(document.body).backgroundColor));
for (const element of document.querySelectorAll('svg text, .dot')) {
    if (element.tagName === 'text' && !element.textContent.trim()) continue;
    const colour = light(parse(getComputedStyle(element).fill));
    const box = element.closest('.node')?.querySelector('path');
    const back = box ? light(parse(getComputedStyle(box).fill)) : ground;
    const key = 'svg ' + element.tagName + '.' + element.getAttribute('class');
    found[key] = Math.min(found[key] ?? 99, ratio(colour, back));
}
return [ground, found];
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_that_is_written_stands_out_in_light_and_dark(page, steady, connect, scheme):
    connect(steady.port, PLAY)
    page.prefer(color_scheme=scheme, reduced_motion="reduce")
    open_page(page, steady, dots=1)
    page.wait_for(lambda: list(page.dots().values()) == ["STREAMING"])
    page.click(".dot")
    page.wait_for(lambda: len(page.texts("#ladder li")) == 1)
    ground, found = page.run(CONTRASTS)
    assert ground > 0.9 if scheme == "light" else ground < 0.02
    assert len(found) > 15
    # What is no text needs less (WCAG 1.4.11).
    least = {name: 3.0 if name.startswith("svg circle") else 4.5 for name in found}
    assert {name: ratio for name, ratio in found.items() if ratio < least[name]} == {}


def test_nothing_slides_for_whoever_wants_that(page, steady, connect):
    page.prefer(reduced_motion="no-preference")
    connect(steady.port)
    open_page(page, steady, dots=1)
    duration = "return getComputedStyle(document.querySelector('.dot')).transitionDuration"
    assert page.run(duration) == "0.28s, 0.4s"
    page.prefer(reduced_motion="reduce")
    assert page.run(duration) == "0s"


def test_what_a_peer_or_a_tag_says_is_text_alone(page, steady, connect):
    connect(steady.port, b"<script>document.title=2</script>", b"SETUP <b>bold</b>\x1b[2J")
    connect(steady.port, b"PLAY 2")
    open_page(page, steady, dots=2)
    elements = page.run("return document.querySelectorAll('script, img, b').length")
    page.click(".dot")
    page.wait_for(lambda: len(page.texts("#ladder li")) == 2)
    shown = page.texts("#ladder .arrow.right")
    assert shown[0].startswith("RequestNotUnderstood <script>document.title=2</script>")
    assert "\x1b" not in "".join(shown)
    page.press("escape", "arrow_right", "enter")
    page.wait_for(lambda: any(HOSTILE_TITLE in line for line in page.texts("#history-about div")))
    assert page.run("return document.querySelectorAll('script, img, b').length") == elements
    assert page.run("return document.title") == "alfine server, live"
    assert page.console() == []


def test_the_page_says_when_the_server_has_ended_and_comes_back_with_it(page, serve):
    server = serve()
    page.live(server.url)
    server.program.process.send_signal(signal.SIGTERM)
    page.wait_for(lambda: page.text("#status") == "The server has ended.")
    assert server.program.end() == 0
    again = serve(monitor=server.monitor_port)
    page.wait_for(lambda: page.text("#status") == "live")
    again.program.kill()
    page.wait_for(lambda: page.text("#status").startswith("No connection: the server may have"))


def test_a_page_elsewhere_can_read_none_of_it(page, steady):
    """Not even from this machine, and not by a frame or a script."""
    body = f"""<!doctype html><title>0</title><script>
        const url = "{steady.url}";
        const done = (name, got) => {{ document.title += " " + name + ":" + got; }};
        for (const path of ["", "machines.json", "events", "history?name=x", "metrics"])
            fetch(url + path).then(() => done(path, "read"), () => done(path, "no"));
        const script = document.createElement("script");
        script.src = url + "machines.json";
        script.onload = () => done("script", "read");
        script.onerror = () => done("script", "no");
        document.head.append(script);
        const events = new EventSource(url + "events");
        events.onmessage = () => done("source", "read");
        events.onerror = () => {{ events.close(); done("source", "no"); }};
        </script><iframe src="{steady.url}"></iframe>""".encode()

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        page.open(f"http://127.0.0.1:{other.server_port}/")
        page.wait_for(lambda: page.run("return document.title").count(":") == 7)
        other.shutdown()
    assert page.run("return document.title").count(":no") == 7
    page.driver.switch_to.frame(0)
    try:
        assert not page.run("return document.querySelector('#drawings')")
    finally:
        page.driver.switch_to.default_content()
    log = " ".join(page.console())
    assert "frame-ancestors" in log or "refused" in log.lower()


def test_workers_are_shown_as_one_server(page, serve, connect):
    server = serve("--workers", 2)
    page.live(server.url)
    socks = [connect(server.port, *[PLAY] * (n % 2)) for n in range(12)]
    page.wait_for(lambda: counts(page) == {"IDLE": 6, "STREAMING": 6})
    names = page.dots()
    assert {name[:2] for name in names} == {"w1", "w2"}
    assert len(names) == 12
    for sock in socks[:5]:
        sock.close()
    page.wait_for(lambda: sum(counts(page).values()) == len(page.dots()) == 7)
    name = next(name for name, state in page.dots().items() if state == "STREAMING")
    page.run(
        "document.querySelector(`.dot[data-name='${arguments[0]}']`)"
        ".dispatchEvent(new Event('click', {bubbles: true}))",
        name,
    )
    page.wait_for(lambda: page.texts("#ladder .state") == ["IDLE → STREAMING"])
    assert page.console() == []
