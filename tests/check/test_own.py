"""`alfine check --own`: the server is found by its own settings, as a health check has them."""

from __future__ import annotations

import pytest

from tests.behind.haproxy import free_port
from tests.cli.test_settings import alfine
from tests.end_to_end.programs import serving
from tests.tls.conftest import certificates, marked

__all__ = ["certificates", "marked"]
NO_CONNECTION = 3


def variables(options: tuple[object, ...]) -> dict[str, str]:
    """What says the same as these options."""
    names = [str(each).removeprefix("--").replace("-", "_").upper() for each in options[::2]]
    values = map(str, options[1::2])
    return {f"ALFINE_SERVER_{name}": value for name, value in zip(names, values, strict=True)}


def check(music, port, options, *words, **more):
    given = variables(("--music-dir", music, "--port", port, *options)) | more
    return alfine("check", "--own", "--only", "2.3", "--timeout", "20", *words, **given)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--host", "0.0.0.0", "--no-announce"),
        ("--host", "127.0.0.9"),
        ("--proxy-from", "127.0.0.0/8"),
        ("tls",),
        ("tls", "--proxy-from", "127.0.0.1"),
    ],
    ids=" ".join,
)
def test_a_server_that_serves_is_well_and_one_that_is_not_there_is_not(
    marked, certificates, options
):
    if "tls" in options:
        options = (*certificates.pair(certificates.expired), *options[1:])
    said = tuple(each for each in options if each != "--no-announce")
    with serving(marked, port := free_port(), *options):
        done = check(marked, port, said)
        assert done.returncode == 0, done.stdout + done.stderr
        assert " 0 failed" in done.stdout
    assert check(marked, port, said).returncode == NO_CONNECTION


def test_a_server_that_asks_for_a_certificate_is_shown_one(marked, certificates):
    key = certificates.client.with_suffix(".key")
    mine = {"ALFINE_TLS_CERT": str(certificates.client), "ALFINE_TLS_KEY": str(key)}
    with serving(marked, port := free_port(), *certificates.asking):
        assert check(marked, port, certificates.asking).returncode != 0
        assert check(marked, port, certificates.asking, **mine).returncode == 0
        given = certificates.pair(certificates.client)
        assert check(marked, port, certificates.asking, *given).returncode == 0


@pytest.mark.parametrize(
    ("port", "words", "why"),
    [
        (0, (), "the settings say port 0"),
        (1, ("localhost", "1"), "--own takes HOST and PORT from the settings"),
        (1, ("--client",), "--own is about servers: not with --client"),
        ("none", (), "'none' is not a valid integer"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path, port, words, why):
    done = check(tmp_path, port, (), *words)
    assert done.returncode == 2
    assert why in " ".join(done.stderr.split())


def test_without_own_an_address_is_needed():
    done = alfine("check")
    assert done.returncode == 2
    assert "a server is two words, HOST PORT" in " ".join(done.stderr.split())
