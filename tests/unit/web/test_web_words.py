"""Every name of the ledger has its word, and every word its Chinese."""

import ast
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from ledger.accounts.permissions import ROLES
from ledger.acts.steps import KINDS
from ledger.core.events import KINDS_OF
from ledger.core.verify import STEP_NAMES
from ledger.rules import release
from ledger.rules.lifecycle import State
from ledger.store.discrepancies import FOLDED
from web.forms import fields_of
from web.words.fields import CHOICES, FIELDS
from web.words.kinds import GROUPS
from web.words.kinds import KINDS as KIND_WORDS
from web.words.people import ROLES as ROLE_WORDS
from web.words.proof import PROOF_STEPS
from web.words.refusals import REFUSALS
from web.words.rules import RULES
from web.words.states import STATES

ROOT = Path(__file__).parents[3]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None, "said": None, "marked": None, "N_": None}


NO_PERSON_MEETS = {
    *("request.stream", "request.differs", "enclosure", "erasure.listed"),
    *("key", "cosignature", "signed-head"),
}
"""Refusals of programs' requests and of what the ledger writes for itself: no form leads to them."""


def msgids() -> set[str]:
    found = set()
    for _, _, message, _, _ in extract_from_dir(ROOT / "web", METHODS_IN_WEB, keywords=KEYWORDS):
        found.add(message[0] if isinstance(message, tuple) else message)
    return found


METHODS_IN_WEB = [("templates/**.html", "jinja2"), ("**.py", "python")]


def catalogue(language: str) -> Catalog:
    with (ROOT / f"web/translations/{language}/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=language)


def test_every_kind_state_role_rule_and_step_has_its_word() -> None:
    assert {kind for members in KINDS_OF.values() for kind in members} == set(KIND_WORDS)
    assert {state.value for state in State} == set(STATES)
    assert set(ROLE_WORDS) == ROLES
    rules = {name for table in (release._RELEASE, release._DISPATCH, release._ISSUE, release._USE) for name, _ in table}
    assert rules <= set(RULES)
    assert set(FOLDED) <= set(RULES)
    assert set(STEP_NAMES) == set(PROOF_STEPS)


def test_every_step_is_offered_once_and_every_field_of_its_form_has_a_label() -> None:
    offered = [kind for _, members in GROUPS for kind in members]
    assert sorted(offered) == sorted(KINDS)
    assert {each.name for kind in KINDS for each in fields_of(kind)} <= set(FIELDS)
    choices = {choice for kind in KINDS for each in fields_of(kind) for choice in each.choices}
    assert choices - {"A", "B", "AB", "O"} <= set(CHOICES)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_word_is_missing_or_fuzzy(language: str) -> None:
    known = catalogue(language)
    wanted = msgids()
    assert len(wanted) > 300
    missing = [message for message in wanted if not (entry := known.get(message)) or not any(_strings(entry.string))]
    assert missing == []
    assert [entry.id for entry in known if entry.fuzzy and entry.id] == []


def test_no_word_is_kept_that_no_page_says() -> None:
    said = msgids()
    kept = {entry.id[0] if isinstance(entry.id, tuple) else entry.id for entry in catalogue("zh") if entry.id}
    assert kept - said == set()


def test_every_refusal_that_the_ledger_or_a_page_names_has_its_words() -> None:
    named = {
        call.args[0].value
        for room in ("web", "ledger/acts", "ledger/rules", "ledger/append", "ledger/store", "ledger/read")
        for path in (ROOT / room).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Refused"
        if isinstance(call.args[0], ast.Constant)
    }
    assert len(named) > 100
    worded = {name for name in named if {name, name.partition(".")[2]} & {*REFUSALS, *RULES}}
    assert sorted(named - worded - NO_PERSON_MEETS) == []


def test_the_placeholders_of_a_translation_are_those_of_its_message() -> None:
    chinese = catalogue("zh")
    for entry in chinese:
        assert not list(entry.check(chinese)), entry.id


def test_words_that_the_field_does_not_use_are_not_used() -> None:
    said = [ROOT / "web/translations/zh/LC_MESSAGES/messages.po", ROOT / "README.zh-CN.md"]
    said += [each for each in (ROOT / "ledger/passport_page").iterdir() if each.suffix in {".js", ".json", ".html"}]
    text = "".join(each.read_text("utf-8") for each in said)
    assert [word for word in ("政策包", "血缘", "签收", "不可篡改", "检查点", "台账", "本单位") if word in text] == []


def _strings(string: str | list[str] | tuple[str, ...]) -> list[str]:
    return [string] if isinstance(string, str) else list(string)
