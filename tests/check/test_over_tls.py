"""`alfine check` with servers and clients that speak TLS: the same cases, inside."""

from __future__ import annotations

import sys

import pytest

from tests.end_to_end.programs import run, serving
from tests.tls.conftest import certificates, marked  # noqa: F401  # fixtures


def checked(*arguments: object):
    return run("-m", "cli.app", "check", *arguments)


def test_a_server_keeps_every_must_over_tls(marked, certificates):  # noqa: F811
    options = ("--request-time", 1, *certificates.serving)
    with serving(marked, 0, *options) as server:
        tls = ("--tls-ca", certificates.ca, "--request-time", 1, "--timeout", 20)
        done = checked("localhost", server.port, *tls, "--music", marked)
    assert (done.code, done.err) == (0, ""), done.out
    assert " 0 failed" in done.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--tls",), "the server's certificate does not hold"),
        (("--tls-pin", "0" * 64), "not that of --tls-pin"),
    ],
)
def test_another_server_than_is_meant_is_not_checked(marked, certificates, options, words):  # noqa: F811
    with serving(marked, 0, *certificates.serving) as server:
        done = checked("localhost", server.port, *options)
    assert (done.code, done.out) == (3, "")
    assert words in done.err


def test_a_server_in_clear_is_not_checked_over_tls(marked, certificates):  # noqa: F811
    with serving(marked) as server:
        done = checked("localhost", server.port, "--tls-ca", certificates.ca)
    assert done.code == 3
    assert "the server does not speak TLS" in done.err


def test_a_client_is_played_a_server_over_tls(certificates):  # noqa: F811
    client = (sys.executable, "-m", "cli.client", "localhost", "{port}", "--output", "null")
    ca = ("--tls-ca", certificates.ca)
    options = ("--client", "--only", "2.2-1", *certificates.serving)
    done = checked(*options, "--", *client, *ca)
    assert (done.code, done.err) == (0, ""), done.out
    assert "1 passed" in done.out


def test_a_client_is_shown_a_certificate_and_asked_for_none(certificates):  # noqa: F811
    done = checked("--client", "--tls", "--", "client", "{port}")
    assert done.code == 2
    assert "a server that is played shows a certificate" in done.err
