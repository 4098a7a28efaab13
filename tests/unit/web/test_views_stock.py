"""The page of the stock, as a reader of plain HTML finds it."""

import re

import pytest

from ledger.append import Draft
from ledger.core import kinds
from ledger.core.ids import format_instant
from tests.browser import world as story
from tests.browser.world import HOUR_MS, World
from tests.support.producers import NOON_MS, Gateway, claim, introduce
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
    assert numbers == ["1", "0", "0", "0", "0", "0", "0", "2", "1", "4", "8 U"]
    assert soon == "1 within 3 days"
    assert 'data-reserve="O neg &lt;night&gt;" data-shortfall="3"' in page
    assert "below target by 3" in page
    assert "target reached" in page
    wall = visitor.get("/stock/wall").text
    assert told(wall, "RBC_AS") == [name, *numbers[:8], "4", "1"]
    assert "below target by 3" in wall
    hospital = Visitor(world.app.test_client()).signed_in("hospital.wu")
    for path in ("/stock", "/stock/wall"):
        assert "Nothing that could be taken." in hospital.get(path).text
    file.write_text(targets.format("the centre's", 5) + 'holder = "org:centre"\n', "utf-8")
    assert "the centre" not in Visitor(world.app.test_client()).signed_in("hospital.wu").get("/stock").text
    assert "the centre" in visitor.get("/stock").text
    file.write_text("[[target]]", "utf-8")
    page = visitor.get("/stock").text
    assert 'data-problem="targets"' in page
    assert told(page, "RBC_AS")[-2] == "8 U"


def test_the_stock_names_a_gateway_that_is_silent_and_since_when(world: World, visitor: Visitor) -> None:
    gateway = Gateway("gw-old")
    introduce(world.ledger, gateway)
    said = {"probe": f"probe:gw-old/{story.FRIDGE[-4:]}", "place": story.FRIDGE, "measures": "air", "quality": "good"}
    segment = (kinds.TemperatureSegment, world.at(0.75), {**said, "until": world.at(1), "readings": [(0, 400)]})
    world.ledger.append_batch(gateway.seal(gateway.events([segment], "t"), "t", time=world.at(1)))
    world.at(1.25)
    visitor.signed_in("tech.lin")
    assert "data-late" not in visitor.get("/stock").text
    world.at(3)
    visitor.signed_in("tech.lin")
    for path in ("/stock", "/stock/wall"):
        page = visitor.get(path).text
        assert 'data-late="gw-old"' in page
        assert "gw-old is late: custody and alarms are known up to 2026-03-01 21:00" in page
    assert "data-late" in visitor.get("/stock?at=2026-03-01T22:30").text, "as it happened, and nobody has told it yet"
    assert "data-late" not in visitor.get("/stock?at=2026-03-01T22:30&basis=known").text, "what was known is known"
    assert "data-late" not in visitor.get("/stock?at=2026-03-01T21:00").text, "all of that has come in"


def test_a_past_stock_is_shown_as_it_happened_or_as_it_was_known_and_says_which(world: World, visitor: Visitor) -> None:
    unit, expires = "unit:A999926000001.A0002V00", "2026-03-09T15:59:00.000Z"
    group = {"abo": "A", "rhd": "positive"}
    world.claim(1, "tech.lin", kinds.Opening, unit=unit, expires=expires, place=story.FRIDGE, **group)
    second = world.people["quality.he"].person
    world.at(5)  # in the log at five, and true since two
    released = {"unit": unit, "by": world.people["quality.xu"].person, "second": second}
    claim(world.ledger, Draft(kinds.Released, released, format_instant(NOON_MS + 2 * HOUR_MS)))
    visitor.signed_in("tech.lin")
    assert told(visitor.get("/stock").text, "RBC_AS")[1] == "1"
    three = "2026-03-01T23:00"  # by the site's clocks, eight hours ahead
    happened = visitor.get(f"/stock?at={three}").text
    assert 'data-basis="happened"' in happened
    assert "2026-03-01 23:00, as it happened" in happened
    assert told(happened, "RBC_AS")[1] == "1"
    known = visitor.get(f"/stock?at={three}&basis=known").text
    assert 'data-basis="known"' in known
    assert "Nothing that could be taken." in known
    assert "Nothing that could be taken." in visitor.get("/stock?at=2026-03-01T21:30").text, "not released before two"
    assert "data-basis" not in visitor.get("/stock").text


@pytest.mark.parametrize("at", ["yesterday", "2031-01-01T00:00", "0001-01-01T00:00"])
def test_what_is_no_past_instant_shows_the_present_and_says_so(visitor: Visitor, at: str) -> None:
    visitor.signed_in("tech.lin")
    answer = visitor.get(f"/stock?at={at}")
    assert answer.status_code == 422
    assert 'data-problem="instant"' in answer.text
    assert "data-basis" not in answer.text
    assert visitor.get(f"/stock.csv?at={at}").status_code == 422


def test_the_same_stock_is_a_table_that_runs_nothing(world: World, visitor: Visitor) -> None:
    expires = "2026-03-09T15:59:00.000Z"
    world.claim(1, "tech.lin", kinds.Opening, unit="unit:A999926000001.A0002V00", expires=expires, place=story.FRIDGE)
    visitor.signed_in("tech.lin")
    answer = visitor.get("/stock.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="stock-2026-03-01T2100.csv"'
    assert answer.data.decode("utf-8-sig").splitlines() == [
        "unit,component,abo,rhd,place,holder,state,expires,amount,measure",
        f"unit:A999926000001.A0002V00,RBC_AS,,,{story.FRIDGE},{story.CENTRE},pending,2026-03-09,2,U",
    ]
    before = visitor.get("/stock.csv?at=2026-03-01T20:30").data.decode("utf-8-sig").splitlines()
    assert len(before) == 1
    hospital = Visitor(world.app.test_client()).signed_in("hospital.wu")
    assert len(hospital.get("/stock.csv").data.splitlines()) == 1, "of somebody else's stock nothing"
    assert len(hospital.get("/stock.csv?at=2026-03-01T21:00").data.splitlines()) == 1, "nor of what it was"
    assert len(visitor.get("/stock.csv?at=2026-03-01T21:00").data.splitlines()) == 2
