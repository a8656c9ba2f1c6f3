"""Options, and the settings that are made of them: each option has its field, and the reverse."""

from dataclasses import fields

import click
import pytest

from cli.options.tls import ServerTls
from cli.server import server
from cli.serving.options.limits import DEFAULT
from cli.serving.settings import Settings, settings_of
from net.server.limits import Limits


def given(*arguments):
    return server.make_context("server", ["music", "12345", *arguments]).params


def groups():
    settings = settings_of(given())
    return [getattr(settings, field.name) for field in fields(Settings)]


def test_each_option_has_one_field_of_its_name():
    names = [
        f"tls_{field.name}" if isinstance(group, ServerTls) else field.name
        for group in groups()
        for field in fields(group)
    ]
    assert sorted(names) == sorted(given())
    assert len(names) == len(set(names))


def test_a_value_is_where_it_belongs():
    settings = settings_of(given("--host", "[::1]", "--idle-time", "7", "--workers", "3"))
    assert settings.songs.music_dir == "music"
    assert (settings.listening.host, settings.listening.port) == (("::1",), 12345)
    assert settings.running.workers == 3
    assert settings.limits.limits().idle_s == 7


def test_without_options_the_limits_are_those_of_the_server():
    assert settings_of(given()).limits.limits() == DEFAULT == Limits()


def test_settings_cannot_be_changed():
    with pytest.raises(AttributeError):
        settings_of(given()).running.workers = 2


def test_an_unknown_encoding_is_refused_in_words():
    songs = settings_of(given("--tag-encoding", "klingon")).songs
    with pytest.raises(ValueError, match="there is no text encoding 'klingon'"):
        songs.options()


def test_a_number_out_of_its_range_is_refused():
    with pytest.raises(click.BadParameter):
        given("--workers", "0")
