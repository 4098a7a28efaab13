"""The page of a stock-take, as a reader of plain HTML finds it."""

import re

from ledger.append import Draft
from ledger.core import kinds
from tests.browser import world as story
from tests.browser.world import World
from tests.support.producers import claim
from tests.unit.web.conftest import Visitor

PAGE = "/stock/take"


def bag(number: int) -> str:
    return f"unit:A99992600000{number}.A0002V00"


def stocked(world: World, *numbers: int, place: str = story.FRIDGE) -> None:
    for number in numbers:
        world.claim(number / 100, "tech.lin", kinds.Opening, unit=bag(number), place=place)


def digest(page: str) -> str:
    return page.partition('name="looked_at" value="')[2].partition('"')[0]


def rule_of(page: str) -> str:
    return page.partition('data-rule="')[2].partition('"')[0]


def differing(page: str) -> list[str]:
    return re.findall(r'data-difference="(\w+)"', page)


def test_a_fridge_is_counted_by_hand_looked_at_and_signed(world: World, visitor: Visitor) -> None:
    stocked(world, 1, 2)
    world.at(1)
    technician = visitor.signed_in("tech.lin")
    assert "Stock-take" in technician.get("/stock").text
    chosen = technician.get(f"{PAGE}?place={story.FRIDGE}").text
    assert "Difference list" not in chosen, "nothing was scanned yet"
    assert digest(chosen) == ""
    counted = technician.post(PAGE, place=story.FRIDGE, texts=f"{bag(1)}\nnonsense")
    assert (counted.status_code, differing(counted.text)) == (200, ["missing", "unknown"])
    signed = {"place": story.FRIDGE, "texts": f"{bag(1)}\nnonsense", "looked_at": digest(counted.text)}
    assert technician.post(PAGE, record="yes", **signed).status_code == 303
    page = technician.get(f"{PAGE}?place={story.FRIDGE}").text
    assert "1 found, 1 missing, 0 in surplus" in page
    with world.app.extensions["xuemai"].reading() as reader:
        (said,) = [each.event for each in reader.told(bag(2)) if isinstance(each.event, kinds.StockTaken)]
    assert (said.place, said.found, said.missing) == (story.FRIDGE, [bag(1)], [bag(2)])
    assert said.by == world.people["tech.lin"].person


def test_nobody_signs_another_list_than_they_looked_at(world: World, visitor: Visitor) -> None:
    stocked(world, 1, 2)
    world.at(1)
    technician = visitor.signed_in("tech.lin")
    typed = {"place": story.FRIDGE, "texts": bag(1)}
    looked_at = digest(technician.post(PAGE, **typed).text)
    stocked(world, 3)
    world.at(1)
    again = technician.post(PAGE, record="yes", looked_at=looked_at, **typed)
    assert (again.status_code, rule_of(again.text)) == (422, "stocktake.changed")
    assert technician.post(PAGE, record="yes", looked_at=digest(again.text), **typed).status_code == 303


def test_an_empty_list_is_signed_only_from_an_instant_on(world: World, visitor: Visitor) -> None:
    world.at(1)
    technician = visitor.signed_in("tech.lin")
    assert rule_of(technician.post(PAGE, record="yes", place=story.FRIDGE).text) == "stocktake.nothing"
    assert rule_of(technician.post(PAGE, record="yes").text) == "stocktake.place"
    since = {"place": story.FRIDGE, "since": "2026-03-01 20:30"}
    looked_at = digest(technician.post(PAGE, **since).text)
    assert technician.post(PAGE, record="yes", looked_at=looked_at, **since).status_code == 303


def test_a_place_of_another_organisation_is_not_counted_and_its_bags_are_not_described(
    world: World, visitor: Visitor
) -> None:
    stocked(world, 1)
    world.at(1)
    nurse = visitor.signed_in("hospital.wu")
    assert nurse.get(f"{PAGE}?place={story.FRIDGE}").status_code == 404
    assert nurse.get(f"{PAGE}?place=place:nowhere").status_code == 404
    assert differing(nurse.post(PAGE, place=story.BANK, texts=bag(1)).text) == ["unknown"], "not theirs to see"
    unread = nurse.get(f"{PAGE}?place={story.BANK}&since=yesterday")
    assert (unread.status_code, "expected a time such as 2026-11-14 08:20" in unread.text) == (422, True)
    unread = nurse.post(PAGE, place=story.BANK, since="yesterday", record="1")
    assert (unread.status_code, "expected a time such as 2026-11-14 08:20" in unread.text) == (422, True)
    assert Visitor(world.app.test_client()).signed_in("quality.xu").get(PAGE).status_code == 403


def test_what_is_wrong_with_a_bag_is_told_apart(world: World, visitor: Visitor) -> None:
    stocked(world, 1, 2)
    stocked(world, 3, place=story.LAB)
    by = world.people["quality.xu"].person
    claim(world.ledger, Draft(kinds.Quarantined, {"unit": bag(2), "by": by}))
    world.at(1)
    page = visitor.signed_in("tech.lin").post(PAGE, place=story.FRIDGE, texts="\n".join(map(bag, (1, 2, 3)))).text
    assert differing(page) == ["misplaced", "wrong_state"]
    misplaced, wrong = page.split('data-difference="')[1:]
    assert bag(3) in misplaced
    assert "Preparation room" in misplaced, "where the ledger has it"
    assert bag(2) in wrong
    assert "in quarantine" in wrong


def test_the_form_of_the_kind_leads_to_the_page(world: World, visitor: Visitor) -> None:
    assert visitor.signed_in("tech.lin").get("/steps/stock_taken").headers["Location"].endswith(PAGE)
    assert visitor.post("/steps/stock_taken", page=PAGE, place=story.FRIDGE).status_code == 404
    assert world.ledger is not None
