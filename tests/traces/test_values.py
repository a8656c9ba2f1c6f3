"""Events, effects and what machines remember survive being written and read."""

import dataclasses
import json
import types
import typing
from enum import Enum

import pytest

from fsm.client.events import Command, ListedSong, PlayRequested, RetryDue
from fsm.client.internal_events import NewId
from fsm.client.machines import ClientSession
from fsm.client.queue.edits import Edit, Remove
from fsm.client.requests import Measure
from fsm.effects import Effect
from fsm.events import Event
from traces import values
from traces.recorder import values_of
from traces.values import Describer, Recorded, ValueUnknown, restore, same

KINDS = sorted(
    (
        kind
        for kind in values._NAMED.values()
        if issubclass(kind, Event | Effect | Edit) and kind not in (Event, Effect, Edit)
    ),
    key=lambda kind: kind.__name__,
)
AUDIO = bytes(range(200)) * 3


def sample(hint):
    """A value of this type."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return sample(typing.get_args(hint)[0])
    if typing.get_origin(hint) is tuple:
        return (sample(typing.get_args(hint)[0]),) * 2
    if typing.get_origin(hint) is type:
        return RetryDue
    if hint is NewId:
        return NewId(1, "one", None)
    if hint is ListedSong:
        return ListedSong(None, "Ø\x1b[31m\x7f\ud800")
    if hint is Edit:
        return Remove((1, 2))
    if hint is Event:
        return PlayRequested(3)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)[-1]
    return {int: 7, str: "text \x1b]0;\u009b\n", float: 0.1, bool: True, bytes: AUDIO}[hint]


def example(kind):
    hints = typing.get_type_hints(kind)
    return kind(**{field.name: sample(hints[field.name]) for field in dataclasses.fields(kind)})


def through_json(described):
    return json.loads(json.dumps(described))


def test_no_two_events_effects_or_choices_share_a_name():
    found = {}
    for module in values._MODULES:
        for name, kind in vars(module).items():
            if isinstance(kind, type) and issubclass(kind, Event | Effect | Edit | Enum):
                assert found.setdefault(name, kind) is kind, name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_and_effect_survives_with_its_audio(kind):
    value = example(kind)
    described = through_json(Describer(audio=True).describe(value))
    assert restore(described) == value
    assert same(described, Describer(audio=True).describe(value))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_without_audio_its_length_and_hash_survive(kind):
    value = example(kind)
    described = through_json(Describer().describe(value))
    assert "base64" not in str(described)
    again = Describer().describe(restore(described))
    assert again == described
    assert same(described, again)


def test_a_part_of_what_was_not_recorded_is_compared_by_its_length():
    whole = restore(Describer().describe(AUDIO))
    assert isinstance(whole, Recorded)
    part = Describer().describe(whole[:100])
    assert same(Describer().describe(AUDIO[:100]), part)
    assert not same(Describer().describe(AUDIO[:99]), part)
    assert not same(Describer().describe(AUDIO), Describer().describe(b"x" * len(AUDIO)))


def test_the_machines_of_a_client_can_be_described():
    for machine in ClientSession().machines.values():
        for name in values_of(machine):
            value = getattr(machine, name)
            assert restore(through_json(Describer().describe(value))) == value


def test_numbers_and_truth_are_not_the_same():
    assert not same(1, True)
    assert not same([1], [1, 2])
    assert not same({"a": 1}, {"b": 1})


@pytest.mark.parametrize(
    "described",
    [
        {"NoSuchEvent": {}},
        {"PlayRequested": {"song": 1}},
        {"PlayRequested": 5},
        {"Measure": "SIDEWAYS"},
        {"os": {}},
        {"Event": {"a": 1}},
        {"audio": -1},
        {"audio": 1 << 60},
        {"audio": "many"},
        {"audio": 3, "base64": "!"},
        {"song": [True, 5]},
        {},
        {"a": 1, "b": 2},
    ],
    ids=str,
)
def test_what_stands_for_nothing_is_told(described):
    with pytest.raises(ValueUnknown):
        restore(described)


def test_values_within_values_end_somewhere():
    deep = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(ValueUnknown):
        restore(deep)


def test_choices_are_known_by_name():
    assert restore({"Command": "LIST"}) is Command.LIST
    assert restore({"Measure": "FRACTION"}) is Measure.FRACTION
