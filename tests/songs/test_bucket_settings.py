"""A bucket is reached as the AWS tools are set to reach it, and what is set wrongly is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from songs import MusicDirError
from tests.needs import needs_module
from tests.object_store import CREDENTIALS, ObjectStore
from tests.songs.making import sound
from tests.songs.test_bucket import library, whole

pytestmark = needs_module("obstore", "boto3")


@pytest.fixture
def no_descriptor_leaks() -> None:
    """Connections to the store are kept for the next request."""


@pytest.mark.parametrize("url", ["s3://", "s3:///x", "s3://songs/m?x=1"])
def test_what_is_no_bucket_is_refused(store: ObjectStore, url: str) -> None:
    with pytest.raises(MusicDirError):
        library(store, url)


def test_without_credentials_it_is_said_where_they_are_looked_for(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(MusicDirError, match="AWS_PROFILE"):
        library(store)


def test_credentials_are_found_where_the_aws_command_finds_them(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    file = tmp_path / "credentials"
    file.write_text("[music]\naws_access_key_id = k\naws_secret_access_key = s\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "music")
    store.objects["m/a.mp3"] = sound("a")
    songs = library(store)
    songs.scan()
    assert whole(songs, 1) == sound("a")
