"""The writing module asks for the role itself: no view can forget it."""

import pytest
from argon2 import PasswordHasher
from flask import g

from ledger.core.errors import Refused
from tests.browser import world as story
from tests.browser.world import World
from web.actions.steps import record_step


def test_a_step_of_another_role_is_refused_and_written_down(world: World) -> None:
    before = world.ledger.size
    with world.app.test_request_context():
        g.user = world.people["tech.lin"]
        refused = record_step("released", [{"unit": story.CELLS}], time=None, second_password="")
    assert isinstance(refused, Refused)
    assert refused.step == "role"
    assert world.ledger.size == before
    assert world.app.extensions["xuemai"].accounts.audit(limit=1)[0].outcome == "denied"


def test_a_second_person_signs_a_form_once_however_many_units_are_on_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    verify = PasswordHasher.verify

    def counting(hasher: PasswordHasher, stored: str, password: str) -> bool:
        asked.append(password)
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    units = [{"unit": unit, "second": "quality.he"} for unit in (story.CELLS, story.PLASMA, story.WARM)]
    with world.app.test_request_context():
        g.user = world.people["quality.xu"]
        record_step("released", units, time=None, second_password=story.PASSWORD)
    assert len(asked) == 1


def test_different_second_persons_sign_each_for_themselves(world: World) -> None:
    units = [
        {"unit": story.CELLS, "second": "quality.he"},
        {"unit": story.PLASMA, "second": "quality.xu"},
    ]
    with world.app.test_request_context():
        g.user = world.people["quality.xu"]
        refused = record_step("released", units, time=None, second_password=story.PASSWORD)
    assert isinstance(refused, Refused)
    assert refused.step == "two-persons"
