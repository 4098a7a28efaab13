"""Who may open what was withheld, and what the audit then says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ledger import accounts as accounts_room
from ledger.accounts import LOCAL, Accounts, Passwords, User
from ledger.append import Draft, Erasure, Ledger, Withheld
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.read.history import Entry
from ledger.read.reader import reading
from ledger.withheld.disclosure import Disclosed, disclose, openable
from ledger.withheld.values import Kept
from tests.support.producers import NOON_MS, StoryClock, claim, site_in

UNIT, DIN = "unit:A999926000001.E0382V00", "din:A999926000001"
CENTRE, HOSPITAL = "org:a9999", "org:h1"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(site_in(tmp_path / "site"), StoryClock()) as opened:
        claim(opened, Draft(kinds.Collected, {"unit": UNIT, "donor": "person:" + "d" * 32}))
        results = [Withheld("HBsAg reactive", CENTRE), Withheld("seen at the hospital", HOSPITAL)]
        claim(opened, Draft(kinds.Tested, {"din": DIN, "overall": "unfit", "results": results}))
        yield opened


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    accounts_room.create(tmp_path / "accounts.db")
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    opened = Accounts(tmp_path / "accounts.db", passwords=Passwords(quick))
    yield opened
    opened.close()


def entries(ledger: Ledger) -> list[Entry]:
    with reading(ledger.site) as reader:
        return reader.entries_about(UNIT)


def user(accounts: Accounts, role: str, organisation: str) -> User:
    login = f"{role}-{organisation.removeprefix('org:')}"
    return accounts.add_user(
        login, printed_name=login, organisation=organisation, roles={role}, actor=LOCAL, now_ms=NOON_MS
    )


def opened(ledger: Ledger, accounts: Accounts, who: User) -> tuple[Disclosed, ...] | Refused:
    return disclose(
        ledger.withheld, entries(ledger), accounts, user=who, address="10.0.0.7", subject=UNIT, now_ms=NOON_MS
    )


@pytest.mark.parametrize("role", ["laboratory", "quality"])
def test_laboratory_and_quality_see_their_own_organisations_values_and_the_audit_says_so(
    ledger: Ledger, accounts: Accounts, role: str
) -> None:
    for organisation, value in ((CENTRE, "HBsAg reactive"), (HOSPITAL, "seen at the hospital")):
        who = user(accounts, role, organisation)
        found = opened(ledger, accounts, who)
        assert not isinstance(found, Refused)
        assert [(each.stream, each.seq, each.kind, each.value) for each in found] == [("web", 2, "tested", value)]
        (entry,) = accounts.audit(limit=1)
        assert (entry.actor, entry.action, entry.subject) == (who.person, "value_open", UNIT)
        assert (entry.detail, entry.address, entry.outcome) == ("web 2", "10.0.0.7", "done")


@pytest.mark.parametrize("role", ["technician", "hospital", "administrator", "auditor"])
def test_nobody_else_sees_any_and_that_they_asked_is_in_the_audit(
    ledger: Ledger, accounts: Accounts, role: str
) -> None:
    who = user(accounts, role, CENTRE)
    found = opened(ledger, accounts, who)
    assert isinstance(found, Refused)
    assert found.step == "role"
    (entry,) = accounts.audit(limit=1)
    assert (entry.actor, entry.action, entry.outcome) == (who.person, "value.open", "denied")
    assert openable(ledger.withheld, entries(ledger), who) == ()


def test_looking_whether_there_is_anything_is_no_opening(ledger: Ledger, accounts: Accounts) -> None:
    who = user(accounts, "quality", CENTRE)
    before = accounts.audit(limit=1)
    assert len(openable(ledger.withheld, entries(ledger), who)) == 1
    stranger = user(accounts, "quality", "org:h2")
    before = accounts.audit(limit=1)
    assert opened(ledger, accounts, stranger) == ()
    assert accounts.audit(limit=1) == before, "where nothing was shown there is nothing to say"


def test_an_erased_value_cannot_be_opened(ledger: Ledger, accounts: Accounts) -> None:
    assert not isinstance(ledger.erase(Erasure("web", 2, "a court's order", "value")), Refused)
    assert opened(ledger, accounts, user(accounts, "quality", CENTRE)) == ()


def test_a_value_of_an_attempt_that_was_never_committed_belongs_to_no_event(ledger: Ledger, accounts: Accounts) -> None:
    ledger.withheld.keep("web", 2, {2: [Kept("sha256:" + "0" * 64, b"s" * 16, "never committed", CENTRE)]})
    assert opened(ledger, accounts, user(accounts, "quality", CENTRE)) == ()
