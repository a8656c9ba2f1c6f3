"""A bucket is reached as the AWS tools are set to reach it, and what is set wrongly is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from songs import Library, MusicDirError
from tests.needs import needs_module
from tests.object_store import CREDENTIALS, ObjectStore
from tests.songs.making import sound
from tests.songs.test_bucket import library, whole

pytestmark = needs_module("obstore", "boto3")


@pytest.fixture
def no_descriptor_leaks() -> None:
    """Connections to the store are kept for the next request."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file with the settings of the AWS tools; nothing is set elsewhere."""
    for name in (*CREDENTIALS, "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    return tmp_path / "config"


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


PROCESS = "sh -c 'echo no luck >&2; exit 1'"
KEYS = "aws_access_key_id = k\naws_secret_access_key = s\n"


@pytest.mark.parametrize(
    "settings",
    [
        "[default]\nendpoint_url = {}\n" + KEYS,
        "[default]\nservices = here\n" + KEYS + "[services here]\ns3 =\n  endpoint_url = {}\n",
    ],
)
def test_the_endpoint_of_the_aws_settings_is_listed_and_read(
    store: ObjectStore, aws: Path, settings: str
) -> None:
    aws.write_text(settings.format(store.endpoint))
    store.objects["m/a.mp3"] = sound("a")
    songs = Library("s3://songs/m")
    assert songs.scan().unusable == []
    assert whole(songs, 1) == sound("a")


def test_without_any_endpoint_it_is_amazons(store: ObjectStore, aws: Path) -> None:
    aws.write_text("[default]\nregion = eu-west-1\n" + KEYS)
    config = Library("s3://songs/m").store.client._store.config
    assert config["region"] == "eu-west-1"
    assert "endpoint" not in config


@pytest.mark.parametrize(
    ("settings", "name", "value", "why"),
    [
        ("[default]\n" + KEYS, "AWS_PROFILE", "nosuch", "nosuch"),
        (f"[default]\ncredential_process = {PROCESS}\n", "A", "", "no luck"),
        ("[default]\n" + KEYS, "AWS_ENDPOINT_URL", "nowhere", "nowhere"),
        ("[default]\n" + KEYS, "AWS_CA_BUNDLE", "/nosuch", "AWS_CA_BUNDLE: '/nosuch': No such"),
        ("[default]\n" + KEYS, "AWS_CA_BUNDLE", __file__, "certificate"),
        ("[default", "A", "", "config"),
    ],
    ids=("profile", "process", "endpoint", "no certificates", "bad certificates", "broken"),
)
def test_settings_that_are_wrong_are_told(
    aws: Path, monkeypatch: pytest.MonkeyPatch, settings: str, name: str, value: str, why: str
) -> None:
    aws.write_text(settings)
    monkeypatch.setenv(name, value)
    with pytest.raises(MusicDirError, match=why):
        Library("s3://songs/m")


def test_a_prefix_that_no_key_has_is_told(store: ObjectStore) -> None:
    with pytest.raises(MusicDirError, match="empty path segment"):
        library(store, "s3://songs/a//b")
