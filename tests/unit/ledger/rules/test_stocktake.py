"""Somebody went through the fridge with a reader."""

from ledger.rules.stocktake import Difference, compare


def test_what_was_found_is_held_against_what_should_be_there() -> None:
    told = compare(["b", "a", "c"], ["a", "x", "a", "b"], unknown=["tag:2", "tag:1", "tag:2"])
    assert told == Difference(found=("a", "b"), missing=("c",), surplus=("x",), unknown=("tag:1", "tag:2"))


def test_only_a_sweep_without_any_difference_agrees() -> None:
    assert compare(["a", "b"], ["b", "a"]).agrees
    assert not compare(["a", "b"], ["b"]).agrees
    assert not compare(["a"], ["b", "a"]).agrees
    assert not compare(["a"], ["a"], unknown=["tag:1"]).agrees
