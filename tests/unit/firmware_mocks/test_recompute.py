"""The independent arithmetic of the demo's check, on cases small enough to do by hand."""

import json

import pytest

from firmware_mocks import recompute
from firmware_mocks.truth import Served, unserved

MINUTE = 60_000
NINE = "2026-03-02T09:00:00.000Z"
START = recompute.instant(NINE)
UNIT = "unit:A999926000001.A0002V00"
FRIDGE = "place:centre/fridge-1"


def event(kind: str, minute: float, **fields: object) -> dict[str, object]:
    seconds = round(minute * 60)
    time = f"2026-03-02T{9 + seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.000Z"
    return {"kind": kind, "time": time, **fields}


def passport(*events: dict[str, object]) -> bytes:
    batches = [{"index": place, "positions": [0], "events": [json.dumps(each)]} for place, each in enumerate(events)]
    return json.dumps({"subject": UNIT, "batches": batches}).encode()


def segment(minute: float, *readings: int, quality: str = "good") -> dict[str, object]:
    pairs = [[place * 2 * MINUTE, centi] for place, centi in enumerate(readings)]
    return event("temperature_segment", minute, place=FRIDGE, probe="probe:p", quality=quality, readings=pairs)


def stated(minute: float, out_ms: int) -> dict[str, object]:
    until = event("", minute)["time"]
    return event("exposure_stated", minute, unit=UNIT, until=until, out_ms=out_ms, verdict="out")


PLACED = event("place_added", 0, place=FRIDGE, phase="store")
STORED = event("stored", 0, unit=UNIT, place=FRIDGE)


def test_a_reading_stands_until_the_next() -> None:
    again = recompute.recompute(passport(PLACED, STORED, segment(0, 400, 700, 700, 500), stated(30, 240_000)))
    assert (again.out_ms, again.stated_out_ms) == (4 * MINUTE, 240_000)


def test_a_reading_stands_at_most_ten_minutes() -> None:
    again = recompute.recompute(passport(PLACED, STORED, segment(0, 700), stated(30, 0)))
    assert again.out_ms == 10 * MINUTE


@pytest.mark.parametrize(("centi", "out_ms"), [(600, 0), (601, 10 * MINUTE), (200, 0), (199, 10 * MINUTE)])
def test_limits_are_inclusive(centi: int, out_ms: int) -> None:
    assert recompute.recompute(passport(PLACED, STORED, segment(0, centi), stated(30, 0))).out_ms == out_ms


def test_only_the_minutes_inside_count() -> None:
    left = event("tag_left", 3, place=FRIDGE, tag="tag:E280")
    again = recompute.recompute(passport(PLACED, STORED, segment(0, 700, 700, 700), left, stated(30, 0)))
    assert again.out_ms == 3 * MINUTE


def test_a_move_that_was_recorded_before_the_departure_was_noticed_ends_the_stay_at_the_move() -> None:
    moved = event("moved", 3, unit=UNIT, place="place:centre/fridge-2")
    left_late = event("tag_left", 5, place=FRIDGE, tag="tag:E280")
    history = (PLACED, STORED, segment(0, 700, 700, 700), moved, left_late, stated(30, 0))
    again = recompute.recompute(passport(*history))
    assert again.out_ms == 3 * MINUTE
    assert [stay.place for stay in again.stays] == [FRIDGE, "place:centre/fridge-2"]


def test_a_place_without_a_phase_is_not_judged() -> None:
    open_room = event("place_added", 0, place=FRIDGE)
    assert recompute.recompute(passport(open_room, STORED, segment(0, 700), stated(30, 0))).out_ms == 0


def test_a_segment_whose_clock_was_not_synchronised_says_nothing() -> None:
    lost = {**segment(4, 700, 700), "clock": "unsynchronised"}
    again = recompute.recompute(passport(PLACED, STORED, segment(0, 700, 700), lost, stated(30, 0)))
    assert again.out_ms == 4 * MINUTE


def test_a_segment_that_is_not_good_ends_what_stood_before_it() -> None:
    doubted = segment(4, 700, quality="suspect")
    again = recompute.recompute(passport(PLACED, STORED, segment(0, 700, 700), doubted, stated(30, 0)))
    assert again.out_ms == 4 * MINUTE


def test_a_packed_unit_is_in_the_box_and_judged_as_transport() -> None:
    box = event("place_added", 0, place="box:B-12", phase="transport")
    packed = event("packed", 0, units=[UNIT], box="box:B-12", place="place:centre/dispatch")
    warm = segment(0, 900, 1001) | {"place": "box:B-12"}
    assert recompute.recompute(passport(box, packed, warm, stated(30, 0))).out_ms == 10 * MINUTE


def test_nothing_stated_is_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match="states no exposure"):
        recompute.recompute(passport(PLACED, STORED))


def test_a_reading_that_no_device_served_is_found() -> None:
    served = {"probe:p": [Served(START, 400, ""), Served(START + MINUTE, 410, "cut")]}
    readings = [("probe:p", START + 1000, 400), ("probe:p", START + MINUTE, 410), ("probe:q", START, 1)]
    assert [each.split(" at ")[0] for each in unserved(readings, served)] == ["probe:p 410", "probe:q 1"]


def test_one_serving_accounts_for_one_reading_only() -> None:
    served = {"probe:p": [Served(START, 400, "")]}
    assert len(unserved([("probe:p", START, 400), ("probe:p", START + MINUTE, 400)], served)) == 1


def test_the_verdict_is_computed_anew_too() -> None:
    quiet = passport(PLACED, STORED, segment(0, 400, 400), stated(12, 0))
    assert recompute.recompute(quiet).verdict == "ok"
    assert recompute.recompute(passport(PLACED, STORED, segment(0, 400, 400), stated(13, 0))).verdict == "unknown"
    assert recompute.recompute(passport(PLACED, STORED, segment(0, 700), stated(30, 0))).verdict == "out"
    in_transit = event("place_added", 0, place=FRIDGE, phase="ward")
    assert recompute.recompute(passport(in_transit, STORED, segment(0, 400), stated(5, 0))).verdict == "unknown"
