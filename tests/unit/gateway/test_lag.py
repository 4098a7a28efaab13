"""Until when the ledger has what happened here, and how long the oldest event has waited."""

from gateway import lag
from ledger.core.ids import parse_instant

NOON = parse_instant("2026-03-02T12:00:00.000Z")


def test_a_scan_that_waits_since_ten_is_two_hours_behind() -> None:
    delivered = b'{"kind":"tag_left","time":"2026-03-02T09:58:00.000Z","recorded_at":"2026-03-02T09:59:00.000Z"}'
    waiting = b'{"kind":"tag_arrived","time":"2026-03-02T10:00:00.000Z"}'
    told = lag.of({"gw-centre/1/c": (delivered, waiting)}, NOON)
    assert told == {"gw-centre/1/c": lag.Lag("2026-03-02T09:59:00.000Z", "2026-03-02T10:00:00.000Z", 7200)}


def test_a_segment_counts_from_its_end_and_nothing_waiting_is_no_lag() -> None:
    segment = b'{"kind":"temperature_segment","time":"2026-03-02T11:00:00.000Z","until":"2026-03-02T11:15:00.000Z"}'
    assert lag.of({"t": (segment, None)}, NOON)["t"] == lag.Lag("2026-03-02T11:15:00.000Z", None, 0)


def test_before_the_first_event_there_is_neither() -> None:
    assert lag.of({"t": (None, None)}, NOON)["t"] == lag.Lag(None, None, 0)


def test_an_event_from_a_clock_that_ran_ahead_is_no_negative_lag() -> None:
    assert lag.of({"c": (None, b'{"time":"2026-03-02T12:30:00.000Z"}')}, NOON)["c"].seconds == 0
