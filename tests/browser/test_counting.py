"""What is counted and signed, pressed through its pages: a stock-take, and a discard from request to disposal."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ledger.append import Draft
from ledger.core import kinds
from tests.browser.test_pages import visiting
from tests.browser.world import BANK, CENTRE, FRIDGE, World, opened
from tests.support.producers import declare
from tests.support.serving import serving

pytestmark = pytest.mark.browser

DISPOSAL_AREA = "place:centre/disposal"
Served = tuple[World, str]


def bag(number: int) -> str:
    return f"unit:A99992600000{number}.A0002V00"


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Served]:
    """Three bags in the fridge of a station that has a disposal area."""
    with opened(tmp_path / "site") as world:
        named = {"name_zh": "报废区", "name_en": "Disposal area"}
        apart = {"place": DISPOSAL_AREA, "organisation": CENTRE, "use": "disposal"}
        declare(world.ledger, Draft(kinds.PlaceAdded, apart | named))
        for number in (1, 2, 3):
            world.claim(number / 10, "tech.lin", kinds.Opening, unit=bag(number), place=FRIDGE)
        world.at(1)
        with serving(world.app) as at:
            yield world, at.address


def difference(page: Page, name: str) -> str:
    return page.locator(f"[data-difference={name}]").inner_text()


def test_a_stock_take_is_pressed_through_its_page(browser: Browser, station: Served) -> None:
    world, origin = station
    with visiting(browser, origin, "tech.lin") as (page, complaints):
        page.goto(f"{origin}/stock")
        page.get_by_role("link", name="Stock-take").click()
        page.select_option("#t-place", FRIDGE)
        page.fill("#t-texts", f"{bag(1)}\n{bag(2)}")
        page.get_by_role("button", name="Compare").click()
        expect(page.locator("[data-count=found]")).to_have_text("2")
        assert bag(3)[19:] in difference(page, "missing").replace(" ", "")
        page.fill("#t-texts", "\n".join(map(bag, (1, 2, 3))))
        page.get_by_role("button", name="Sign the stock-take").click()
        expect(page.locator("[data-rule='stocktake.changed']")).to_be_visible()
        expect(page.locator("[data-difference]")).to_have_count(0)
        page.get_by_role("button", name="Sign the stock-take").click()
        expect(page.locator("[data-taken]")).to_contain_text("3 found, 0 missing, 0 in surplus")
        expect(page.locator("[data-taken]")).to_contain_text(world.people["tech.lin"].printed_name)
        page.emulate_media(media="print")
        expect(page.locator("form.on-screen")).to_be_hidden()
        assert [each for each in complaints if "422" not in each] == []
    with visiting(browser, origin, "hospital.wu") as (page, _):
        page.goto(f"{origin}/stock/take")
        options = page.locator("#t-place option").evaluate_all("each => each.map(one => one.value)")
        assert BANK in options
        assert FRIDGE not in options


def test_a_discard_is_pressed_from_the_request_to_the_disposal(browser: Browser, station: Served) -> None:
    world, origin = station
    with visiting(browser, origin, "tech.lin") as (page, _):
        page.goto(f"{origin}/discards")
        page.fill("#a-units", f"{bag(1)}\n{bag(2)}")
        page.select_option("#a-code", "broken")
        page.get_by_role("button", name="Request the discard").click()
        expect(page.locator("[data-asked]")).to_have_count(2)
        expect(page.get_by_role("button", name="Approve the discard")).to_have_count(0)
    with visiting(browser, origin, "quality.xu", language="zh") as (page, _):
        page.goto(f"{origin}/discards")
        page.get_by_role("button", name="批准报废").click()
        expect(page.locator("[data-approved]")).to_have_count(2)
    with visiting(browser, origin, "tech.lin") as (page, _):
        page.goto(f"{origin}/discards")
        page.select_option("#d-place", DISPOSAL_AREA)
        page.fill("#d-texts", f"{bag(1)}\n{bag(3)}")
        page.get_by_role("button", name="Sign the disposal").click()
        expect(page.locator("[data-rule='discard.counted']")).to_be_visible()
        assert {name: page.locator(f"[data-difference={name}] li").count() for name in ("missing", "surplus")} == {
            "missing": 1,
            "surplus": 1,
        }
        page.fill("#d-texts", f"{bag(1)}\n{bag(2)}")
        page.fill("#d-number", "D-7")
        page.get_by_role("button", name="Count", exact=True).click()
        expect(page.get_by_text("2 counted, as approved")).to_be_visible()
        page.get_by_role("button", name="Sign the disposal").click()
        expect(page.locator("[data-approved]")).to_have_count(0)
        page.goto(f"{origin}/units/{bag(1)}")
        expect(page.locator("main")).to_contain_text("Discarded")
    with world.app.extensions["xuemai"].reading() as reader:
        assert [reader.summary(bag(number)).state for number in (1, 2, 3)] == ["discarded", "discarded", "pending"]
