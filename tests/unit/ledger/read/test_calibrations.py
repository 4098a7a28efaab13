"""Calibrations as the probes' own newest segments state them."""

from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.ids import format_instant, parse_instant
from ledger.read.calibrations import Calibration, calibrations
from ledger.read.reader import reading
from tests.support.producers import Gateway, StoryClock, declare, introduce, site_in

DAY_MS, QUARTER_MS = 24 * 3600 * 1000, 900_000
NOW_MS = parse_instant("2026-03-02T12:00:00.000Z")
FRIDGE, COLD_ROOM = "place:centre/fridge", "place:centre/cold-room"
OLD, NEW = "2026-03-10T00:00:00.000Z", "2027-03-01T00:00:00.000Z"


def segment(
    probe: str, place: str, ends_ms: int, until: str | None
) -> tuple[type[kinds.Event], str, dict[str, object]]:
    stated = {} if until is None else {"calibration_until": until, "calibration": "valid"}
    said = {"probe": probe, "place": place, "measures": "air", "quality": "good", "readings": [(0, 400)]}
    start = format_instant(ends_ms - QUARTER_MS)
    return kinds.TemperatureSegment, start, {**said, **stated, "until": format_instant(ends_ms)}


@pytest.mark.parametrize("probes", [1, 2, 3, 9])
def test_each_probe_of_a_place_says_until_when_it_is_calibrated(tmp_path: Path, probes: int) -> None:
    clock, gateway = StoryClock(NOW_MS), Gateway("gw-a")
    site = site_in(tmp_path / "site")
    names = [f"probe:gw-a/{number}" for number in range(probes)]
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        named = {"organisation": "org:centre", "name_zh": "名", "name_en": "name"}
        declare(ledger, Draft(kinds.OrganisationAdded, {**named, "role": "blood_centre"}))
        for place in (FRIDGE, COLD_ROOM):
            declare(ledger, Draft(kinds.PlaceAdded, {**named, "place": place, "phase": "store"}))
        for quarters_ago, until in ((2, OLD), (1, NEW), (0, NEW)):
            ends_ms = NOW_MS - quarters_ago * QUARTER_MS
            facts = [segment(name, COLD_ROOM, ends_ms, until) for name in names]
            facts.append(segment("probe:gw-a/bare", FRIDGE, ends_ms, None))
            ledger.append_batch(gateway.seal(gateway.events(facts, "t"), "t", time=format_instant(ends_ms)))
        with reading(site) as reader:
            found = calibrations(reader, "org:centre", now_ms=NOW_MS)
            assert calibrations(reader, "org:other", now_ms=NOW_MS) == ()
            assert calibrations(reader, None, now_ms=NOW_MS) == found
            assert calibrations(reader, None, now_ms=NOW_MS + DAY_MS) == (), "nobody speaks any more"
    until_ms = parse_instant(NEW)
    expected = [Calibration(name, COLD_ROOM, until_ms, (until_ms - NOW_MS) // DAY_MS) for name in names]
    assert found == (*expected, Calibration("probe:gw-a/bare", FRIDGE, None, None))
    assert not any(each.is_soon for each in found)
