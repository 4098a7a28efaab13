"""A site's first day in a real browser: from the one-time code to a passport that verifies elsewhere.

`xuemai init` and `xuemai serve` are real processes; everything that a person does is done on the pages, in Chinese.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page

from firmware_mocks.cast import free_port
from ledger.clock import SystemClock
from tests.support.processes import Server, xuemai

pytestmark = pytest.mark.browser

PASSWORD = "a long sentence for tests"
DIN = "A999926000001"
WHOLE, RED = f"unit:{DIN}.A0001V00", f"unit:{DIN}.A0002V00"
DONOR = "person:" + "d" * 32


@dataclass(frozen=True)
class FirstDay:
    """The site's folder and its server."""

    site: Path
    server: Server


@pytest.fixture
def first_day(tmp_path: Path) -> Iterator[FirstDay]:
    site, port = tmp_path / "site", free_port()
    name = ("--name", "demo.first-day.example")
    subprocess.run(xuemai("init", str(site), *name, "--port", str(port)), check=True, capture_output=True)
    server = Server(site, port, log=tmp_path / "server.log")
    server.start_and_wait()
    yield FirstDay(site, server)
    server.stop()


def enrol(page: Page, code: str) -> None:
    page.goto("/enrol")
    page.fill("#code", code)
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("main form button.primary")


def sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("main form button.primary")


def set_up(page: Page) -> str:
    """The administrator adds an organisation, a place and a technician; answers the technician's code."""
    page.goto("/places")
    page.fill("#o-id", "org:centre")
    page.select_option("#o-role", "blood_centre")
    page.fill("#o-zh", "市血液中心")
    page.fill("#o-en", "City Blood Centre")
    page.click("form:has(#o-id) button.primary")
    page.fill("#p-id", "place:centre/lab")
    page.select_option("#p-org", "org:centre")
    page.fill("#p-zh", "制备室")
    page.fill("#p-en", "Laboratory")
    page.click("form:has(#p-id) button.primary")
    page.goto("/people")
    page.fill("form.card #login", "zhang")
    page.fill("#printed", "张伟")
    page.select_option("#org", "org:centre")
    page.check("input[name=roles][value=technician]")
    page.click("form.card button.primary")
    return page.locator("[data-code]").inner_text()


def record(page: Page, kind: str, **fields: str) -> None:
    page.goto(f"/steps/{kind}")
    for name, value in fields.items():
        if page.locator(f"select#f-{name}").count():
            page.select_option(f"#f-{name}", value)
        else:
            page.fill(f"#f-{name}", value)
    page.click("main form button.primary")


def within_life() -> str:
    """A day less than the red cells' life that the pack allows, since midnight may pass meanwhile."""
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, ZoneInfo("Asia/Shanghai"))
    return f"{today + timedelta(days=34):%Y-%m-%d} 23:59"


def test_from_the_first_code_to_a_passport_that_verifies_elsewhere(
    browser: Browser, first_day: FirstDay, tmp_path: Path
) -> None:
    context = browser.new_context(base_url=first_day.server.url, locale="zh-CN")
    page = context.new_page()
    code = (first_day.site / "first-admin-code").read_text().strip()
    enrol(page, code)
    sign_in(page, "admin")
    technicians_code = set_up(page)
    assert not (first_day.site / "first-admin-code").exists()  # it works once
    page.context.clear_cookies()
    enrol(page, technicians_code)
    sign_in(page, "zhang")

    record(page, "collected", unit=WHOLE, donor=DONOR, place="place:centre/lab", volume_ml="400")
    record(page, "prepared", parents=WHOLE, children=f"{RED}, {within_life()}, 284", place="place:centre/lab")
    denied = page.goto("/steps/transfused")
    assert denied is not None
    assert denied.status == 403  # no technician's step
    page.goto(f"/units/{RED}")
    told = page.locator("main").inner_text()
    assert "A9999 26 000001" in told
    assert "制备" in told
    assert "张伟" in told
    assert "输血" not in page.locator("table").first.inner_text()

    with page.expect_download() as download:
        page.locator('a[href$="/passport"]').click()
    passport = tmp_path / "passport.json"
    download.value.save_as(passport)
    context.close()
    policy = str(first_day.site / "policy.txt")
    verify = xuemai("passport", "verify", str(passport), "--policy", policy)
    good = subprocess.run(verify, check=False, capture_output=True, text=True)
    assert good.returncode == 0, good.stdout
    passport.write_text(re.sub(r"(volume_ml\W+)284", r"\g<1>285", passport.read_text("utf-8")), "utf-8")
    bad = subprocess.run(verify, check=False, capture_output=True, text=True)
    assert bad.returncode == 1
    assert "failed at step event-proofs" in bad.stderr
