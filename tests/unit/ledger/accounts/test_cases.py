"""What is noted on a case may name persons; it is kept where it can be erased."""

from pathlib import Path

import pytest

from ledger.accounts import LOCAL, AccountError, Accounts, Actor

CASE, OTHER = "case:R-1", "case:R-2"
XU = Actor("person:" + "7" * 32, "test")
CANARY = "Zhang San, telephone 13800000000"


def test_notes_are_kept_in_order_and_by_case(accounts: Accounts) -> None:
    accounts.add_case_note(CASE, f"  {CANARY} ", XU, now_ms=1)
    accounts.add_case_note(OTHER, "another", XU, now_ms=2)
    accounts.add_case_note(CASE, "called back", XU, now_ms=3)
    told = accounts.case_notes(CASE)
    assert [(each.case, each.person, each.time_ms, each.text) for each in told] == [
        (CASE, XU.person, 1, CANARY),
        (CASE, XU.person, 3, "called back"),
    ]
    assert accounts.case_notes("case:NEVER") == ()


def test_erased_notes_leave_no_byte_and_an_entry_of_the_audit(accounts: Accounts, path: Path) -> None:
    accounts.add_case_note(CASE, CANARY, XU, now_ms=1)
    accounts.add_case_note(OTHER, "stays", XU, now_ms=1)
    assert accounts.erase_case_notes(CASE, XU, now_ms=2) == 1
    assert accounts.case_notes(CASE) == ()
    assert [each.text for each in accounts.case_notes(OTHER)] == ["stays"]
    [erased, *_] = accounts.audit(limit=1)
    assert (erased.action, erased.subject, erased.detail) == ("case_notes_erase", CASE, "1")
    assert not any(CANARY.encode() in file.read_bytes() for file in path.parent.glob("accounts.db*"))


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4001])
def test_a_note_says_something_and_not_too_much(accounts: Accounts, text: str) -> None:
    with pytest.raises(AccountError, match="expected 1 to 4000"):
        accounts.add_case_note(CASE, text, XU, now_ms=1)


def test_nobody_writes_a_note_without_signing_in(accounts: Accounts) -> None:
    with pytest.raises(AccountError):
        accounts.add_case_note(CASE, "who", LOCAL, now_ms=1)
