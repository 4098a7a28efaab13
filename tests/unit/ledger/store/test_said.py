"""What people said is found by its kind and its time, whatever gateways said beside it."""

from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.store import said
from ledger.store.database import database_of
from ledger.store.names import Names
from ledger.store.tables import subjects
from tests.support.producers import MINUTE_MS, NOON_MS, Gateway, StoryClock, claim, introduce, site_in

UNIT, OTHER = "unit:A999926000001.A0002V00", "unit:A999926000002.A0002V00"
TAG, PLACE = "tag:E280117000000021", {"place": "place:a"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A minute apart: two openings, a sighting, a step that is told a minute late, and two steps in one batch."""
    site, clock, gateway = site_in(tmp_path / "site"), StoryClock(NOON_MS), Gateway("gw")
    antenna = {"device": "device:r", "antenna": 1, "reads": 1}
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        for unit in (UNIT, OTHER):
            claim(ledger, Draft(kinds.Opening, {"unit": unit, **PLACE}))
            clock.at_ms += MINUTE_MS
        claim(ledger, Draft(kinds.TagAssociated, {"unit": UNIT, "tag": TAG, **PLACE}))
        ledger.append_batch(gateway.say((kinds.TagArrived, clock.after(0), {"tag": TAG, **antenna, **PLACE})))
        clock.at_ms += MINUTE_MS
        claim(ledger, Draft(kinds.Moved, {"unit": UNIT, **PLACE}, format_instant(clock.at_ms - MINUTE_MS)))
        clock.at_ms += MINUTE_MS
        claim(ledger, *(Draft(kind, {"unit": UNIT, **PLACE}) for kind in (kinds.Moved, kinds.Stored)))
    return site


def since(site: Site, minutes: int, *wanted: str) -> list[tuple[str, int]]:
    """Kind, and how many minutes after noon."""
    with database_of(site).snapshot() as connection:
        found = said.since(connection, wanted, NOON_MS + minutes * MINUTE_MS - 1)
        return sorted((type(each.event).__name__, (each.time_ms - NOON_MS) // MINUTE_MS) for each in found)


@pytest.mark.parametrize("at_once", [1, 2, 4096])
def test_the_events_of_some_kinds_since_an_instant(site: Site, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(said, "BATCHES_AT_ONCE", at_once)
    assert since(site, 0, "moved", "opening") == [("Moved", 2), ("Moved", 4), ("Opening", 0), ("Opening", 1)]
    assert since(site, 1, "opening") == [("Opening", 1)]
    assert since(site, 2, "moved", "opening") == [("Moved", 2), ("Moved", 4)]
    assert since(site, 3, "moved") == [("Moved", 4)], "the other was told then, and happened before"
    assert since(site, 0, "tag_arrived") == [], "a device said so"
    assert since(site, 0) == []


def test_histories_are_without_what_devices_saw(site: Site) -> None:
    with database_of(site).snapshot() as connection:
        numbers = Names(subjects).find(connection, [UNIT, OTHER])
        found = said.histories_of(connection, list(numbers.values()))
    names = {unit: [type(each.event).__name__ for each in found[numbers[unit]].values()] for unit in (UNIT, OTHER)}
    assert names == {UNIT: ["Opening", "TagAssociated", "Moved", "Moved", "Stored"], OTHER: ["Opening"]}
