"""The site in a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from tests.browser.world import World, opened, tell

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    """The told story, served on loopback, and its address."""
    with opened(tmp_path_factory.mktemp("browser") / "site") as world:
        tell(world)
        with serving(world) as origin:
            yield world, origin


@contextmanager
def serving(world: World) -> Iterator[str]:
    """A site served on loopback: its address."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; a machine without one fails, and says what to install."""
    found = next((path for path in CHROMIUM if Path(path).exists()), None)
    assert found, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        opened_browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield opened_browser
        opened_browser.close()
