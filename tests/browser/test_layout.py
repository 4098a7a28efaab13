"""Every page that is filled, in Chromium: nothing runs into anything else, and a gloved hand can hit what is there."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page

from tests.browser import world as story
from tests.browser.furnishing import CASE, CHECKLISTS, LONG, ORDER, furnish
from tests.browser.test_pages import visiting
from tests.browser.world import World, opened, tell
from tests.support.serving import serving

pytestmark = pytest.mark.browser

VISITS = (
    ("tech.lin", "/"),
    ("tech.lin", "/stock"),
    ("tech.lin", "/stock/cover"),
    ("tech.lin", "/stock/take"),
    ("tech.lin", f"/units/{story.WARM}"),
    ("tech.lin", "/orders?all=1"),
    ("tech.lin", ORDER),
    ("tech.lin", f"{ORDER}/pick-list"),
    ("tech.lin", "/discards"),
    ("tech.lin", "/steps"),
    ("tech.lin", f"/steps/stored?unit={story.CELLS}&place={LONG['place']}"),
    ("tech.lin", "/steps/prepared"),
    ("tech.lin", f"/correction?stream=web&seq=3&unit={story.WARM}"),
    ("tech.lin", "/paper"),
    ("tech.lin", "/consignments/FX-26-0812"),
    ("hospital.wu", "/orders/new"),
    ("hospital.wu", f"/consignments/FX-26-0901/receipt?place={story.BANK}"),
    ("hospital.wu", "/returns"),
    ("hospital.wu", "/steps/issued"),
    ("hospital.wu", "/steps/received"),
    ("quality.xu", "/fates"),
    ("quality.xu", "/discards"),
    ("quality.xu", "/recall"),
    ("quality.xu", CASE),
    ("quality.xu", f"{CASE}/file"),
    ("quality.xu", "/packs"),
    ("quality.xu", "/logger"),
    ("quality.xu", "/erasures"),
    ("tech.lin", "/agitation"),
    ("admin.zhou", "/places"),
    ("admin.zhou", "/gateways"),
    ("admin.zhou", "/keys"),
    ("admin.zhou", "/people"),
)

FAULTS = """() => {
  const faults = [];
  const shown = each => each.checkVisibility() && each.getBoundingClientRect().width > 1;
  const said = each => `${each.tagName.toLowerCase()} ${each.id || each.name || each.textContent.trim().slice(0, 30)}`;
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) faults.push(`${headings} h1`);
  if (document.documentElement.scrollWidth > window.innerWidth) faults.push("wider than the screen");
  for (const each of document.querySelectorAll("main :is(input:not([type=hidden]), select, textarea)")) {
    if (!shown(each)) continue;
    if (!each.labels.length && !each.ariaLabel) faults.push(`no label: ${said(each)}`);
    const box = (["checkbox", "radio"].includes(each.type) && each.closest("label") || each).getBoundingClientRect();
    if (box.height < 44 || box.width < 44) faults.push(`too small: ${said(each)}`);
  }
  for (const each of document.querySelectorAll("main .button"))
    if (shown(each) && each.getBoundingClientRect().height < 44) faults.push(`too small: ${said(each)}`);
  const lines = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    const drawn = parent.closest("svg, script, select, textarea, .hidden-visually");
    if (!node.data.trim() || drawn || !shown(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects())  // of each line its middle half: the rest may be leading
      if (box.width > 2) lines.push([node, box.left, box.right, box.top + box.height / 4, box.bottom - box.height / 4]);
  }
  for (let i = 0; i < lines.length; i++) for (let j = i + 1; j < lines.length; j++) {
    const [one, left, right, top, bottom] = lines[i], [other, left2, right2, top2, bottom2] = lines[j];
    if (Math.min(right, right2) - Math.max(left, left2) > 2 && Math.min(bottom, bottom2) - Math.max(top, top2) > 0)
      faults.push(`over each other: ${one.data.trim().slice(0, 30)} / ${other.data.trim().slice(0, 30)}`);
  }
  return faults;
}"""


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site where every list has something in it: its address."""
    with opened(tmp_path_factory.mktemp("layout") / "site", checklists=CHECKLISTS) as world:
        _fill(world)
        with serving(world.app) as at:
            yield at.address


def _fill(world: World) -> None:
    tell(world)
    furnish(world)


@pytest.mark.parametrize(("language", "width"), [("zh", 1280), ("en", 390)])
@pytest.mark.parametrize("login", ["tech.lin", "hospital.wu", "quality.xu", "admin.zhou"])
def test_nothing_runs_into_anything_and_every_target_can_be_hit(
    browser: Browser, furnished: str, login: str, language: str, width: int
) -> None:
    with visiting(browser, furnished, login, language=language, width=width) as (page, complaints):
        for path in (path for who, path in VISITS if who == login):
            assert _faults(page, furnished + path) == [], path
        assert complaints == []


@pytest.mark.parametrize(("language", "width"), [("zh", 1280), ("en", 390)])
def test_the_answer_to_a_loggers_file_is_as_well_laid_out(
    browser: Browser, furnished: str, language: str, width: int
) -> None:
    rows = "".join(f"2026-03-02 08:{minute:02d},{4 if minute < 20 else 8}\n" for minute in range(0, 30, 5))
    file: FilePayload = {
        "name": "log.csv",
        "mimeType": "text/csv",
        "buffer": f"time,celsius\n{rows}2026-03-02 09:30,4\n".encode(),
    }
    with visiting(browser, furnished, "hospital.wu", language=language, width=width) as (page, complaints):
        page.goto(f"{furnished}/logger")
        page.set_input_files("#l-file", file)
        for field, value in {"component": "RBC_AS", "phase": "uncontrolled", "pack": "uk"}.items():
            page.select_option(f"#l-{field}", value)
        page.click("main form .button.primary")
        page.wait_for_selector("[data-verdict=unknown]")
        assert _faults_shown(page) == []
        assert Axe().run(page).violations_count == 0
        assert complaints == []


def _faults(page: Page, url: str) -> list[str]:
    answer = page.goto(url)
    assert answer
    assert answer.status == 200, url
    return _faults_shown(page)


def _faults_shown(page: Page) -> list[str]:
    for details in page.query_selector_all("details"):
        details.evaluate("each => each.open = true")
    found = page.evaluate(FAULTS)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ("document.querySelector('h1').outerHTML += '<h1>another</h1>'", "2 h1"),
        ("document.querySelector('main').style.minWidth = '2000px'", "wider than the screen"),
        ("document.querySelector('label[for=f-time]').remove()", "no label: input f-time"),
        ("document.querySelector('#f-time').style.cssText = 'min-height: 0; height: 30px'", "too small: input f-time"),
        ("document.querySelector('.button.primary').style.minHeight = '30px'", "too small: button"),
        ("document.querySelector('#f-time-hint').style.marginTop = '-70px'", "over each other: When it happened"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(browser: Browser, furnished: str, planted: str, fault: str) -> None:
    with visiting(browser, furnished, "tech.lin") as (page, _):
        page.goto(f"{furnished}/steps/stored")
        page.evaluate(planted)
        assert [found for found in page.evaluate(FAULTS) if found.startswith(fault)] != []
