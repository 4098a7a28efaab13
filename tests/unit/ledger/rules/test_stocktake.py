"""Somebody went through the fridge with a reader."""

import pytest

from ledger.rules.lifecycle import State
from ledger.rules.stocktake import Astray, Difference, astray, compare


def test_what_was_found_is_held_against_what_should_be_there() -> None:
    told = compare(["b", "a", "c"], ["a", "x", "a", "b"], unknown=["tag:2", "tag:1", "tag:2"])
    assert told == Difference(found=("a", "b"), missing=("c",), surplus=("x",), unknown=("tag:1", "tag:2"))


def test_only_a_sweep_without_any_difference_agrees() -> None:
    assert compare(["a", "b"], ["b", "a"]).agrees
    assert not compare(["a", "b"], ["b"]).agrees
    assert not compare(["a"], ["b", "a"]).agrees
    assert not compare(["a"], ["a"], unknown=["tag:1"]).agrees


GONE = (State.TRANSFUSED, State.DISCARDED, State.CONSUMED, State.IN_TRANSIT, State.ISSUED)
HELD_BACK = (State.QUARANTINED, State.ON_HOLD, State.RECALLED, State.RETURNED, State.AWAITING_DISPOSAL)


@pytest.mark.parametrize("state", GONE)
def test_a_bag_that_cannot_be_here_is_in_the_wrong_state_and_not_misplaced(state: State) -> None:
    told = Difference(found=("a",), missing=(), surplus=("x", "y"), unknown=())
    states = {"a": State.AVAILABLE, "x": state, "y": State.AVAILABLE}
    assert astray(told, states, is_set_apart=False) == Astray(misplaced=("y",), wrong_state=("x",))
    assert astray(told, states, is_set_apart=True) == Astray(misplaced=("y",), wrong_state=("x",))


@pytest.mark.parametrize("state", HELD_BACK)
def test_a_bag_that_is_held_back_does_not_lie_among_the_stock_but_where_such_bags_are_set_apart(state: State) -> None:
    told = Difference(found=("a", "b"), missing=("c",), surplus=("x",), unknown=())
    states = {"a": state, "b": State.AVAILABLE, "c": state, "x": State.TRANSFUSED}
    assert astray(told, states, is_set_apart=False) == Astray(misplaced=(), wrong_state=("a", "x"))
    assert astray(told, states, is_set_apart=True) == Astray(misplaced=(), wrong_state=("x",))


@pytest.mark.parametrize("state", sorted(set(State) - {*GONE, *HELD_BACK}))
def test_a_bag_of_the_stock_is_nowhere_astray_where_the_ledger_has_it(state: State) -> None:
    told = Difference(found=("a",), missing=(), surplus=(), unknown=())
    assert astray(told, {"a": state}, is_set_apart=False) == Astray((), ())


def test_a_held_back_bag_that_the_ledger_has_elsewhere_is_misplaced_and_one_that_it_does_not_know_too() -> None:
    told = Difference(found=(), missing=(), surplus=("x", "y"), unknown=())
    assert astray(told, {"x": State.QUARANTINED}, is_set_apart=False) == Astray(misplaced=("x", "y"), wrong_state=())
