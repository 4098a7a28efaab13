"""Gaps of a unit's way, leg by leg: whether the readings on both sides are near enough to speak for what lies between.

What the same holes come to in a unit's verdict is told in `test_exposure.py`. Instants are milliseconds.
"""

import pytest

from ledger.rules.gaps import Leg, resolve
from ledger.rules.moved import MOVED
from ledger.rules.pack import Limits
from ledger.rules.standing import Piece, State

PATIENT = Limits(low=200, high=600, max_gap_ms=100, source="x", verified=True, figure="x/C.store")
HASTY = Limits(low=200, high=1000, max_gap_ms=60, source="x", verified=True, figure="x/C.transport")


def read(start: int, end: int, state: State = "ok", *, at: int | None = None, limits: Limits | None = PATIENT) -> Leg:
    """A leg under a reading; `at`: when the newest one was taken, else as the leg begins."""
    piece = Piece(start, end, state, "above" if state == "out" else "", 400, 400, start if at is None else at)
    return Leg(piece, "fridge", "store", limits)


def gap(start: int, end: int, *, silent: int | None = None, place: str | None = "fridge", told: str = "link") -> Leg:
    """A leg without one; `silent`: when the probe that fell silent read last."""
    return Leg(Piece(start, end, "gap", told, silent_since_ms=silent), place, "store", PATIENT)


def decided(*legs: Leg) -> list[tuple[int, int, str, str]]:
    return [(leg.piece.start_ms, leg.piece.end_ms, leg.piece.state, leg.piece.reason) for leg in resolve(legs)]


def of_the_hole(*legs: Leg) -> list[str]:
    """What became of the legs that were gaps."""
    return [now.piece.state for was, now in zip(legs, resolve(legs), strict=True) if was.piece.state == "gap"]


def test_a_way_without_a_gap_is_left_as_it_is() -> None:
    way = [read(0, 50), read(50, 80, "out"), read(80, 90, "unknown")]
    assert list(resolve(way)) == way
    assert all(leg.judged for leg in resolve(way)), "unless said otherwise"
    assert list(resolve([])) == []


@pytest.mark.parametrize(("again", "state"), [(99, "gap"), (100, "gap"), (101, "unknown")])
def test_two_readings_speak_for_what_lies_between_if_they_are_no_further_apart_than_max_gap(
    again: int, state: str
) -> None:
    assert of_the_hole(read(0, 20), gap(20, again), read(again, 200)) == [state]


def test_a_gap_that_is_too_long_keeps_its_reason_and_its_place() -> None:
    hole = gap(20, 150, told="probe-silent")
    assert list(resolve([read(0, 20), hole, read(150, 200)]))[1] == Leg(
        Piece(20, 150, "unknown", "probe-silent"), "fridge", "store", PATIENT
    )


def test_the_distance_counts_from_the_reading_and_not_from_where_the_gap_begins() -> None:
    assert of_the_hole(read(0, 60), gap(60, 120), read(120, 200)) == ["unknown"]
    assert of_the_hole(read(0, 60, at=20), gap(60, 120), read(120, 200)) == ["gap"]


def test_of_several_probes_the_silence_is_measured_by_the_silent_one() -> None:
    assert of_the_hole(read(0, 60), gap(60, 120, silent=50), read(120, 200)) == ["gap"]
    assert of_the_hole(read(50, 60), gap(60, 120, silent=10), read(120, 200)) == ["unknown"]


def test_the_probe_that_fell_silent_first_is_the_one_that_is_asked() -> None:
    way = [read(0, 60), gap(60, 90, silent=50), gap(90, 120, silent=10), read(120, 200)]
    assert of_the_hole(*way) == ["gap", "gap"]
    assert of_the_hole(way[0], gap(60, 90, silent=10), gap(90, 120, silent=50), way[-1]) == ["unknown", "unknown"]


@pytest.mark.parametrize("place", ["box", "attic", "zoo", None])
def test_elsewhere_the_reading_in_the_place_that_was_left_counts(place: str | None) -> None:
    assert of_the_hole(read(50, 60), gap(60, 120, silent=10, place=place), read(120, 200)) == ["gap"]
    assert of_the_hole(read(0, 60), gap(60, 120, silent=50, place=place), read(120, 200)) == ["unknown"]


def test_where_nothing_was_read_before_the_gap_itself_is_what_is_too_long() -> None:
    unread = Leg(Piece(0, 60, "ok", ""), "fridge", "store", PATIENT)
    assert of_the_hole(unread, gap(60, 160, silent=10), read(160, 200)) == ["gap"]
    assert of_the_hole(unread, gap(60, 161, silent=70), read(161, 200)) == ["unknown"]


@pytest.mark.parametrize("state", ["out", "unknown"])
def test_a_gap_beside_anything_but_a_reading_in_range_is_unknown(state: State) -> None:
    assert of_the_hole(read(0, 20, state), gap(20, 21), read(21, 30)) == ["unknown"]
    assert of_the_hole(read(0, 20), gap(20, 21), read(21, 30, state)) == ["unknown"]


def test_a_gap_beside_a_place_that_is_not_judged_is_unknown() -> None:
    assert of_the_hole(read(0, 20, limits=None), gap(20, 21), read(21, 30)) == ["unknown"]
    assert of_the_hole(read(0, 20), gap(20, 21), read(21, 30, limits=None)) == ["unknown"]


def test_the_less_patient_of_both_sides_decides() -> None:
    for one, other in ((PATIENT, HASTY), (HASTY, PATIENT)):
        assert of_the_hole(read(0, 20, limits=one), gap(20, 60), read(60, 90, limits=other)) == ["gap"]
        assert of_the_hole(read(0, 20, limits=one), gap(20, 61), read(61, 90, limits=other)) == ["unknown"]


def test_gaps_one_after_the_other_are_one_silence() -> None:
    way = [read(0, 20), gap(20, 60), gap(60, 90, place=None, told="moved"), gap(90, 101, place="box"), read(101, 200)]
    assert of_the_hole(*way) == ["unknown", "unknown", "unknown"]
    nearer = [*way[:3], gap(90, 100, place="box"), read(100, 200)]
    assert of_the_hole(*nearer) == ["gap", "gap", "gap"]


def test_the_readings_next_to_a_gap_decide_it_and_none_farther_off() -> None:
    warm_first = [read(0, 10, "out"), read(10, 20), gap(20, 30), read(30, 40), read(40, 50, "out")]
    assert of_the_hole(*warm_first) == ["gap"]
    warm_next = [read(0, 10), read(10, 20, "out"), gap(20, 30), read(30, 40, "out"), read(40, 50)]
    assert of_the_hole(*warm_next) == ["unknown"]


def test_two_gaps_are_decided_each_by_its_own_sides() -> None:
    way = [read(0, 20), gap(20, 40), read(40, 60), gap(60, 160), read(160, 200)]
    assert of_the_hole(*way) == ["gap", "unknown"]


def test_before_the_first_reading_nothing_is_known() -> None:
    assert decided(gap(0, 1), read(1, 9)) == [(0, 1, "unknown", "link"), (1, 9, "ok", "")]


def test_the_newest_readings_are_waited_for_until_the_last_one_is_max_gap_old() -> None:
    assert decided(read(0, 20), gap(20, 100)) == [(0, 20, "ok", ""), (20, 100, "gap", "link")]
    assert decided(read(0, 20), gap(20, 150))[1:] == [(20, 100, "gap", "link"), (100, 150, "unknown", "lag")]
    assert decided(read(0, 20, at=-30), gap(20, 150))[1:] == [(20, 70, "gap", "link"), (70, 150, "unknown", "lag")]
    assert decided(read(0, 20), gap(20, 150, silent=10))[1:] == [(20, 110, "gap", "link"), (110, 150, "unknown", "lag")]


def test_a_silence_that_is_too_long_already_is_not_waited_for() -> None:
    assert decided(read(0, 120), gap(120, 130))[1:] == [(120, 130, "unknown", "lag")]


def test_of_several_gaps_at_the_end_each_is_cut_where_waiting_ends() -> None:
    way = decided(read(0, 20), gap(20, 90), gap(90, 110), gap(110, 150))
    assert way[1:] == [
        (20, 90, "gap", "link"), (90, 100, "gap", "link"), (100, 110, "unknown", "lag"), (110, 150, "unknown", "lag")
    ]  # fmt: skip


@pytest.mark.parametrize("last", [read(0, 20, "out"), read(0, 20, "unknown"), read(0, 20, limits=None)])
def test_after_anything_but_a_reading_in_range_nothing_is_waited_for(last: Leg) -> None:
    assert decided(last, gap(20, 30))[1:] == [(20, 30, "unknown", "lag")]


@pytest.mark.parametrize("told", ["link", "silent"])
def test_whatever_a_silence_at_the_end_is_called_it_is_late(told: str) -> None:
    assert decided(read(0, 120), gap(120, 130, told=told))[1:] == [(120, 130, "unknown", "lag")]


def test_a_probe_that_hangs_elsewhere_is_named_as_that_and_is_not_late() -> None:
    way = decided(read(0, 20), gap(20, 150, told=MOVED))
    assert way[1:] == [(20, 100, "gap", MOVED), (100, 150, "unknown", MOVED)]


def test_where_nothing_was_ever_read_the_gap_keeps_its_reason() -> None:
    assert decided(gap(0, 30), gap(30, 40)) == [(0, 30, "unknown", "link"), (30, 40, "unknown", "link")]
