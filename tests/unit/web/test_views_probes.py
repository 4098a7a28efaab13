"""The page on which people say where probes hang."""

import pytest

from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.read.reader import reading
from ledger.rules.moved import Placement
from tests.browser.world import BANK, FRIDGE, HOUR_MS, World
from tests.support.producers import NOON_MS
from tests.unit.web.conftest import Visitor

PROBE = "probe:centre/f-07"


def said(world: World) -> list[Placement]:
    with reading(world.site) as reader:
        return reader.placements.get(PROBE, [])


def test_a_technician_says_where_a_probe_hangs_and_when_it_was_taken_out(world: World, visitor: Visitor) -> None:
    world.at(3)
    visitor.signed_in("tech.lin")
    assert "gateways' word alone counts" in visitor.get("/probes").text
    assert visitor.post("/probes", probe=PROBE, place="out").status_code == 303
    assert "taken out</td>" in visitor.get("/probes").text
    earlier = format_instant(NOON_MS + HOUR_MS)
    assert visitor.post("/probes", probe=PROBE, place=FRIDGE, time=earlier).status_code == 303
    assert said(world) == [Placement(NOON_MS + HOUR_MS, FRIDGE), Placement(NOON_MS + 3 * HOUR_MS, None)]
    page = visitor.get("/probes").text
    assert page.index("taken out</td>") < page.index("Stock fridge F-07</td>"), "the newest first"
    world.ledger.close()
    assert examine(world.site).ok


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"place": "place:nowhere"}, "place.unknown"),
        ({"place": BANK}, "place.foreign"),
        ({"place": FRIDGE, "time": "2099-01-01 00:00"}, "time.ahead"),
        ({"place": FRIDGE, "time": "noon"}, "fields"),
        ({"place": FRIDGE, "probe": "probe"}, "fields"),
    ],
)
def test_what_cannot_be_is_refused(world: World, visitor: Visitor, fields: dict[str, str], rule: str) -> None:
    answer = visitor.signed_in("tech.lin").post("/probes", **{"probe": PROBE, **fields})
    assert answer.status_code == 422
    assert f'data-rule="{rule}"' in answer.text
    assert said(world) == []


def test_nobody_says_where_another_organisations_probe_hangs(world: World, visitor: Visitor) -> None:
    visitor.signed_in("tech.lin").post("/probes", probe=PROBE, place=FRIDGE)
    hospital = Visitor(world.app.test_client()).signed_in("hospital.wu")
    assert 'data-rule="probe.foreign"' in hospital.post("/probes", probe=PROBE, place="out").text
    assert len(said(world)) == 1
    row = f">{PROBE}</td>"
    assert row not in hospital.get("/probes").text
    admin = Visitor(world.app.test_client()).signed_in("admin.zhou")
    assert admin.post("/probes", probe=PROBE, place=BANK).status_code == 303
    assert (admin.get("/probes").text.count(row), hospital.get("/probes").text.count(row)) == (2, 1)


def test_who_may_not_is_refused(visitor: Visitor) -> None:
    assert visitor.signed_in("lab.chen").get("/probes").status_code == 403
