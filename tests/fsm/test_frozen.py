"""Frozen dataclasses of ours do what those of `dataclasses` do, beside one another."""

import copy
import dataclasses
import pickle
from enum import Enum

import pytest

from fsm.events import Event
from fsm.frozen import dataclass


class Kind(Enum):
    A = "a"


@dataclass(frozen=True, slots=True)
class Nothing(Event):
    """No field."""


@dataclass(frozen=True, slots=True)
class Nought(Event):
    """No field, and another."""


@dataclass(frozen=True, slots=True)
class One(Event):
    """One field."""

    number: int


@dataclass(frozen=True, slots=True)
class Other(Event):
    """The same field."""

    number: int


@dataclass(frozen=True, slots=True)
class Several(Event):
    """Fields with and without a default."""

    number: int
    text: str = "x"
    kind: Kind | None = Kind.A


@dataclass(frozen=True, slots=True)
class Longer(Several):
    """Those of another class, and one more."""

    more: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A class with functions of its own."""

    number: int

    def __repr__(self) -> str:
        return "told"

    @property
    def double(self) -> int:
        return 2 * self.number


@dataclasses.dataclass(frozen=True, slots=True)
class Std(Event):
    """One of `dataclasses`."""

    number: int
    text: str = "x"


OURS = [Nothing(), One(1), Several(1), Several(2, "y", None), Longer(1, more=(2, 3)), Told(4)]


def of_dataclasses(kind):
    """The same class as `dataclasses` makes it."""
    fields = [
        (f.name, f.type, dataclasses.field(default=f.default)) for f in dataclasses.fields(kind)
    ]
    return dataclasses.make_dataclass(kind.__name__, fields, frozen=True, slots=True)


@pytest.mark.parametrize("kind", [Nothing, One, Several, Longer])
def test_it_has_what_dataclasses_would_give_it(kind):
    other = of_dataclasses(kind)
    assert dataclasses.is_dataclass(kind)
    assert kind.__match_args__ == other.__match_args__
    assert [(f.name, f.default) for f in dataclasses.fields(kind)] == [
        (f.name, f.default) for f in dataclasses.fields(other)
    ]
    given = [1, "y", None, (2,)][: len(other.__match_args__)]
    ours, theirs = kind(*given), other(*given)
    assert repr(ours) == repr(theirs)
    assert hash(ours) == hash(kind(*given))
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert not hasattr(ours, "__dict__")
    assert ours == kind(*given)
    assert ours != theirs


def test_classes_with_equal_fields_are_not_equal():
    assert Nothing() == Nothing() != Nought()
    assert One(1) == One(1) != Other(1)
    assert One(1) != One(2)
    assert One(1) != (1,)
    assert len({One(1), One(1), Other(1), Nothing(), Nought()}) == 4


def test_classes_with_equal_fields_have_hashes_of_their_own():
    values = (One(1), Other(1), Nothing(), Nought())
    assert len({hash(value) for value in values}) == len(values)


@pytest.mark.parametrize("value", OURS, ids=repr)
def test_nothing_can_be_set(value):
    for name in ("number", "other"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, 5)
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(value, name)


@pytest.mark.parametrize("value", OURS, ids=repr)
def test_it_can_be_copied_and_sent_to_another_process(value):
    for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert again == value
        assert type(again) is type(value)
    assert dataclasses.replace(value) == value


def test_it_takes_its_fields_in_any_way_that_a_function_does():
    assert Several(1) == Several(number=1, text="x") == Several(1, "x", kind=Kind.A)
    assert dataclasses.replace(Several(1), text="y") == Several(1, "y")
    for wrong in (lambda: Several(), lambda: One(1, 2), lambda: One(1, number=1), lambda: One(n=1)):
        with pytest.raises(TypeError, match=r"One|Several"):
            wrong()
    with pytest.raises(TypeError):
        Nothing(1)


def test_patterns_match_by_position_and_by_name():
    match Several(1, "y"):
        case One(_):
            pytest.fail("another class")
        case Several(number, "y", kind=Kind.A):
            assert number == 1


def test_both_kinds_may_stand_side_by_side():
    assert {Std(1): "std", One(1): "ours"}[One(1)] == "ours"
    assert dataclasses.fields(Std(1))[0].name == dataclasses.fields(One(1))[0].name
    match Std(1):
        case One(_) | Nothing():
            pytest.fail("another class")
        case Std(number):
            assert number == 1


def test_what_a_class_says_itself_stays():
    assert (repr(Told(4)), Told(4).double) == ("told", 8)
    assert Longer(1, more=(2,)).more == (2,)
