"""What a run of sightings means, where it would be easy to take it for something else."""

import sqlite3
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.store import event_lists
from tests.support.producers import NOON_MS, CountedEntropy, Gateway, StoryClock, claim, introduce, site_in

UNIT = "unit:A999926123456.E0382V00"
TAG = "tag:E0040100"
MINUTE_MS = 60_000

pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize("minutes", [(10, 5), (5, 10), (10, 10)], ids=["late", "in order", "at once"])
def test_an_arrival_is_late_if_the_unit_was_seen_where_it_was_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: tuple[int, int]
) -> None:
    """The two sightings are in two runs, and nothing is written of the first: it left the unit where it was."""
    monkeypatch.setattr(event_lists, "WINDOW_BATCHES", 1)
    site = site_in(tmp_path / "site")
    clock, gateway = StoryClock(), Gateway("gw-centre")
    with Ledger(site, clock, entropy=CountedEntropy("sighted")) as ledger:
        introduce(ledger, gateway)
        made = {"unit": UNIT, "place": "place:fridge"}
        claim(ledger, Draft(kinds.Opening, made), Draft(kinds.TagAssociated, {**made, "tag": TAG}))
        for place, minute in zip(("place:fridge", "place:fridge", "place:bench"), (1, *minutes), strict=True):
            seen = {"tag": TAG, "device": "device:r", "antenna": 1, "reads": 1, "place": place}
            ledger.append_batch(gateway.say((kinds.TagArrived, format_instant(NOON_MS + minute * MINUTE_MS), seen)))
    report = examine(site)
    assert report.ok, str(report.first_bad)
    assert any(check.endswith("in stretches") for check in report.checks)


@pytest.mark.parametrize("mode", ["production", "demo"])
def test_simulated_time_counts_on_a_demo_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """Elsewhere such a sighting is a defect, and no part of a run."""
    monkeypatch.setattr(event_lists, "WINDOW_BATCHES", 1)
    site = site_in(tmp_path / "site", mode=mode)
    clock, gateway = StoryClock(), Gateway("gw-centre", origin=site.origin)
    with Ledger(site, clock, entropy=CountedEntropy("simulated")) as ledger:
        introduce(ledger, gateway)
        seen = {"tag": TAG, "device": "device:r", "antenna": 1, "reads": 1, "place": "place:fridge"}
        ledger.append_batch(gateway.say((kinds.TagArrived, clock.after(1), {**seen, "clock": "simulated"})))
    report = examine(site)
    assert report.ok, str(report.first_bad)
    assert any(check.endswith("in stretches") for check in report.checks)
    with sqlite3.connect(site.ledger_db) as connection:
        (defects,) = connection.execute("SELECT count(*) FROM defects").fetchone()
    connection.close()
    assert defects == (mode == "production")
