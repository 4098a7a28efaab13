"""The page of a unit: what its events withhold is opened there, by whoever may, and the audit says so first."""

import pytest

from ledger.append import Draft, Withheld
from ledger.core import kinds
from ledger.core.ids import format_instant
from tests.browser import world as story
from tests.browser.world import World
from tests.support.producers import NOON_MS, claim
from tests.unit.web.conftest import Visitor

PAGE = f"/units/{story.WARM}"
OPEN = f"{PAGE}/withheld"
DIN = "din:" + story.WARM[5:18]


@pytest.fixture(autouse=True)
def _withheld(world: World) -> None:
    for unit in (story.WARM, story.CELLS):
        label = {"abo": "A", "rhd": "positive", "expires": format_instant(NOON_MS + 30 * 24 * story.HOUR_MS)}
        claim(world.ledger, Draft(kinds.Opening, {"unit": unit, **label, "place": story.FRIDGE}))
    results = [Withheld("HBsAg reactive", story.CENTRE)]
    claim(world.ledger, Draft(kinds.Tested, {"din": DIN, "overall": "unfit", "results": results}))
    asked = {"unit": story.WARM, "code": "unsuitable", "withheld": Withheld("self-exclusion", story.CENTRE)}
    claim(world.ledger, Draft(kinds.DiscardRequested, asked))


def visitor(world: World, login: str) -> Visitor:
    return Visitor(world.app.test_client()).signed_in(login)


def opened(text: str) -> int:
    return text.count("data-opened=")


def test_quality_opens_what_was_withheld_in_words_and_the_audit_says_so(world: World) -> None:
    officer = visitor(world, "quality.xu")
    before = officer.get(PAGE).text
    assert "HBsAg reactive" not in before
    assert f'action="{OPEN}#withheld"' in before
    shown = officer.post(OPEN, page=PAGE)
    assert (shown.status_code, opened(shown.text)) == (200, 2)
    assert "HBsAg reactive" in shown.text
    assert "<b>confidential self-exclusion</b>" in shown.text, "a code of the list is put in its words"
    (entry,) = world.app.extensions["xuemai"].accounts.audit(limit=1)
    assert (entry.action, entry.subject, entry.actor) == ("value_open", story.WARM, world.people["quality.xu"].person)
    assert opened(officer.get(PAGE).text) == 0, "the next look asks again"


def test_the_laboratory_may_too_and_nobody_else(world: World) -> None:
    assert opened(visitor(world, "lab.chen").post(OPEN, page=PAGE).text) == 2
    for login in ("tech.lin", "admin.zhou"):
        other = visitor(world, login)
        assert OPEN not in other.get(PAGE).text
        assert other.post(OPEN, page=PAGE).status_code == 403


def test_a_unit_that_withholds_nothing_or_is_none_offers_nothing(world: World) -> None:
    officer = visitor(world, "quality.xu")
    assert "/withheld" not in officer.get(f"/units/{story.CELLS}").text
    assert officer.post("/units/unit:A999926999999.A0002V00/withheld", page=PAGE).status_code == 404


def test_where_the_list_of_reasons_cannot_be_read_the_code_is_shown(world: World) -> None:
    (world.site.directory / "discard-reasons.toml").write_text("[[reason]]\n", "utf-8")
    shown = visitor(world, "quality.xu").post(OPEN, page=PAGE).text
    assert "<b>self-exclusion</b>" in shown
