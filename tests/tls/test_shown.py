"""What is said of the certificate that a server shows, and of the files of TLS that change."""

from __future__ import annotations

import datetime
import shutil
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from net.server.tls.shown import Shown
from net.tls.contexts import KeyPair
from net.tls.identity import first_in
from net.tls.validity import validity
from tests.end_to_end.programs import serving
from tests.tls.wire import connected

SECOND, DAY = datetime.timedelta(seconds=1), datetime.timedelta(days=1)


@pytest.fixture
def own(certificates, tmp_path):
    """Copies that a test may change: certificate and key."""
    pem, key = tmp_path / "server.pem", tmp_path / "server.key"
    shutil.copy(certificates.server, pem)
    shutil.copy(certificates.server.with_suffix(".key"), key)
    key.chmod(0o600)
    return pem, key


def options(own):
    return ("--tls-cert", own[0], "--tls-key", own[1])


def test_the_dates_are_read_as_openssl_reads_them(certificates):
    from cryptography import x509

    for file in (certificates.server, certificates.expired, certificates.ca):
        read = x509.load_pem_x509_certificate(file.read_bytes())
        dates = (read.not_valid_before_utc, read.not_valid_after_utc)
        assert validity(first_in(file.read_text())) == dates


def test_a_date_far_away_is_written_otherwise(tmp_path):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    from net.tls import authority

    key = authority._new_key()
    name = authority._name("old")
    begin, end = (datetime.datetime(year, 2, 3, tzinfo=datetime.UTC) for year in (1951, 2060))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, begin, end)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
    assert validity(made) == (begin, end)


@given(st.binary(max_size=100), st.integers(0, 2000), st.booleans())
def test_what_is_no_certificate_is_refused_and_nothing_else(certificates, noise, at, cut):
    der = first_in(certificates.server.read_text())
    broken = der[:at] + noise + (b"" if cut else der[at + len(noise) :])
    try:
        begin, end = validity(broken)
    except ValueError:
        return
    assert begin.tzinfo is end.tzinfo is datetime.UTC


def test_what_is_wrong_depends_on_the_day(own):
    shown = Shown.of(KeyPair(*own))
    words = {
        shown.begin - SECOND: ["is not valid before "],
        shown.begin + SECOND: [],
        shown.end - 8 * DAY: [],
        shown.end - 7 * DAY + SECOND: ["expires on "],
        shown.end + SECOND: ["has expired, on "],
    }
    for now, expected in words.items():
        said = list(shown.complaints(now))
        assert len(said) == len(expected), said
        assert all(part in text for part, text in zip(expected, said, strict=True))


def test_a_key_that_others_can_read_is_told_once(marked, own, context):
    own[1].chmod(0o644)
    with serving(marked, 0, *options(own)) as server:
        for _ in range(2):
            connected(server.port, context).close()
        server.wait_for("#2 .*disconnected")
        assert server.out.count("every user of this machine can read the key") == 1


def test_the_log_says_from_the_start_on_that_a_certificate_has_expired(marked, certificates):
    with serving(marked, 0, *certificates.pair(certificates.expired)) as server:
        server.wait_for("the certificate in .* has expired, on .* UTC: clients refuse it")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("has expired, on", times=2)


def test_a_certificate_that_is_in_order_is_not_spoken_of(marked, own):
    with serving(marked, 0, *options(own)) as server:
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("the settings were read again")
        for words in ("expire", "valid", "can read", "a new certificate", "read again: it"):
            assert words not in server.out


def test_a_signal_has_all_files_read_and_the_log_names_what_has_changed(
    marked, own, certificates, tmp_path
):
    clients, allow = tmp_path / "clients.pem", tmp_path / "allow"
    shutil.copy(certificates.ca, clients)
    allow.write_text("kitchen\n")
    asking = ("--tls-clients", clients, "--tls-allow", allow)
    with serving(marked, 0, *options(own), *asking) as server:
        server.wait_for(f"alfine client .* {server.port} --tls --tls-cert FILE --tls-key FILE$")
        allow.write_text("kitchen\nbedroom\n")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("2 clients may come in, says .*allow")
        shutil.copy(certificates.stranger_ca, clients)
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("other clients are believed, those of .*clients.pem")
        clients.write_text("nothing of the kind")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("the clients that are believed stay the same")
        assert "a new certificate" not in server.out
        shutil.copy(certificates.ca, clients)
        shutil.copy(certificates.wrong_name, own[0])
        shutil.copy(certificates.wrong_name.with_suffix(".key"), own[1])
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("a new certificate is shown, of .*server.pem")
