"""What a place was like is the same, cut for one unit or once for many; and it is cut once."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from ledger.rules.pack import Limits
from ledger.rules.readings import OfMany, OfOneUnit, Readings
from ledger.rules.standing import Piece, Track

MINUTE = 60_000


def limits(low: int, high: int, max_gap: int = 10) -> Limits:
    return Limits(low=low, high=high, max_gap_ms=max_gap * MINUTE, source="test", verified=True)


RED_CELLS, PLATELETS = limits(200, 600), limits(2000, 2400)


def fridge(name: str = "a", centi: int = 400) -> Track:
    samples = tuple((minute * MINUTE, centi) for minute in range(60))
    return Track(probe=name, start_ms=0, end_ms=60 * MINUTE, samples=samples)


def of_many(tracks: Mapping[str, Sequence[Track]]) -> Readings:
    return OfMany(tracks, 0, 60 * MINUTE)


both = pytest.mark.parametrize("make", [OfOneUnit, of_many])


@both
def test_five_degrees_are_fine_for_red_cells_and_not_for_platelets(make: Callable[..., Readings]) -> None:
    readings = make({"fridge": [fridge()]})
    (red,) = readings.pieces("fridge", RED_CELLS, 0, 30 * MINUTE)
    (platelets,) = readings.pieces("fridge", PLATELETS, 0, 30 * MINUTE)
    assert (red.state, platelets.state, platelets.reason) == ("ok", "out", "below")


@both
def test_limits_that_differ_in_one_figure_are_not_taken_for_each_other(make: Callable[..., Readings]) -> None:
    readings = make({"fridge": [fridge()], "box": [fridge(centi=700)]})
    for asked, state in [
        (limits(200, 600), "ok"), (limits(401, 600), "out"), (limits(200, 399), "out"), (limits(200, 600, 1), "ok"),
    ]:  # fmt: skip
        assert [piece.state for piece in readings.pieces("fridge", asked, 0, MINUTE)] == [state]
    assert [piece.state for piece in readings.pieces("box", RED_CELLS, 0, MINUTE)] == ["out"]
    silent = make({"fridge": [Track(probe="a", start_ms=0, end_ms=60 * MINUTE, samples=((0, 400),))]})
    for gap, until in [(10, 10), (20, 20)]:
        first, rest = silent.pieces("fridge", limits(200, 600, gap), 0, 30 * MINUTE)
        assert (first.end_ms, rest.state) == (until * MINUTE, "gap")


@both
def test_without_limits_or_a_probe_nothing_is_known(make: Callable[..., Readings]) -> None:
    readings = make({"fridge": [fridge()], "table": []})
    assert list(readings.pieces("fridge", None, 0, MINUTE)) == [Piece(0, MINUTE, "unknown", "no-limits")]
    assert list(readings.pieces("table", RED_CELLS, 0, MINUTE)) == [Piece(0, MINUTE, "unknown", "no-probe")]
    assert list(readings.pieces("ward", RED_CELLS, 0, MINUTE)) == [Piece(0, MINUTE, "unknown", "no-probe")]


@both
def test_the_worse_of_two_probes_counts(make: Callable[..., Readings]) -> None:
    readings = make({"fridge": [fridge(), fridge("b", 650)]})
    (found,) = readings.pieces("fridge", RED_CELLS, 0, MINUTE)
    assert (found.state, found.lowest, found.highest) == ("out", 400, 650)


@both
def test_a_place_is_worked_out_once(make: Callable[..., Readings]) -> None:
    """Its probes are looked at the first time only, by every unit and every component that bears the same."""
    tracks = {"fridge": [fridge()]}
    readings = make(tracks)
    (before,) = readings.pieces("fridge", RED_CELLS, 0, MINUTE)
    tracks["fridge"].append(fridge("b", 900))
    assert list(readings.pieces("fridge", limits(200, 600), 0, MINUTE)) == [before]
