"""alfine's server passes every case that can be tried."""

import pytest

from tests.check.checking import PATIENCE_S, check, skipped, why
from tests.check.conftest import LONG_BYTES
from tests.end_to_end.programs import serving

OPTIONS = {"timeout_s": PATIENCE_S, "case_s": 200.0, "connections": 16, "long_bytes": LONG_BYTES}
OF_SONGS = ("songs", "long", "two", "hard", "long-list", "missing")


EXTENSIONS = {"ends", "tags", "from"}


def needs(verdict):
    return set(verdict.case.needs.split())


def not_offered(found):
    """The cases of extensions that this server does not have."""
    reason = "the server does not offer"
    return {number for number, verdict in found.items() if verdict.reason.startswith(reason)}


@pytest.fixture(scope="module")
def server(music):
    with serving(music, 0, "--request-time", 1) as program:
        yield program


def test_it_passes_all_with_many_songs(server, music):
    found = check(server.port, **OPTIONS, request_s=1.0, music=music)
    assert why(found) == {}
    # No file has gone, so the list leaves out no ID.
    assert skipped(found) == {"2.4.1-9", "P4-5"} | not_offered(found)


def test_it_passes_all_of_the_rfc_alone(server):
    found = check(server.port, **OPTIONS, plain=True)
    assert why(found) == {}
    without = {number for number, verdict in found.items() if EXTENSIONS & needs(verdict)}
    assert len(without) > 20
    needed = {"2.4.1-9", "P4-5", "2.4.1-14", "2.4.2-16", "2.4.2-17", "P3-18"}
    assert skipped(found) == without | needed
    assert all("--plain" in found[number].reason for number in without)


def test_it_passes_one_case_after_the_other(server):
    found = check(server.port, ["2.1", "2.4.3"], **OPTIONS | {"connections": 1})
    assert why(found) == {}
    assert skipped(found) == set()


def test_without_songs_it_passes_what_needs_none(tmp_path):
    with serving(tmp_path) as server:
        found = check(server.port, **OPTIONS)
    assert why(found) == {}
    for number in skipped(found):
        needed = needs(found[number])
        assert needed & {*OF_SONGS, "music", "request-time", "tags", "from"}, number
        if needed & set(OF_SONGS) and not needed & {"music", "tags", "from"}:
            assert found[number].reason == "the server has no songs"
    assert len(found) - len(skipped(found)) > 50
