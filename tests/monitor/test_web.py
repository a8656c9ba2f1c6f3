"""The page over HTTP: who may have it, and what it may do."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
from html.parser import HTMLParser

import pytest

from monitor.feed import MAX_WATCHERS
from monitor.page import ASSETS, asset
from monitor.web import MAX_CONNECTIONS
from tests.net.server.conftest import eventually


@pytest.fixture
def ask(steady):
    """Ask the page's server: ask(path, method, **headers) is the status, headers and body."""

    def request(path="/", method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", steady.monitor_port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, body

    return request


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:80", "localhost", "LOCALHOST:9", "[::1]", "[::1]:9000"],
)
def test_the_names_of_this_machine_are_answered(ask, host):
    """Whatever the port is: it may be forwarded from another machine by its owner."""
    assert ask(Host=host)[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "localhost.evil", "[::2]:80"],
)
@pytest.mark.parametrize("path", ["/", "/events", "/metrics", "/machines.json", "/nowhere"])
def test_another_name_is_refused_as_by_a_page_that_has_rebound_it(ask, host, path):
    assert ask(path, Host=host)[0] == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_of_another_page_is_refused(ask, site):
    for path in ("/events", "/metrics", "/history?name=x", "/monitor.js"):
        assert ask(path, Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors")[0] == 403
    assert ask(Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors")[0] == 200
    assert ask(Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate")[0] == 200  # a link to it
    assert ask("/events", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate")[0] == 403  # a window


def test_a_request_of_another_origin_is_refused_where_the_browser_says_no_more(ask):
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        assert ask("/events", Host="127.0.0.1:9000", Origin=origin)[0] == 403
    assert ask(Host="127.0.0.1:9000", Origin="http://127.0.0.1:9000")[0] == 200


@pytest.mark.parametrize(
    "path", ["/", "/machines.json", "/metrics", "/monitor.js", "/no", "/..%2f"]
)
def test_every_answer_keeps_others_out(ask, path):
    _, headers, _ = ask(path)
    policy = headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Server" not in headers


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"LIST END END",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nA: " + b"x" * 100_000,
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\nx",
        b"GET /\x1b[2J HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_without_a_word_in_the_log(steady, garbage):
    with socket.create_connection(("127.0.0.1", steady.monitor_port), timeout=30) as sock:
        answer = b""
        with contextlib.suppress(OSError):  # it may be reset as soon as it is understood
            sock.sendall(garbage)
            sock.shutdown(socket.SHUT_WR)
            while data := sock.recv(1 << 16):
                answer += data
    assert not answer or re.match(rb"HTTP/1\.[01] 4\d\d ", answer)
    assert "\x1b" not in steady.program.out + steady.program.err
    assert "monitor." not in steady.program.err
    assert steady.program.err == ""


def test_connections_of_which_nothing_comes_take_no_more_than_their_share(steady, ask):
    address = ("127.0.0.1", steady.monitor_port)
    slow = [socket.create_connection(address, timeout=30) for _ in range(MAX_CONNECTIONS)]
    for sock in slow:
        sock.sendall(b"GET / HTTP/1.1\r\n")
    closed = 0
    for _ in range(200):
        with socket.create_connection(address, timeout=30) as sock, contextlib.suppress(OSError):
            closed += sock.recv(1) == b""
    assert closed == 200
    for sock in slow:
        sock.close()

    def answers():
        with contextlib.suppress(OSError, http.client.HTTPException):
            return ask()[0] == 200

    assert eventually(answers)


def test_nothing_can_be_changed_over_it(ask):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert ask("/", method)[0] == 405
    assert ask("/nowhere")[0] == 404


def test_all_that_the_page_loads_comes_from_here(ask):
    loaded = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            given = dict(attrs)
            assert "style" not in given
            assert not [name for name in given if name.startswith("on")]
            assert tag != "script" or given.get("src")
            loaded.extend(given[name] for name in ("src", "href") if name in given)

    Parser().feed(ask()[2])
    assert {"monitor.css", "monitor.js", "icon.svg"} <= set(loaded)
    assert not [each for each in loaded if "//" in each]
    for name in ASSETS:
        assert ask(f"/{name}")[0] == 200
        text = asset(name).replace("http://www.w3.org/", "")
        assert not re.search(r"https?:|\beval\(|innerHTML|insertAdjacentHTML|document\.write", text)


def test_a_history_is_had_by_name(ask, steady, connect):
    sock = connect(steady.port, b"SETUP ends")
    assert sock.recv(100)
    _, _, listed = ask("/events-of-nothing")
    assert listed.startswith("404")
    watch = http.client.HTTPConnection("127.0.0.1", steady.monitor_port, timeout=30)
    watch.request("GET", "/events")
    answer = watch.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"
    sample = json.loads(answer.readline().removeprefix(b"data: "))
    watch.close()
    [[name, _, _]] = sample["dots"]
    status, headers, body = ask("/history?name=" + name.replace("#", "%23").replace(" ", "%20"))
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert [step["event"] for step in json.loads(body)["steps"]] == ["SetupRequested ends"]
    for unknown in ("", "?name=", "?name=x", "?name=" + "x" * 4000):
        assert ask(f"/history{unknown}")[0] == 404


def test_only_so_many_watch_at_a_time_and_who_leaves_makes_room(ask, steady):
    watching = []
    for _ in range(MAX_WATCHERS):
        watch = http.client.HTTPConnection("127.0.0.1", steady.monitor_port, timeout=30)
        watch.request("GET", "/events")
        assert watch.getresponse().status == 200
        watching.append(watch)
    status, _, body = ask("/events")
    assert (status, body) == (503, "There are watchers enough; close a page.\n")
    for watch in watching:
        watch.close()

    def there_is_room() -> bool:
        watch = http.client.HTTPConnection("127.0.0.1", steady.monitor_port, timeout=30)
        watch.request("GET", "/events")
        status = watch.getresponse().status
        watch.close()
        return status == 200

    assert eventually(there_is_room)
