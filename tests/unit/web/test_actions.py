"""The writing module asks for the role itself: no view can forget it."""

from flask import g

from ledger.core.errors import Refused
from tests.browser import world as story
from tests.browser.world import World
from web.actions import record_step


def test_a_step_of_another_role_is_refused_and_written_down(world: World) -> None:
    before = world.ledger.size
    with world.app.test_request_context():
        g.user = world.people["tech.lin"]
        refused = record_step("released", [{"unit": story.CELLS}], time=None, second_password="")
    assert isinstance(refused, Refused)
    assert refused.step == "role"
    assert world.ledger.size == before
    assert world.app.extensions["xuemai"].accounts.audit(limit=1)[0].outcome == "denied"
