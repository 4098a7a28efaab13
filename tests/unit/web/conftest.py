"""A site with pages, and people who use them over plain HTTP."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.browser.world import PASSWORD, World, opened

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Visitor:
    """A plain HTTP client that first gets a page for its CSRF token, then posts."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers={"Accept": "text/html", "Accept-Language": "en"})

    def token(self, path: str) -> str:
        found = _TOKEN.search(self.get(path).text)
        assert found, path
        return found[1]

    def post(self, path: str, *, page: str | None = None, **fields: object) -> TestResponse:
        token = self.token(page or path)
        headers = {"Accept": "text/html", "Accept-Language": "en"}
        return self.client.post(path, data={"csrf_token": token, **fields}, headers=headers)

    def signed_in(self, login: str) -> "Visitor":
        answer = self.post("/sign-in", login=login, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        return self


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "site") as found:
        yield found


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world.app.test_client())
