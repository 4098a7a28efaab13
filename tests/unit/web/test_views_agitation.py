"""The page on which people say whether agitators run."""

import pytest

from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.read.reader import reading
from ledger.rules.agitation import Said
from tests.browser.world import BANK, FRIDGE, HOUR_MS, World
from tests.support.producers import NOON_MS
from tests.unit.web.conftest import Visitor


def said(world: World) -> dict[str, list[Said]]:
    with reading(world.site) as reader:
        return reader.agitation_said


def test_a_technician_says_that_an_agitator_stopped_and_when_it_ran_again(world: World, visitor: Visitor) -> None:
    world.at(3)
    visitor.signed_in("tech.lin")
    assert "agitation is not monitored" in visitor.get("/agitation").text
    assert visitor.post("/agitation", place=FRIDGE, says="resumed").status_code == 303
    earlier = format_instant(NOON_MS + HOUR_MS)
    assert visitor.post("/agitation", place=FRIDGE, says="stopped", time=earlier).status_code == 303
    assert said(world) == {FRIDGE: [Said(NOON_MS + HOUR_MS, runs=False), Said(NOON_MS + 3 * HOUR_MS, runs=True)]}
    page = visitor.get("/agitation").text
    assert page.index("running</td>") < page.index("standing still</td>"), "the newest first"
    world.ledger.close()
    assert examine(world.site).ok


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"place": "place:nowhere"}, "place.unknown"),
        ({"place": BANK}, "place.foreign"),
        ({"time": "2099-01-01 00:00"}, "time.ahead"),
        ({"time": "noon"}, "fields"),
        ({"says": "perhaps"}, "fields"),
    ],
)
def test_what_cannot_be_is_refused(world: World, visitor: Visitor, fields: dict[str, str], rule: str) -> None:
    answer = visitor.signed_in("tech.lin").post("/agitation", **{"place": FRIDGE, "says": "stopped", **fields})
    assert answer.status_code == 422
    assert f'data-rule="{rule}"' in answer.text
    assert said(world) == {}


def test_an_administrator_speaks_of_every_place(world: World, visitor: Visitor) -> None:
    assert visitor.signed_in("admin.zhou").post("/agitation", place=BANK, says="stopped").status_code == 303
    assert list(said(world)) == [BANK]
    assert "standing still</td>" in visitor.get("/agitation").text
    assert "standing still</td>" not in Visitor(world.app.test_client()).signed_in("tech.lin").get("/agitation").text


def test_who_may_not_is_refused(visitor: Visitor) -> None:
    assert visitor.signed_in("lab.chen").get("/agitation").status_code == 403
