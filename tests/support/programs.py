"""A person's program: it asks the API with that person's token, and others sign in its requests."""

import json
from itertools import count
from typing import Any

from werkzeug.test import TestResponse

from ledger.accounts import LOCAL
from tests.browser.world import HOUR_MS, PASSWORD, World

_KEYS = count(1)


def key(number: int) -> str:
    """A request's key."""
    return f"0b7e3c1a-5f1d-4c38-9a55-{number:012x}"


def signed(*logins: str, password: str = PASSWORD) -> list[dict[str, str]]:
    """Signatures of persons, who typed their passwords."""
    return [{"login": login, "password": password} for login in logins]


class Program:
    """The program of one person of the site, with a token of all their roles."""

    def __init__(self, world: World, login: str) -> None:
        self.world, self.login = world, login
        accounts, user, now = world.app.extensions["xuemai"].accounts, world.people[login], world.clock.now_ms()
        about = {"label": "program", "roles": user.roles, "expires_ms": now + 360 * 24 * HOUR_MS}
        self.token = accounts.issue_token(user.person, **about, actor=LOCAL, now_ms=now)
        self.client = world.app.test_client()

    def get(self, address: str) -> dict[str, Any]:
        answer = self.client.get(address, headers=self._headers())
        assert answer.status_code == 200, answer.data
        told: dict[str, Any] = answer.get_json()
        return told

    def send(self, address: str, *, under: str | None = None, **said: object) -> TestResponse:
        """Send a request under a key, a new one if none is given; whatever is None is left out."""
        headers = self._headers() | {"Idempotency-Key": under or key(next(_KEYS))}
        told = {name: value for name, value in said.items() if value is not None}
        return self.client.post(address, data=json.dumps(told), headers=headers)

    def says(self, address: str, **said: Any) -> list[dict[str, Any]]:
        """Send a request that is taken; answer its events."""
        answer = self.send(address, **said)
        assert answer.status_code == 200, answer.data
        told: list[dict[str, Any]] = answer.get_json()["events"]
        return told

    def refused(self, address: str, **said: Any) -> tuple[int, str]:
        """Send a request that is not taken; answer status and rule. Nothing was written."""
        before = self.world.ledger.size
        answer = self.send(address, **said)
        assert answer.content_type == "application/problem+json", answer.data
        assert self.world.ledger.size == before, "a refusal writes nothing"
        told: dict[str, Any] = answer.get_json()
        return answer.status_code, told.get("step", "")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}
