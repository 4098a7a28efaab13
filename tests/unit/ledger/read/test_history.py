"""What a place's probes said of a span is found to the millisecond, and nothing else."""

from pathlib import Path

import pytest

from ledger.append import Ledger
from ledger.core import kinds
from ledger.core.errors import FormatError
from ledger.core.ids import format_instant
from ledger.read import history
from ledger.read.history import SEGMENT_REACH_MS
from ledger.read.reader import reading
from ledger.store import event_lists
from ledger.store.names import Names
from ledger.store.tables import subjects
from tests.support.copies import unguarded
from tests.support.producers import MINUTE_MS, NOON_MS, Fact, Gateway, StoryClock, introduce, site_in


def segment(at_ms: int) -> Fact:
    return kinds.TemperatureSegment, format_instant(at_ms), {
        "probe": "probe:a/1", "place": "place:a", "measures": "air", "until": format_instant(at_ms + MINUTE_MS),
        "quality": "good", "readings": [(0, 400)],
    }  # fmt: skip


def test_segments_are_those_that_begin_within_reach(tmp_path: Path) -> None:
    site, gateway = site_in(tmp_path / "site"), Gateway("gw")
    times = [NOON_MS - SEGMENT_REACH_MS - 1, NOON_MS - SEGMENT_REACH_MS, NOON_MS + 7, NOON_MS + 8]
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        ledger.append_batch(gateway.say(*(segment(at) for at in times), suffix="t"))
    with reading(site) as reader:
        found = reader.history.segments("place:a", start_ms=NOON_MS, end_ms=NOON_MS + 7)
        assert [each.time_ms for each in found] == times[1:3]
        assert reader.history.segments("place:b", start_ms=NOON_MS, end_ms=NOON_MS + 7) == []
        assert len(reader.history.of(["probe:a/1"])) == 4


def test_segments_are_found_among_the_sightings_of_their_place_and_several_subjects_at_once(tmp_path: Path) -> None:
    site, gateway = site_in(tmp_path / "site"), Gateway("gw")
    seen = {"tag": "tag:E0040101", "place": "place:a", "device": "device:r", "antenna": 1, "reads": 1}
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        ledger.append_batch(gateway.say(*((kinds.TagArrived, format_instant(NOON_MS + at), seen) for at in range(5))))
        ledger.append_batch(gateway.say(segment(NOON_MS), segment(NOON_MS + 1), suffix="t"))
    with reading(site) as reader:
        history = reader.history
        assert [each.kind for each in history.segments("place:a", start_ms=NOON_MS, end_ms=NOON_MS + 9)] == [
            "temperature_segment"
        ] * 2
        number = Names(subjects).find(reader.connection, ["place:a"])["place:a"]
        span = {"start_ms": NOON_MS, "end_ms": NOON_MS + 9}
        assert len(event_lists.events_within(reader.connection, number, **span)) == 7
        assert len(event_lists.telemetry_within(reader.connection, number, **span)) == 2
        names = ["place:a", "probe:a/1", "device:r", "place:b"]
        assert history.of_each(names) == {name: history.of([name]) for name in names}
        assert [len(found) for found in history.of_each(names).values()] == [7, 2, 5, 0]


@pytest.mark.sqlite
def test_an_event_is_read_once_by_a_reader_however_often_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, gateway = site_in(tmp_path / "site"), Gateway("gw")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        ledger.append_batch(gateway.say(segment(NOON_MS), segment(NOON_MS + 1), suffix="t"))
        ledger.append_batch(gateway.say(segment(NOON_MS + 2), suffix="t"))
    with reading(site) as reader:
        asked: list[str] = []
        reader.connection.connection.dbapi_connection.set_trace_callback(asked.append)  # type: ignore[union-attr]  # sqlite3's own
        told = reader.history.of(["probe:a/1"])
        assert len(told) == 3
        assert sum("FROM contents" in each for each in asked) == 1
        assert reader.history.of(["probe:a/1", "place:a"]) == told
        assert sum("FROM contents" in each for each in asked) == 1
        monkeypatch.setattr(history, "MAX_KNOWN", 1)
        assert reader.history.of(["probe:a/1"]) == told


def test_what_is_written_for_one_reader_serves_the_next(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with reading(site) as reader:
        engine = reader.connection.engine
    for _ in range(2):
        with reading(site) as reader:
            assert reader.units(organisation=None) == ()
            assert reader.history.of(["place:a"]) == []
            assert reader.connection.engine is engine
            cached = len(engine._compiled_cache or ())
    assert cached == len(engine._compiled_cache or ()) > 0


@pytest.mark.sqlite
def test_what_is_read_ahead_is_answered_without_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, gateway = site_in(tmp_path / "site"), Gateway("gw")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        ledger.append_batch(gateway.say(*(segment(NOON_MS + at) for at in range(3)), suffix="t"))
    names = ["probe:a/1", "place:a", "probe:nobody"]
    with reading(site) as reader:
        told = {name: reader.history.of([name]) for name in names}
    with reading(site) as reader:
        reader.history.read_ahead(names)
        asked: list[str] = []
        reader.connection.connection.dbapi_connection.set_trace_callback(asked.append)  # type: ignore[union-attr]  # sqlite3's own
        assert {name: reader.history.of([name]) for name in names} == told
        assert asked == []
        monkeypatch.setattr(history, "MAX_KNOWN", 2)
        reader.history.read_ahead(names)
        asked.clear()
        assert {name: reader.history.of([name]) for name in names} == told
        assert sum("FROM contents" in each for each in asked) >= 1


@pytest.mark.sqlite
def test_an_event_that_is_not_what_was_stored_is_named(tmp_path: Path) -> None:
    site, gateway = site_in(tmp_path / "site"), Gateway("gw")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        ledger.append_batch(gateway.say(*(segment(NOON_MS + at) for at in range(3)), suffix="t"))
    with unguarded(site, "contents") as execute:
        execute(
            "UPDATE contents SET bodies = CAST(replace(CAST(bodies AS TEXT), ?, ?) AS BLOB)", ('"seq":2,', '"seq":9,')
        )
    with reading(site) as reader, pytest.raises(FormatError, match=r"event gw/1/t 2 is not what was stored"):
        reader.history.of(["probe:a/1"])


def test_events_with_their_fields_in_another_order_are_understood_among_others(tmp_path: Path) -> None:
    """What a program writes in an order of its own is canonical, too, and no defect (docs/format.md §2)."""
    site, gateway = site_in(tmp_path / "site"), Gateway("gw")
    bodies = gateway.events([segment(NOON_MS + at) for at in range(40)], suffix="t")
    for at in (0, 7, 39):
        bodies[at] = b'{"v":1,' + bodies[at].replace(b'"v":1,', b"", 1).removeprefix(b"{")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        ledger.append_batch(gateway.seal(bodies, suffix="t"))
    with reading(site) as reader:
        told = reader.history.of(["probe:a/1"])
        assert [each.body for each in told] == bodies
        assert [each.time_ms for each in told] == [NOON_MS + at for at in range(40)]
        assert all(each.recorded is not None and each.defect is None for each in told)
