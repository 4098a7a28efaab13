"""Every page in Chromium: accessible in both themes, languages and two widths, quiet, and at home on its origin."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import world as story
from tests.browser.world import PASSWORD, World
from tests.support.producers import Gateway

pytestmark = pytest.mark.browser

Served = tuple[World, str]
VISITS = (
    (None, "/sign-in"),
    (None, "/enrol"),
    ("quality.xu", "/"),
    ("quality.xu", "/units"),
    ("quality.xu", f"/units/{story.CELLS}"),
    ("quality.xu", f"/units/{story.WARM}"),
    ("quality.xu", "/find?q=nothing"),
    ("quality.xu", "/steps"),
    ("quality.xu", f"/steps/released?unit={story.WARM}"),
    ("quality.xu", "/release-batch?fill=pending"),
    ("quality.xu", "/materials/equipment:CENTRIFUGE-2"),
    ("tech.lin", "/steps/prepared"),
    ("tech.lin", "/steps/irradiated"),
    ("tech.lin", "/account"),
    ("tech.lin", "/consignments/FX-26-0812"),
    ("hospital.wu", f"/consignments/FX-26-0812/receipt?place={story.BANK}"),
    ("tech.lin", "/discards"),
    ("tech.lin", "/boxes"),
    ("hospital.wu", f"/returns?unit={story.CELLS}"),
    ("tech.lin", "/stock/wall"),
    ("tech.lin", "/stock/cover"),
    ("tech.lin", f"/stock/take?place={story.FRIDGE}&since=2026-03-01T12:00:00.000Z"),
    ("tech.lin", "/orders?all=1"),
    ("hospital.wu", "/orders/new"),
    ("tech.lin", "/passports"),
    ("tech.lin", "/units/A999926999999.A0002V00"),
    ("tech.lin", "/agitation"),
    ("admin.zhou", "/places"),
    ("admin.zhou", "/gateways"),
    ("admin.zhou", "/keys"),
    ("admin.zhou", f"/keys/{Gateway('gw-centre').key_id[4:]}"),
    ("admin.zhou", "/erasures"),
    ("quality.xu", "/recall"),
    ("quality.xu", "/logger"),
    ("quality.xu", "/packs"),
    ("quality.xu", "/packs/us"),
    ("admin.zhou", "/people"),
)
EXPECTED_ERRORS = frozenset({"/units/A999926999999.A0002V00"})
LOCALES = {"zh": "zh-CN", "en": "en-GB"}


@contextmanager
def visiting(
    browser: Browser, origin: str, login: str | None, *, language: str = "en", theme: str = "light", width: int = 1280
) -> Iterator[tuple[Page, list[str]]]:
    """A page whose visitor is signed in, and the complaints that it makes on the way."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        locale=LOCALES[language],
    )
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: _watch(request.url, origin, complaints))
    if login is not None:
        page.goto(f"{origin}/sign-in")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        page.wait_for_url(f"{origin}/")
    yield page, complaints
    context.close()


def _watch(url: str, origin: str, complaints: list[str]) -> None:
    if not url.startswith(f"{origin}/"):
        complaints.append(f"a request left the origin: {url}")


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("zh", "light", 1280), ("zh", "dark", 390), ("en", "dark", 1280), ("en", "light", 390)],
)
@pytest.mark.parametrize("login", [None, "quality.xu", "tech.lin", "hospital.wu", "admin.zhou"])
def test_every_page_is_accessible_quiet_and_fits(
    browser: Browser, served: Served, login: str | None, language: str, theme: str, width: int
) -> None:
    origin = served[1]
    with visiting(browser, origin, login, language=language, theme=theme, width=width) as (page, complaints):
        for path in (path for who, path in VISITS if who == login):
            page.goto(origin + path)
            for details in page.query_selector_all("details"):
                details.evaluate("each => each.open = true")
            found = Axe().run(page)
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} is wider than the screen"
            assert page.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en"}[language]
            if urlsplit(path).path in EXPECTED_ERRORS:
                complaints.clear()
            assert complaints == [], path


def test_forced_colours_keep_every_page_accessible(browser: Browser, served: Served) -> None:
    with visiting(browser, served[1], "quality.xu") as (page, complaints):
        page.emulate_media(forced_colors="active")
        page.goto(f"{served[1]}/units/{story.WARM}")
        assert Axe().run(page).violations_count == 0
        assert complaints == []


def test_ten_seconds_on_the_unit_page(browser: Browser, served: Served) -> None:
    with visiting(browser, served[1], "quality.xu", language="zh") as (page, _):
        page.goto(f"{served[1]}/units/{story.WARM}")
        expect(page.locator("[data-verdict]")).to_contain_text("不得使用")
        expect(page.locator("[data-rule='use.exposure-ok']")).to_contain_text("冷链超温，或无法判定")
        expect(page.locator(".wide-picture svg")).to_contain_text("8.92 °C，超温")
        expect(page.locator(".group b")).to_have_text("A+")
        expect(page.locator("[data-proof]")).to_be_visible()
        page.goto(f"{served[1]}/units/{story.CELLS}")
        expect(page.locator("[data-verdict=ok]")).to_contain_text("冷链合格")


def test_a_page_in_chinese_speaks_chinese(browser: Browser, served: Served) -> None:
    with visiting(browser, served[1], "quality.xu", language="zh") as (page, _):
        for path in ("/", "/steps", f"/units/{story.WARM}", f"/steps/released?unit={story.WARM}"):
            page.goto(served[1] + path)
            words = page.evaluate("""() => {
                const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                const found = [];
                while (walker.nextNode()) {
                    const parent = walker.currentNode.parentElement;
                    const spelt = parent.closest("script, .mono, .din, .brand, [lang=en], .l-code, textarea");
                    if (!spelt) found.push(walker.currentNode.data);
                }
                return found.join(" ");
            }""")
            english = [word for word in words.split() if word.isascii() and word.isalpha() and len(word) > 3]
            assert english == [], path


def test_the_read_out_names_the_reading_under_the_pointer_and_none_in_a_gap(browser: Browser, served: Served) -> None:
    with visiting(browser, served[1], "quality.xu") as (page, complaints):
        page.goto(f"{served[1]}/units/{story.WARM}")
        picture = page.locator(".wide-picture").first
        box = picture.locator("svg").bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 250)
        expect(page.locator("#readout")).to_contain_text("°C · Stock fridge F-07")
        page.mouse.move(box["x"] + box["width"] * 0.85, box["y"] + 250)
        expect(page.locator("#readout")).to_have_text("No reading here.")
        picture.focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator("#readout")).to_contain_text("°C")
        assert complaints == []


def test_without_script_the_page_says_the_same(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"{served[1]}/sign-in")
    page.fill("[name=login]", "tech.lin")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.goto(f"{served[1]}/units/{story.WARM}")
    page.locator("summary").first.click()
    expect(page.locator("details table").first).to_contain_text("above the limit")
    context.close()


def test_a_refusal_keeps_what_was_typed(browser: Browser, served: Served) -> None:
    with visiting(browser, served[1], "tech.lin") as (page, complaints):
        page.goto(f"{served[1]}/steps/stored?unit={story.CELLS}")
        page.select_option("[name=place]", story.FRIDGE)
        page.fill("[name=reason]", "back from the road")
        page.click("main form .primary")
        expect(page.locator("[data-rule='unit.held-elsewhere']")).to_contain_text(
            "Another organisation holds this unit"
        )
        assert page.input_value("[name=reason]") == "back from the road"
        assert page.input_value("[name=place]") == story.FRIDGE
        assert [each for each in complaints if "422" not in each] == []


def test_the_language_changes_in_place(browser: Browser, served: Served) -> None:
    with visiting(browser, served[1], "tech.lin") as (page, _):
        page.goto(f"{served[1]}/units?state=pending")
        page.click("[name=language]")
        expect(page.locator("h1")).to_contain_text("待检")
        assert page.url.endswith("/units?state=pending")


def test_print_leaves_the_picture_and_drops_the_controls(browser: Browser, served: Served) -> None:
    with visiting(browser, served[1], "tech.lin") as (page, _):
        page.goto(f"{served[1]}/units/{story.CELLS}")
        page.emulate_media(media="print")
        expect(page.locator(".top")).to_be_hidden()
        expect(page.locator(".actions").first).to_be_hidden()
        expect(page.locator(".wide-picture svg")).to_be_visible()
        expect(page.locator("a[href*='/correction']").first).to_be_hidden()
        expect(page.locator("summary").first).to_be_hidden()


@pytest.mark.parametrize("path", [f"/units/{story.CELLS}", "/consignments/FX-26-0812", "/stock"])
def test_on_paper_the_cards_are_no_rows_of_a_grid_which_a_page_break_would_cut(
    browser: Browser, served: Served, path: str
) -> None:
    with visiting(browser, served[1], "tech.lin") as (page, _):
        page.goto(f"{served[1]}{path}")
        assert shown_as(page) == {"grid"}
        page.emulate_media(media="print")
        assert shown_as(page) == {"block"}
        expect(page.locator("form.sheet")).not_to_be_visible()


def shown_as(page: Page) -> set[str]:
    """How what holds cards lays them out."""
    found: list[str] = page.locator(".page, .two").evaluate_all("all => all.map(one => getComputedStyle(one).display)")
    return set(found)


PAYLOADS = ('"><img src=x onerror=alert(1)>', "<script>alert(1)</script>", "{{7*7}}", "javascript:alert(1)")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_typed_is_never_run(browser: Browser, served: Served, payload: str) -> None:
    with visiting(browser, served[1], "tech.lin") as (page, complaints):
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.goto(f"{served[1]}/")
        page.fill("[name=q]", payload)
        page.keyboard.press("Enter")
        page.wait_for_url("**/find?*")
        assert "49" not in page.inner_text("main")
        page.goto(f"{served[1]}/steps/stored")
        page.fill("[name=unit]", payload)
        page.fill("[name=reason]", payload)
        page.evaluate("document.querySelector('form.sheet').noValidate = true")
        page.click("main form .primary")
        assert page.input_value("[name=reason]") == payload
        assert [each for each in complaints if "422" not in each] == []
