"""The outside reference for probes that were moved, on cases small enough to do by hand."""

from typing import Any

from firmware_mocks.mounted import instant, marks

HERE, THERE, PROBE = "place:f-07", "place:f-08", "probe:p"
NINE = instant("2026-03-02T09:00:00.000Z")


def at(minute: int) -> str:
    return f"2026-03-02T{9 + minute // 60:02d}:{minute % 60:02d}:00.000Z"


def segment(place: str, start: int, end: int, **more: object) -> dict[str, Any]:
    readings = [[minute * 60_000, 400 + start + minute] for minute in range(0, end - start, 5)]
    fields = {"place": place, "probe": PROBE, "time": at(start), "until": at(end), "quality": "good"}
    return {**fields, "readings": readings, **more}


def placed(minute: int, place: str | None, probe: str = PROBE) -> dict[str, Any]:
    return {"time": at(minute), "probe": probe, **({} if place is None else {"place": place})}


def found(segments: list[dict[str, Any]], said: list[dict[str, Any]]) -> list[tuple[int, object]]:
    return [((at_ms - NINE) // 60_000, value) for at_ms, value in marks(HERE, segments, said)]


def test_a_segment_says_where_its_probe_hangs() -> None:
    assert found([segment(HERE, 0, 10), segment(THERE, 60, 70)], []) == [(0, 400), (5, 405)]


def test_from_a_persons_word_on_the_probe_is_gone_until_the_next_word() -> None:
    said = [placed(12, HERE), placed(4, None), placed(3, None, "probe:another")]
    assert found([segment(HERE, 0, 20)], said) == [(0, 400), (4, "gone"), (15, 415)]


def test_a_probe_that_speaks_of_another_place_too_reads_for_neither() -> None:
    both = [segment(HERE, 0, 15), segment(THERE, 5, 30)]
    assert found(both, []) == [(0, 400), (5, "gone")]


def test_a_segment_without_a_reading_is_nowhere() -> None:
    assert found([segment(HERE, 0, 10), segment(THERE, 0, 10, readings=[])], []) == [(0, 400), (5, 405)]


def test_what_is_not_good_begins_a_stretch_of_which_nothing_can_be_said() -> None:
    assert found([segment(HERE, 0, 10, quality="suspect")], []) == [(0, None)]
    assert found([segment(HERE, 0, 10, clock="unsynchronised")], []) == [(0, None)]
