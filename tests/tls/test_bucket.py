"""An object store whose certificate is of an authority of one's own is listed and read."""

from __future__ import annotations

import ssl

import pytest

from songs import Library, MusicDirError, Options
from tests.needs import needs_module
from tests.object_store import CREDENTIALS, running_object_store

pytestmark = needs_module("obstore", "boto3")


@pytest.fixture
def store(certificates, monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server, certificates.server.with_suffix(".key"))
    with running_object_store(tls) as running:
        running.objects["m/a.mp3"] = b"a song"
        yield running


def test_by_the_bundle_of_the_aws_tools(store, certificates, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificates.ca))
    songs = Library("s3://songs/m", None, Options(s3_endpoint=store.endpoint))
    assert songs.scan().unusable == []
    assert songs.open(songs.songs[0]).read(0, 100) == b"a song"


def test_and_by_no_other(store, certificates, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificates.stranger_ca))
    songs = Library("s3://songs/m", None, Options(s3_endpoint=store.endpoint))
    with pytest.raises(MusicDirError, match="cannot be listed"):
        songs.scan()
