"""What an administrator asked of an account and was not done is said in the reader's language, and why."""

import re

import pytest

from ledger.accounts import AccountError
from tests.browser.world import HOSPITAL, World
from tests.unit.web.conftest import Visitor
from web.words.people import NOT_DONE

GOOD = {"login": "west.li", "printed_name": "李", "organisation": HOSPITAL, "roles": "hospital"}
WRONG = {
    "login": {"login": "李"},
    "name": {"printed_name": " "},
    "taken": {"login": "tech.lin"},
    "roles": {"roles": "king"},
    "organisation": {"organisation": ""},
}


def told(answer: str) -> tuple[str, str]:
    """The rule, and what the page says."""
    found = re.search(r'data-rule="account\.([a-z-]+)" data-reason="[^"]*">.*?</p><p>(.*?)</p>', answer)
    assert found
    return found[1], found[2]


@pytest.mark.parametrize("rule", WRONG)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_person_who_is_not_added_is_told_of_in_words(world: World, rule: str, language: str) -> None:
    visitor = Visitor(world.app.test_client()).signed_in("admin.zhou")
    asked = {"csrf_token": visitor.token("/people"), **GOOD, **WRONG[rule]}
    headers = {"Accept": "text/html", "Accept-Language": language}
    answer = visitor.client.post("/people", data=asked, headers=headers)
    assert answer.status_code == 422
    found, words = told(answer.text)
    assert found == rule
    assert (words == NOT_DONE[rule]) is (language == "en")
    assert bool(re.search("[\u4e00-\u9fff]", words)) is (language == "zh")
    assert "expected" not in words


def test_the_last_administrator_stays_and_somebody_unknown_is_named_as_that(world: World) -> None:
    visitor = Visitor(world.app.test_client()).signed_in("admin.zhou")
    own = world.people["admin.zhou"].person
    answer = visitor.post(f"/people/{own}/enabled", page="/people", enabled="no")
    assert told(answer.text) == ("last-administrator", NOT_DONE["last-administrator"])
    answer = visitor.post(f"/people/person:{'0' * 32}/enabled", page="/people", enabled="no")
    assert told(answer.text) == ("account", NOT_DONE["account"])
    assert AccountError("anything").rule == "account"
