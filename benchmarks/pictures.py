"""The README's pictures, taken of a running demo: a unit's page in each language.

    python3 dev.py demo                                   # until it says that the site goes on in real time
    .venv/bin/python -m benchmarks.pictures [--url http://localhost:8080] [--dir demo-site]

Signs in as a quality officer, with the password in the demo's folder, and writes docs/images/unit-en.png, unit-zh.png.
"""

import argparse
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from firmware_mocks.scenarios import unit
from firmware_mocks.script import RED_CELLS
from firmware_mocks.site_plan import QUALITY
from firmware_mocks.site_setup import Accounts

IMAGES = Path(__file__).parents[1] / "docs" / "images"
MOVED = unit(3, RED_CELLS)
"""The bag that was moved to another fridge in the middle of the excursion."""
LOCALES = {"en": "en-GB", "zh": "zh-CN"}
_CHROMIUM = next((path for path in map(Path, ("/usr/bin/chromium", "/usr/bin/google-chrome")) if path.exists()), None)
_SIZE = {"width": 1180, "height": 1330}


def picture(browser: Browser, url: str, *, language: str, password: str) -> None:
    """Take the page of one bag in one language."""
    context = browser.new_context(base_url=url, locale=LOCALES[language], viewport=_SIZE, color_scheme="light")
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("[name=login]", QUALITY)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: "/sign-in" not in address)
    page.goto(f"/units/{MOVED.removeprefix('unit:')}")
    page.screenshot(path=IMAGES / f"unit-{language}.png")
    context.close()


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://localhost:8080", help="where the demo answers")
    parser.add_argument("--dir", type=Path, default=Path("demo-site"), help="the demo's folder")
    said = parser.parse_args()
    password = Accounts(said.dir).passwords[QUALITY]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for language in LOCALES:
            picture(browser, said.url, language=language, password=password)
        browser.close()


if __name__ == "__main__":
    main()
