"""The options of TLS on both sides: which belong together, and what a server in clear says."""

from __future__ import annotations

import pytest

from tests.end_to_end.programs import run, serving

CERT, KEY = ("--tls-cert", "cert.pem"), ("--tls-key", "key.pem")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (KEY, "--tls-key needs --tls-cert, the server's certificate"),
        (("--tls-clients", "x"), "--tls-clients needs --tls-cert"),
        (("--tls-allow", "x"), "--tls-allow needs --tls-cert"),
        ((*CERT, "--tls-allow", "x"), "--tls-allow needs --tls-clients"),
        (CERT, "'cert.pem' cannot be read: No such file or directory"),
    ],
)
def test_a_server_refuses_what_does_not_go_together(tmp_path, options, words):
    done = run("-m", "cli.server", tmp_path, 0, *options)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"alfine server: {done.err.split(': ', 1)[1]}"
    assert words in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--tls", *KEY), "--tls-key needs --tls-cert, the certificate that it belongs to"),
        (CERT, "--tls-cert needs --tls, --tls-ca or --tls-pin"),
        (("--tls-pin", "abc"), "--tls-pin takes SHA256: and 64 hexadecimal digits"),
        (("--tls", *CERT), "'cert.pem' cannot be read"),
        (("--tls-ca", "ca.pem"), "'ca.pem' cannot be read"),
    ],
)
def test_a_client_refuses_it_before_anything_is_done(tmp_path, options, words):
    wav = tmp_path / "x.wav"
    command = ("-m", "cli.client", "localhost", 1, "--output", f"wav:{wav}", "-c", "list")
    done = run(*command, *options)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert done.err.count("\n") == 1


def test_a_list_that_cannot_be_read_keeps_a_server_from_starting(certificates, tmp_path):
    options = (*certificates.asking, "--tls-allow", tmp_path / "none")
    done = run("-m", "cli.server", tmp_path, 0, *options)
    assert done.code == 2
    assert "none' cannot be read: No such file or directory" in done.err


@pytest.mark.parametrize(
    ("host", "tls", "warned"),
    [("0.0.0.0", False, 1), ("127.0.0.1", False, 0), ("0.0.0.0", True, 0)],
)
def test_a_server_that_strangers_reach_in_clear_says_so_once(
    tmp_path, certificates, host, tls, warned
):
    options = ("--host", host, *(certificates.serving if tls else ()))
    with serving(tmp_path, 0, *options) as server:
        server.wait_for("alfine client")
        assert server.out.count("whoever reaches this port can hear every song") == warned
