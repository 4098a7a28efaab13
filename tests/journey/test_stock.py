"""A blood bank looks at its stock (库存): what it could give now, what it had then, and what a sweep does not find."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.append import Draft
from ledger.commands.stock import stock
from ledger.core import kinds
from ledger.core.ids import format_instant
from tests.browser.world import CENTRE, FRIDGE, HOSPITAL, HOUR_MS, LAB, World, _see, opened
from tests.support.producers import NOON_MS, Gateway, claim, introduce
from tests.unit.web.conftest import Visitor

SOON, LATE = "2998-03-03T15:59:00.000Z", "2999-03-30T15:59:00.000Z"
"""The command tells the time by the real clock, and has to find them in date."""
CATALOGUE = """
facility = "A9999"
version = "2026.2"

[products.A0002]
component = "RBC_AS"
zh = "悬浮红细胞"
en = "Red cells in additive solution"
amount = 1.5
measure = "U"
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "site") as found:
        yield found


def bag(number: int) -> str:
    return f"unit:A99992600000{number}.A0002V00"


def enters(world: World, number: int, abo: str, rhd: str, *, hour: float, expires: str = LATE) -> None:
    """A bag comes into the fridge and is released."""
    fields = {"unit": bag(number), "abo": abo, "rhd": rhd, "expires": expires, "place": FRIDGE}
    world.claim(hour, "tech.lin", kinds.Opening, **fields)
    released = {"unit": bag(number), "second": world.people["quality.he"].person, "place": FRIDGE}
    world.claim(hour + 0.1, "quality.xu", kinds.Released, **released)


def counted(world: World, *options: str) -> dict[str, object]:
    """What `xuemai stock` prints."""
    ran = CliRunner().invoke(stock, [*options, "--site", str(world.site.directory)])
    assert not ran.exception or ran.exit_code == 3, ran.output
    told: dict[str, object] = json.loads(ran.output)
    return told


def listed(page: bytes) -> dict[str, dict[str, str]]:
    """The table of bags as a spreadsheet reads it."""
    return {row["unit"]: row for row in csv.DictReader(io.StringIO(page.decode("utf-8-sig")))}


def test_a_day_of_the_stock(world: World) -> None:
    enters(world, 1, "O", "negative", hour=1, expires=SOON)
    enters(world, 2, "O", "negative", hour=1)
    enters(world, 3, "A", "positive", hour=2)
    (world.site.directory / "stock-targets.toml").write_text(
        '[[target]]\nname = "O neg, at night"\nabo = "O"\nrhd = "negative"\nbags = 2\n', "utf-8"
    )
    first = counted(world, "fefo", "--component", "RBC_AS", "--abo", "O", "--rhd", "negative", "--holder", CENTRE)
    assert [each["unit"] for each in first["bags"]] == [bag(1), bag(2)], "the first to expire first"  # type: ignore[attr-defined,index]
    assert counted(world, "reserves")["reserves"][0]["shortfall"] == 0  # type: ignore[index]

    # At six one goes to the hospital; the station writes the paper at eight.
    world.at(8)
    sent = {"dispatch_note": "consignment:FX-1", "units": [bag(1)], "to": HOSPITAL, "place": FRIDGE}
    by = world.people["tech.lin"].person
    claim(world.ledger, Draft(kinds.Dispatched, {**sent, "by": by}, format_instant(NOON_MS + 6 * HOUR_MS)))
    assert counted(world, "reserves")["reserves"][0]["shortfall"] == 1  # type: ignore[index]

    seven = format_instant(NOON_MS + 7 * HOUR_MS)
    for option, basis, free in (("--at", "as it happened", 2), ("--known", "as it was known", 3)):
        told = counted(world, "count", "--by", "state", "--holder", CENTRE, option, seven)
        assert told["basis"] == basis
        assert sum(line["bags"] for line in told["lines"]) == free  # type: ignore[attr-defined,misc]

    # The page says the same, and which of the two it is; a file goes along for the spreadsheet.
    visitor = Visitor(world.app.test_client()).signed_in("tech.lin")
    by_the_wall = "2026-03-02T03:00"
    assert "as it was known then" in visitor.get(f"/stock?at={by_the_wall}&basis=known").text
    assert set(listed(visitor.get(f"/stock.csv?at={by_the_wall}&basis=known").data)) == {bag(1), bag(2), bag(3)}
    assert set(listed(visitor.get(f"/stock.csv?at={by_the_wall}").data)) == {bag(2), bag(3)}

    # A sweep of the fridge at night finds the bag that left on paper alone, and misses one that is there on paper.
    sweep = world.site.directory / "sweep.txt"
    sweep.write_text(f"{bag(1)}\n{bag(2)}\ntag:E2801170FFFF\n", "utf-8")
    found = counted(world, "take", str(sweep), "--place", FRIDGE)
    assert (found["surplus"], found["missing"], found["unknown"]) == ([bag(1)], [bag(3)], ["tag:E2801170FFFF"])
    assert (found["misplaced"], found["wrong_state"]) == ([], [bag(1)])
    proposed = found["stock_taken"]
    claim(world.ledger, Draft(kinds.StockTaken, {**proposed, "by": by}))  # type: ignore[dict-item]  # as it was printed


def test_the_shelf_is_counted_on_the_page_by_the_reader_in_it_and_signed(world: World) -> None:
    for number in (1, 2, 3):
        enters(world, number, "A", "positive", hour=number)
        tag = {"unit": bag(number), "tag": f"tag:E00401500000000{number}", "place": FRIDGE}
        world.claim(number + 0.2, "tech.lin", kinds.TagAssociated, **tag)
    world.claim(4, "tech.lin", kinds.Moved, unit=bag(3), place=LAB)
    world.claim(4.1, "quality.xu", kinds.Quarantined, unit=bag(2), place=FRIDGE)
    gateway = Gateway("gw-centre")
    introduce(world.ledger, gateway)
    page = f"/stock/take?place={FRIDGE}&since={world.at(5)}"
    visitor = Visitor(world.app.test_client()).signed_in("tech.lin")
    seen = {"place": FRIDGE, "device": "device:gw-centre/uhf-1", "antenna": 1, "reads": 5}
    for number, differs in ((1, {"missing"}), (2, {"wrong_state"}), (3, {"wrong_state"})):
        arrived = {**seen, "tag": f"tag:E00401500000000{number}"}
        _see(world, gateway, (kinds.TagArrived, world.at(5 + number / 100), arrived))
        assert set(re.findall(r'data-difference="(\w+)"', visitor.get(page).text)) == differs
    with world.app.extensions["xuemai"].reading() as reader:
        assert reader.summary(bag(3)).place.id == FRIDGE, "its tag says that somebody put it back"
    looked_at = visitor.get(page).text.partition('name="looked_at" value="')[2].partition('"')[0]
    signed = {"place": FRIDGE, "since": format_instant(NOON_MS + 5 * HOUR_MS), "looked_at": looked_at, "record": "yes"}
    assert visitor.post("/stock/take", **signed).status_code == 303
    assert "3 found, 0 missing, 0 in surplus" in visitor.get(f"/stock/take?place={FRIDGE}").text
    assert "Stock-take" in visitor.get(f"/units/{bag(1)}").text


def test_half_units_are_counted_in_hundredths_and_shown_as_people_write_them(world: World) -> None:
    (world.site.directory / "products.toml").write_text(CATALOGUE, "utf-8")
    config = world.site.config_file
    config.write_text(config.read_text("utf-8") + '\n[labels]\nproducts = "products.toml"\n', "utf-8")
    for number in (1, 2, 3):
        enters(world, number, "B", "positive", hour=number)
    [line] = counted(world, "count", "--by", "component")["lines"]  # type: ignore[misc]
    assert (line["bags"], line["amounts"]) == (3, {"U": 450})
