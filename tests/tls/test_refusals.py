"""Whoever does not come in is told why, in words, and so is the server's log."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import signal
import socket
import ssl
from pathlib import Path

import pytest

from tests.end_to_end.programs import Program, play, serving
from tests.net.server.conftest import eventually
from tests.tls.conftest import context_of
from tests.tls.wire import SETUP, TIMEOUT_S, Conversation, connected

NO_CONNECTION = 3


def listed(server, *options: object, host: str = "localhost"):
    """Run a client that lists the songs; return how that went."""
    program = Program(
        *("-m", "cli.client", host, server.port, "--output", "null", "-c", "list", *options)
    )
    try:
        code = program.end()
    finally:
        program.close()
    assert "Traceback" not in program.err
    return code, program.out, program.err


# What the client is told


def test_a_known_authority_vouches_for_the_server(marked, certificates):
    with serving(marked, 0, *certificates.serving) as server:
        code, out, _ = listed(server, "--tls-ca", certificates.ca)
        assert (code, out.splitlines()) == (0, ["1. 1 marked", "2. 2 marked"])
        server.wait_for(r"#1 127\.0\.0\.1:\d+ IDLE connected")


def test_so_does_its_fingerprint_alone(marked, certificates):
    with serving(marked, 0, *certificates.serving) as server:
        der = ssl.PEM_cert_to_DER_cert(certificates.server.read_text())
        mark = hashlib.sha256(der).hexdigest().upper()
        colons = ":".join(re.findall("..", mark))
        for pin in (mark, colons, f"SHA256:{mark}", f"sha256 Fingerprint={colons}"):
            assert listed(server, "--tls-pin", pin)[0] == 0
        code, _, err = listed(server, "--tls-pin", "0" * 64)
        assert (code, f"SHA256:{mark.lower()}" in err) == (NO_CONNECTION, True)
        assert "not that of --tls-pin" in err


@pytest.mark.parametrize(
    ("shown", "believed", "words"),
    [
        ("wrong_name", "ca", "it is for another address than '127.0.0.1'"),
        ("expired", "ca", "it has expired"),
        ("server", "stranger_ca", "the authority that signed it is not known here"),
        ("client", "ca", "it was not made for this use"),
    ],
)
def test_a_certificate_that_does_not_hold_is_refused(marked, certificates, shown, believed, words):
    options = certificates.pair(getattr(certificates, shown))
    with serving(marked, 0, *options) as server:
        believed = getattr(certificates, believed)
        code, out, err = listed(server, "--tls-ca", believed, host="127.0.0.1")
        assert (code, out) == (NO_CONNECTION, "")
        assert f"the server's certificate does not hold: {words}" in err
        server.wait_for("SHAKING the client has ended the handshake: it may not accept this server")


def test_in_a_script_an_unknown_server_has_to_be_pinned(marked, certificates):
    with serving(marked, 0, *certificates.serving) as server:
        code, _, err = listed(server, "--tls")
        assert code == NO_CONNECTION
        pin = re.search(r"give it by (--tls-pin) (SHA256:[0-9a-f]{64})$", err, re.MULTILINE)
        assert listed(server, *pin.groups())[0] == 0
        assert listed(server, "--tls")[0] == NO_CONNECTION, "nothing was remembered"


def test_clear_text_is_not_for_a_port_of_tls(marked, certificates):
    with serving(marked, 0, *certificates.serving) as server:
        code, _, err = listed(server)
        assert (code, "it speaks TLS: connect with --tls" in err) == (NO_CONNECTION, True)
        server.wait_for("SHAKING it does not speak TLS: its user leaves out --tls")


def test_nor_is_tls_for_a_port_in_clear(marked, certificates):
    with serving(marked) as server:
        code, _, err = listed(server, "--tls-ca", certificates.ca)
        assert code == NO_CONNECTION
        assert "the server does not speak TLS: leave out --tls" in err
        server.wait_for("IDLE not understood: a handshake of TLS, which this port does not speak")
        assert play(server.port, "list").code == 0, "the server goes on"


def test_a_port_that_says_nothing_speaks_no_tls(certificates):
    with socket.create_server(("127.0.0.1", 0)) as silent:

        class There:
            port = silent.getsockname()[1]

        code, _, err = listed(There, "--tls-ca", certificates.ca)
    assert code == NO_CONNECTION
    assert "it does not answer in TLS: leave out --tls, or check the port" in err


# Client certificates


def test_a_name_stands_in_the_log(marked, certificates):
    with serving(marked, 0, *certificates.asking) as server:
        options = ("--tls-ca", certificates.ca, *certificates.pair(certificates.client))
        assert listed(server, *options)[0] == 0
        server.wait_for(r"#1 127\.0\.0\.1:\d+ kitchen IDLE connected")
        server.wait_for(r"#1 127\.0\.0\.1:\d+ kitchen CLOSED disconnected")


@pytest.mark.parametrize(
    ("shown", "told", "logged"),
    [
        (None, "the server asks for a certificate: give one by --tls-cert", "has shown no cert"),
        ("stranger", "the server does not know the authority", "is refused: the authority that"),
        ("server", "was not made for clients", "is refused: it was not made for this use"),
    ],
)
def test_a_client_without_a_good_certificate_is_refused(marked, certificates, shown, told, logged):
    options = certificates.pair(getattr(certificates, shown)) if shown else ()
    with serving(marked, 0, *certificates.asking) as server:
        code, out, err = listed(server, "--tls-ca", certificates.ca, *options)
        assert (code, out) == (NO_CONNECTION, "")
        assert told in err
        server.wait_for(f"SHAKING .*{logged}")
        assert "connected" not in server.out, "it was never in"


def test_a_single_certificate_may_be_believed_in_the_place_of_an_authority(marked, certificates):
    """The file as it was made: nobody else of its authority comes in."""
    options = (*certificates.serving, "--tls-clients", certificates.client)
    ca = ("--tls-ca", certificates.ca)
    with serving(marked, 0, *options) as server:
        assert listed(server, *ca, *certificates.pair(certificates.client))[0] == 0
        for other in (certificates.other_client, certificates.stranger):
            assert listed(server, *ca, *certificates.pair(other))[0] == NO_CONNECTION
        assert WARNED not in server.out


def test_so_may_that_of_a_single_server(marked, certificates, tmp_path):
    from net.tls.authority import Authority

    another = Authority(certificates.ca.parent).server("another", ["localhost"]).certificate
    with serving(marked, 0, *certificates.serving) as server:
        assert listed(server, "--tls-ca", certificates.server)[0] == 0
        code, _, err = listed(server, "--tls-ca", another)
        assert (code, "the authority that signed it is not known here" in err) == (3, True)


WARNED = "has a certificate and the authority that signed it: whoever has any other"


def test_who_believes_its_authority_with_it_is_warned(marked, certificates, tmp_path):
    """`alfine certs` once wrote such files."""

    def with_authority(certificate):
        chain = tmp_path / certificate.name
        chain.write_text(certificate.read_text() + certificates.ca.read_text())
        return chain

    clients, ca = with_authority(certificates.client), with_authority(certificates.server)
    with serving(marked, 0, *certificates.serving, "--tls-clients", clients) as server:
        server.wait_for(f"--tls-clients: '{clients}' {WARNED}")
        shown = certificates.pair(certificates.client)
        code, _, err = listed(server, "--tls-ca", ca, *shown)
        assert (code, f"alfine client: --tls-ca: '{ca}' {WARNED}" in err) == (0, True)
        assert WARNED not in listed(server, "--tls-ca", certificates.ca, *shown)[2]


@pytest.mark.parametrize("workers", [1, 2])
def test_the_server_warns_when_its_file_becomes_such_a_one(marked, certificates, tmp_path, workers):
    clients = tmp_path / "clients.pem"
    clients.write_text(certificates.client.read_text())
    options = (*certificates.serving, "--tls-clients", clients, "--workers", workers)
    with serving(marked, 0, *options) as server:
        server.wait_for("alfine client")
        assert WARNED not in server.out
        clients.write_text(certificates.client.read_text() + certificates.ca.read_text())
        server.wait_for(f"--tls-clients: '{clients}' {WARNED}")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for(WARNED, times=2)


def replace(path: Path, content: bytes) -> None:
    """Write a file anew at once: whoever looks finds either all of the old or all of the new."""
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)


def test_only_those_that_are_listed_come_in_and_the_list_is_read_again(
    marked, certificates, tmp_path
):
    allow = tmp_path / "allow"
    allow.write_text("# nobody but\nbedroom  # upstairs\n")
    with serving(marked, 0, *certificates.asking, "--tls-allow", allow) as server:
        kitchen = ("--tls-ca", certificates.ca, *certificates.pair(certificates.client))
        bedroom = ("--tls-ca", certificates.ca, *certificates.pair(certificates.other_client))
        assert listed(server, *bedroom)[0] == 0
        code, _, err = listed(server, *kitchen)
        assert code == NO_CONNECTION
        assert "the server does not let this client in: the certificate of --tls-cert" in err
        line = server.wait_for(r"kitchen \(SHA256:\w+\) is not among those that may come in")
        replace(allow, re.search(r"SHA256:\w+", line)[0].encode() + b"\n")
        assert listed(server, *kitchen)[0] == 0
        server.wait_for("1 clients may come in")
        assert listed(server, *bedroom)[0] == NO_CONNECTION
        replace(allow, b"\xff\xff")
        assert listed(server, *kitchen)[0] == 0, "what cannot be read changes nothing"
        server.wait_for("the clients that may come in stay the same")


def test_connections_are_counted_by_the_name(marked, certificates):
    """Both come from this machine, which has no limit by address."""
    options = (*certificates.asking, "--per-address", 2)
    kitchen = context_of(certificates, certificates.client)
    bedroom = context_of(certificates, certificates.other_client)
    with serving(marked, 0, *options) as server:
        first, second = connected(server.port, kitchen), connected(server.port, kitchen)
        for sock in (first, second):
            sock.sendall(SETUP)
            Conversation(sock).next()
        with connected(server.port, kitchen) as third:
            assert third.recv(100) == b"ERRO 404 END END"
            assert third.recv(100) == b""
        server.wait_for("kitchen has connections enough")
        with connected(server.port, bedroom) as other:
            other.sendall(SETUP)
            Conversation(other).next()
        first.close()
        server.wait_for("kitchen CLOSED disconnected")
        with connected(server.port, kitchen) as again:
            again.sendall(SETUP)
            Conversation(again).next()
        second.close()


# Before the handshake is over


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("localhost", "the client does not know who signed"),
        ("music", "the name in it may be another"),
    ],
)
def test_what_the_client_has_against_the_server_is_logged(marked, certificates, name, words):
    believing = certificates.stranger_ca if name == "localhost" else certificates.ca
    context = ssl.create_default_context(cafile=believing)
    with serving(marked, 0, *certificates.serving) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            connected(server.port, context, name)
        server.wait_for(f"SHAKING .*{words}")


def test_nothing_older_than_1_2_is_spoken(marked, certificates):
    old = context_of(certificates)
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(marked, 0, *certificates.serving) as server:
        with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
            connected(server.port, old)
        server.wait_for("the client's TLS is too old: 1.2 and 1.3 are spoken here")


def trickle(sock: socket.socket, data: bytes) -> None:
    """Send a byte at a time, slower than any limit on silence would notice."""
    for byte in data:
        sock.send(bytes([byte]))
        with contextlib.suppress(TimeoutError):
            assert sock.recv(1) != b"", "it ends with a reset"


def read_to_the_end(sock: socket.socket) -> None:
    while sock.recv(100):
        pass


def test_a_handshake_has_one_limit_of_time_for_all_of_it(marked, certificates):
    """Bytes that trickle in do not lengthen it."""
    with serving(marked, 0, *certificates.serving, "--request-time", 1) as server:
        with socket.create_connection(("127.0.0.1", server.port), TIMEOUT_S) as slow:
            slow.settimeout(0.05)
            hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
            with pytest.raises(ConnectionError):
                trickle(slow, hello)
        server.wait_for("SHAKING its handshake took too long")


@pytest.mark.parametrize(
    ("garbage", "words"),
    [
        (b"\x16\x03\x01\x00\x05hello", "no TLS is possible: unexpected message$"),
        (
            b"\x16\x03\x01\xff\xff" + b"x" * 70_000,
            "no TLS is possible: what came cannot be read as TLS$",
        ),
        (b"GET / HTTP/1.1\r\n\r\n", "it does not speak TLS: "),
        (b"\x80\x2e\x01\x00\x02", "its handshake took too long$"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "no TLS is possible: unexpected message$"),
        (b"\x00" * 1000, "it does not speak TLS: "),
    ],
)
def test_garbage_in_a_handshake_ends_it_and_nothing_else(
    marked, certificates, context, garbage, words
):
    with serving(marked, 0, *certificates.serving) as server:
        with socket.create_connection(("127.0.0.1", server.port), TIMEOUT_S) as sock:
            sock.sendall(garbage)
            with contextlib.suppress(ConnectionResetError):
                read_to_the_end(sock)
        server.wait_for(f"#1 127.0.0.1:\\d+ SHAKING {words}")
        with connected(server.port, context) as good:
            good.sendall(SETUP + b"LIST END END")
            assert Conversation(good).list() == 2


def test_many_refused_handshakes_of_an_address_are_joined(marked, certificates, context):
    with serving(marked, 0, *certificates.serving) as server:
        for _ in range(100):
            with socket.create_connection(("127.0.0.1", server.port), TIMEOUT_S) as sock:
                sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
                with contextlib.suppress(ConnectionResetError):
                    read_to_the_end(sock)
        joined = r"refused (\d+) more handshakes from 127\.0\.0\.1$"

        def told() -> int:
            alone = server.out.count("SHAKING it does not speak TLS")
            return alone + sum(map(int, re.findall(joined, server.out, re.MULTILINE)))

        assert eventually(lambda: told() == 100)
        assert server.out.count("SHAKING") < 50, "one a second"


def test_whoever_comes_and_goes_is_no_warning(marked, certificates):
    with serving(marked, 0, *certificates.serving, "--log", "json") as server:
        socket.create_connection(("127.0.0.1", server.port)).close()
        line = json.loads(server.wait_for("^.*gone before it has said anything.*$"))
        assert line["level"] == "info"


def test_garbage_behind_a_handshake_ends_the_connection(marked, certificates, context):
    with serving(marked, 0, *certificates.serving) as server:
        with connected(server.port, context) as sock:
            sock.sendall(SETUP)
            Conversation(sock).next()
            socket.socket.send(sock, b"\x17\x03\x03\x00\x20" + b"x" * 32)
            with pytest.raises((ssl.SSLError, ConnectionError)):
                read_to_the_end(sock)
        server.wait_for("CLOSED disconnected: what came was not TLS any more$")


def test_a_server_that_ends_does_not_wait_for_handshakes(marked, certificates):
    begun = contextlib.ExitStack()
    with serving(marked, 0, *certificates.serving) as server, begun:
        begun.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        server.process.terminate()
        assert server.end() == 0


def test_sixty_four_come_at_once(marked, certificates, context):
    """No handshake waits for another one's client, not even for one that is silent."""
    with serving(marked, 0, *certificates.serving) as server:
        silent = socket.create_connection(("127.0.0.1", server.port))
        socks = []
        for _ in range(64):
            raw = socket.create_connection(("127.0.0.1", server.port), TIMEOUT_S)
            sock = context.wrap_socket(
                raw, server_hostname="localhost", do_handshake_on_connect=False
            )
            sock.setblocking(False)
            with contextlib.suppress(ssl.SSLWantReadError):  # else the answer is here already
                sock.do_handshake()
            socks.append(sock)
        for sock in reversed(socks):
            sock.settimeout(TIMEOUT_S)
            sock.do_handshake()
            sock.sendall(SETUP + b"LIST END END")
        for sock in socks:
            assert Conversation(sock).list() == 2
            sock.close()
        silent.close()


def test_a_new_certificate_is_shown_without_a_restart(marked, certificates, tmp_path):
    pem, key = tmp_path / "server.pem", tmp_path / "server.key"

    def install(certificate):
        key.write_bytes(certificate.with_suffix(".key").read_bytes())
        pem.write_bytes(certificate.read_bytes())

    install(certificates.expired)
    with serving(marked, 0, "--tls-cert", pem, "--tls-key", key) as server:
        ca = ("--tls-ca", certificates.ca)
        assert listed(server, *ca)[0] == NO_CONNECTION
        install(certificates.server)
        assert listed(server, *ca)[0] == 0
        server.wait_for("a new certificate is shown")
        pem.write_text("nothing of the kind")
        assert listed(server, *ca)[0] == 0
        server.wait_for("the certificate of before is still shown")


def test_of_several_workers_that_see_a_new_certificate_one_line_says_so(
    marked, certificates, tmp_path
):
    pem, key, allow = (tmp_path / name for name in ("server.pem", "server.key", "allow"))

    def install(certificate):
        for to, source in ((key, certificate.with_suffix(".key")), (pem, certificate)):
            part = to.with_suffix(".part")
            part.write_bytes(source.read_bytes())
            part.rename(to)

    def all_workers_have_served():
        shown = certificates.pair(certificates.client)
        assert listed(server, "--tls-ca", certificates.ca, *shown)[0] == 0
        return {"1", "2"} <= set(re.findall("^.*w([12]) #.* connected", server.out, re.MULTILINE))

    install(certificates.expired)
    allow.write_text("nobody\n")
    options = ("--tls-cert", pem, "--tls-key", key, "--tls-clients", certificates.ca)
    with serving(marked, 0, *options, "--tls-allow", allow, "--workers", 2) as server:
        server.wait_for("alfine client")
        install(certificates.server)
        allow.write_text("kitchen\n")
        assert eventually(all_workers_have_served)
        server.wait_for("a new certificate is shown")
        server.wait_for("1 clients may come in, says")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("the settings were read again")
        for words in ("a new certificate is shown", "1 clients may come in"):
            assert server.out.count(words) == 1, server.out


def test_behind_a_balancer_that_passes_tls_on_the_true_address_is_known(
    marked, certificates, context
):
    """Its header comes in clear, before the handshake; what the client says is inside."""
    options = ("--proxy-from", "127.0.0.1", *certificates.serving)
    with serving(marked, 0, *options) as server:
        raw = socket.create_connection(("127.0.0.1", server.port), TIMEOUT_S)
        raw.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 12345\r\n")
        with context.wrap_socket(raw, server_hostname="localhost") as sock:
            sock.sendall(SETUP + b"LIST END END")
            assert Conversation(sock).list() == 2
        server.wait_for(r"#1 192\.0\.2\.7:40000 IDLE connected")
