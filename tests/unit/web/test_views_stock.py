"""The page of the stock, as a reader of plain HTML finds it."""

import re

from ledger.core import kinds
from tests.browser import world as story
from tests.browser.world import World
from tests.unit.web.conftest import Visitor


def told(page: str, component: str) -> list[str]:
    row = re.search(rf'data-component="{component}">(.*?)</tr>', page, re.DOTALL)
    assert row, page
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row[1], re.DOTALL)]


def test_free_bags_stand_under_their_group_and_a_reserve_that_is_short_says_so(world: World, visitor: Visitor) -> None:
    visitor.signed_in("tech.lin")
    assert "Nothing that could be taken." in visitor.get("/stock").text
    for number, abo, rhd, day in ((1, "O", "negative", "03"), (2, "O", "negative", "09"), (3, "A", "positive", "09"),
                                  (4, None, None, "09")):  # fmt: skip
        unit = f"unit:A99992600000{number}.A0002V00"
        expires = f"2026-03-{day}T15:59:00.000Z"
        group = {} if abo is None else {"abo": abo, "rhd": rhd}
        world.claim(0.01, "tech.lin", kinds.Opening, unit=unit, expires=expires, place=story.FRIDGE, **group)
        world.claim(0.02, "quality.xu", kinds.Released, unit=unit, second=world.people["quality.he"].person)
    pending = {"abo": "B", "rhd": "positive", "expires": "2026-03-03T15:59:00.000Z", "place": story.FRIDGE}
    world.claim(0.03, "tech.lin", kinds.Opening, unit="unit:A999926000005.A0002V00", **pending)
    targets = '[[target]]\nname = "{}"\nabo = "O"\nrhd = "negative"\nbags = {}\n'
    file = world.site.directory / "stock-targets.toml"
    file.write_text(targets.format("O neg <night>", 5) + targets.format("O neg, day", 2), "utf-8")
    page = visitor.get("/stock").text
    name, *numbers, soon = told(page, "RBC_AS")
    assert name == "Red cells in additive solution"
    assert numbers == ["1", "0", "0", "0", "0", "0", "0", "2", "1", "4", "8.00 U"]
    assert soon == "1 within 3 days"
    assert 'data-reserve="O neg &lt;night&gt;" data-shortfall="3"' in page
    assert "below target by 3" in page
    assert "target reached" in page
    hospital = Visitor(world.app.test_client()).signed_in("hospital.wu").get("/stock").text
    assert "Nothing that could be taken." in hospital
    file.write_text(targets.format("the centre's", 5) + 'holder = "org:centre"\n', "utf-8")
    assert "the centre" not in Visitor(world.app.test_client()).signed_in("hospital.wu").get("/stock").text
    assert "the centre" in visitor.get("/stock").text
    file.write_text("[[target]]", "utf-8")
    page = visitor.get("/stock").text
    assert 'data-problem="targets"' in page
    assert told(page, "RBC_AS")[-2] == "8.00 U"
