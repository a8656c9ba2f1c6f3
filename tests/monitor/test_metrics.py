"""The metrics: what they say is what was done, and Prometheus's own tool finds no fault in them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fsm import events as on
from fsm.server import ServerState
from monitor.server.catalogue import server_catalogue
from monitor.server.metrics import LIMITS, exposition
from monitor.server.totals import add, ended, nothing, totals_of
from net.server.counters import BOUNDS_S, Counters
from net.server.limits import Limits
from tests.end_to_end.programs import Client
from tests.monitor.fake_server import FakeServer
from tests.needs import needs_program
from tests.net.server.conftest import connected, eventually

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = server_catalogue()


def read(text: str) -> dict[str, float]:
    """The samples by name and labels: `alfine_requests_total{kind=list}`."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def scraped(url: str) -> str:
    with urllib.request.urlopen(f"{url}metrics", timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return answer.read().decode()


def metrics_of(server: FakeServer) -> dict[str, float]:
    return read(exposition(totals_of(server, server.record), CATALOGUE).decode())


def nonzero(metrics: dict[str, float], beginning: str) -> dict[str, float]:
    return {
        name.removeprefix(beginning): value
        for name, value in metrics.items()
        if name.startswith(beginning) and value and "_rows_" not in name
    }


def test_connections_requests_and_songs_are_counted_by_what_became_of_them():
    server = FakeServer()
    server.connect(on.ListRequested(), on.RequestNotUnderstood("x"))
    playing = server.connect(on.PlayRequested(1))
    server.connect(on.PlayRequested(1), on.SongSent(), on.PlayRequested(9))
    server.connect(on.PlayRequested(1), on.PlayRequested(2), on.StopRequested())
    server.connect(on.PlayRequested(1), on.SongFailed("disk"), on.TeardownRequested())
    server.close(server.connect(on.PlayRequested(2)))
    server.connect(on.PlayRequested(1), on.ShutdownRequested(), on.SongSent())
    metrics = metrics_of(server)
    assert nonzero(metrics, "alfine_connections{state=") == {
        "IDLE}": 2,
        "LISTING}": 1,
        "STREAMING}": 1,
        "CLOSING}": 2,
    }
    assert nonzero(metrics, "alfine_requests_total{kind=") == {
        "list}": 1,
        "play}": 8,
        "stop}": 1,
        "teardown}": 1,
        "not_understood}": 1,
    }
    started = metrics["alfine_songs_started_total"]
    closed = metrics["alfine_songs_closed_total"]
    interrupted = nonzero(metrics, "alfine_songs_interrupted_total{event=")
    assert (started, closed) == (7, 2)
    assert interrupted == {
        "PlayRequested}": 1,
        "StopRequested}": 1,
        "SongFailed}": 1,
        "ConnectionLost}": 1,
    }
    assert started == closed + sum(interrupted.values()) + 1, playing


def test_every_row_of_the_table_is_there_from_the_beginning():
    metrics = metrics_of(FakeServer())
    rows = [name for name in metrics if name.startswith("alfine_rows_fired_total")]
    assert len(rows) == len(CATALOGUE.rows)


def test_a_row_that_fires_is_counted_under_its_own_names():
    server = FakeServer()
    server.connect(on.PlayRequested(1), on.PlayRequested(9))
    fired = {name: v for name, v in metrics_of(server).items() if v and "_rows_" in name}
    assert fired == {
        "alfine_rows_fired_total{event=PlayRequested,guard=song_known,machine=server,"
        "next_state=STREAMING,state=IDLE}": 1,
        "alfine_rows_fired_total{event=PlayRequested,guard=else,machine=server,"
        "next_state=IDLE,state=STREAMING}": 1,
    }


def test_refusals_are_those_of_the_counters_and_those_of_the_table():
    server = FakeServer()
    server.counters.refusals["idle-time"] = 3
    server.connect(on.RequestTooLong())
    server.connect(on.RequestTimedOut())
    assert nonzero(metrics_of(server), "alfine_refusals_total{limit=") == {
        "idle-time}": 3,
        "request-size}": 1,
        "request-time}": 1,
    }


def test_times_to_first_audio_are_cumulative():
    server = FakeServer()
    server.counters.first_audio, server.counters.first_audio_s = [4, 2, 1], 9.5
    metrics = metrics_of(server)
    assert nonzero(metrics, "alfine_first_audio_seconds") == {
        "_bucket{le=0.1}": 4,
        "_bucket{le=1}": 6,
        "_bucket{le=+Inf}": 7,
        "_count": 7,
        "_sum": 9.5,
    }


def test_a_time_is_counted_where_it_belongs_and_only_if_wanted(monkeypatch):
    counters = Counters()
    assert counters.song_timer() is None
    counters.timing = True
    now = [0.0]
    monkeypatch.setattr("net.server.counters.time.monotonic", lambda: now[0])
    for passed_s in (0.0, 0.001, 0.0011, 10.0, 10.1):
        now[0] = 0.0
        done = counters.song_timer()
        now[0] = passed_s
        done()
    assert counters.first_audio == [2, 1, *[0] * (len(BOUNDS_S) - 3), 1, 1]
    assert counters.first_audio_s == pytest.approx(20.1021)


def test_the_sum_of_processes_and_what_is_left_of_one_that_has_ended():
    server = FakeServer()
    server.connect(on.PlayRequested(1))
    server.counters.refusals["clients"] = 2
    one = totals_of(server, server.record)
    none = nothing(len(CATALOGUE.rows))
    assert add([none, one]) == one
    two = add([one, one])
    assert (two["accepted"], two["workers"], two["connections"]) == (2, 2, {"STREAMING": 2})
    left = add([ended(one), one])
    assert (left["accepted"], left["refusals"]) == (2, {"clients": 4})
    assert (left["workers"], left["spools"], left["connections"]) == (1, 2, {"STREAMING": 1})
    assert sum(left["rows"]) == 2
    assert read(exposition(none, CATALOGUE).decode())["alfine_workers"] == 0


def test_what_a_running_server_counts(serve, connect):
    server = serve("--clients", 3, "--idle-time", 600)
    sock = connect(server.port, b"SETUP ends", b"PLAY 2")
    received = b""
    while not received.endswith(b"RESP 200 END  END END"):
        received += sock.recv(1 << 16)
    metrics = read(scraped(server.url))
    assert metrics["alfine_connections{state=IDLE}"] == 1
    assert metrics["alfine_connections_accepted_total"] == 1
    assert metrics["alfine_sent_bytes_total"] == len(received)
    assert metrics["alfine_songs_started_total"] == metrics["alfine_songs_closed_total"] == 1
    assert metrics["alfine_first_audio_seconds_count"] == 1
    assert 0 < metrics["alfine_first_audio_seconds_sum"] < 60
    assert metrics["alfine_spools"] == 1
    assert metrics["alfine_spool_bytes"] > 10_000
    assert metrics["alfine_workers"] == 1
    assert 8 < metrics["alfine_open_descriptors"] < 60
    sock.close()
    assert eventually(lambda: read(scraped(server.url))["alfine_connections{state=IDLE}"] == 0)
    assert read(scraped(server.url))["alfine_sent_bytes_total"] == len(received)


def test_refusals_of_a_running_server_by_limit(serve, connect):
    def refusals(server) -> dict[str, float]:
        return nonzero(read(scraped(server.url)), "alfine_refusals_total{limit=")

    server = serve("--clients", 1, "--request-time", 0.4)
    with connected(server.port) as kept:
        with connected(server.port) as refused:
            assert refused.recv(100) == b"ERRO 404 END END"
        kept.sendall(b"LIST")  # and no END
        expected = {"clients}": 1, "request-time}": 1}
        assert eventually(lambda: refusals(server) == expected), refusals(server)
    server = serve("--idle-time", 0.4)
    with connected(server.port):
        assert eventually(lambda: refusals(server) == {"idle-time}": 1}), refusals(server)


def test_each_limit_is_an_option():
    from cli.server import server

    options = {name.removeprefix("--") for parameter in server.params for name in parameter.opts}
    assert set(LIMITS) <= options
    assert Limits()


def test_workers_are_summed_and_what_one_has_counted_outlives_it(serve, connect):
    server = serve("--workers", 2)
    socks = [connect(server.port, b"LIST", b"LIST") for _ in range(10)]
    for sock in socks:
        assert sock.recv(1)
    lists = "alfine_requests_total{kind=list}"
    assert eventually(lambda: read(scraped(server.url))[lists] == 20)
    metrics = read(scraped(server.url))
    assert metrics["alfine_workers"] == 2
    assert metrics["alfine_connections_accepted_total"] == 10
    assert sum(nonzero(metrics, "alfine_connections{").values()) == 10
    tasks = Path(f"/proc/{server.program.process.pid}/task/{server.program.process.pid}/children")
    os.kill(int(tasks.read_text().split()[0]), signal.SIGKILL)
    server.program.wait_for(r"worker \d has died")
    assert eventually(lambda: read(scraped(server.url))["alfine_workers"] == 2)
    metrics = read(scraped(server.url))
    assert metrics[lists] == 20
    assert metrics["alfine_connections_accepted_total"] == 10
    assert sum(nonzero(metrics, "alfine_connections{").values()) < 10


@needs_program("promtool")
def test_prometheus_finds_no_fault_in_the_servers(steady, connect):
    assert connect(steady.port, b"PLAY 2").recv(1)
    assert checked(scraped(steady.url)) == (0, "")


@needs_program("promtool")
def test_prometheus_finds_no_fault_in_the_clients(steady):
    client = Client(steady.port, options=("--monitor", 0))
    try:
        text = scraped(client.wait_for(r"The monitor is at \S+").split()[-1])
    finally:
        client.close()
    assert checked(text) == (0, "")
    states = [name for name, value in read(text).items() if "_machine_state{" in name and value]
    assert len(states) == 8


@needs_program("promtool")
def test_prometheus_would_find_a_fault():
    assert checked("# TYPE a_total gauge\na_total 1\n")[0] != 0


def checked(text: str) -> tuple[int, str]:
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_dashboard_asks_only_for_what_is_exported():
    dashboard = json.loads((ROOT / "docs" / "grafana.json").read_text())
    asked = re.findall(r"\balfine_\w+", " ".join(expressions(dashboard)))
    text = exposition(nothing(len(CATALOGUE.rows)), CATALOGUE).decode()
    there = {name.split("{")[0] for name in read(text)}
    assert len(set(asked)) > 10
    assert set(asked) <= there
    # And every family is on it.
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in there}
    assert families == {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}


def test_every_metric_is_explained():
    page = (ROOT / "docs" / "monitoring.md").read_text()
    text = exposition(nothing(len(CATALOGUE.rows)), CATALOGUE).decode()
    names = set(re.findall(r"^# HELP (\w+) ", text, re.M))
    explained = {*re.findall(r"^\| `(alfine_\w+)` \|", page, re.M)}
    assert explained == names


@needs_program("promtool")
def test_each_question_of_the_dashboard_is_one_that_prometheus_understands(tmp_path):
    dashboard = json.loads((ROOT / "docs" / "grafana.json").read_text())
    asked = [text.replace("$__rate_interval", "5m") for text in expressions(dashboard)]
    rules = [{"record": f"a:{n}", "expr": expression} for n, expression in enumerate(asked)]
    (tmp_path / "rules.json").write_text(json.dumps({"groups": [{"name": "a", "rules": rules}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", tmp_path / "rules.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(asked)} rules found" in done.stdout


def test_each_panel_has_a_place_and_a_name_of_its_own():
    dashboard = json.loads((ROOT / "docs" / "grafana.json").read_text())
    panels = dashboard["panels"]
    assert len({panel["title"] for panel in panels}) == len(panels)
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24


def expressions(dashboard: dict) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_the_states_of_the_metrics_are_those_of_the_machine():
    metrics = metrics_of(FakeServer())
    states = {name for name in metrics if name.startswith("alfine_connections{")}
    assert states == {f"alfine_connections{{state={state.name}}}" for state in ServerState}
