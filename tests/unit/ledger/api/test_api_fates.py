"""Final fates over HTTP, of one's own organisation."""

from pathlib import Path

from ledger.core.ids import format_instant
from tests.browser.world import CENTRE, HOUR_MS
from tests.support.producers import NOON_MS
from tests.support.programs import Program
from tests.support.supplying import red, stocked


def test_a_bag_whose_fate_is_missed_is_told_to_who_holds_it_and_to_nobody_else(tmp_path: Path) -> None:
    with stocked(tmp_path / "site") as world:
        station, hospital = Program(world, "tech.lin"), Program(world, "hospital.wu")
        assert station.get("/v1/fates")["missing"] == []
        world.at(90 * 24)
        told = station.get("/v1/fates")
        assert told["as_of"] == world.at(90 * 24)
        first = told["missing"][0]
        expired = format_instant(NOON_MS + 24 * 24 * HOUR_MS)
        assert first == {"unit": red(6), "holder": CENTRE, "state": "available", "since": expired}
        assert told["closure"] == [{"holder": CENTRE, "closed": 0, "due": 6, "per_mille": 0}]
        assert hospital.get("/v1/fates")["missing"] == hospital.get("/v1/fates")["closure"] == []
