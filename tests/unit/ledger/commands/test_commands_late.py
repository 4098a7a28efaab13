"""Paper records entered from a file at the terminal: looked at, or recorded by two persons, all or nothing."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import xuemai
from ledger.accounts import LOCAL, Accounts
from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.config import Site
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.read.reader import reading
from tests.support.producers import claim, declare, site_in

PASSWORD = "a long sentence for tests"
UNIT, FRIDGE = "unit:A999926000001.A0002V00", "place:centre/f-07"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made, now_ms = site_in(tmp_path / "site"), SystemClock().now_ms()
    with Ledger(made, SystemClock()) as ledger:
        organisation = {"organisation": "org:centre", "role": "blood_centre", "name_zh": "站", "name_en": "Centre"}
        declare(ledger, Draft(kinds.OrganisationAdded, organisation))
        named = {"place": FRIDGE, "organisation": "org:centre", "name_zh": "库", "name_en": "Fridge"}
        declare(ledger, Draft(kinds.PlaceAdded, named))
        claim(ledger, Draft(kinds.Opening, {"unit": UNIT, "place": FRIDGE}))
    accounts = Accounts(made.accounts_db)
    for login in ("store.wu", "store.li", "bank.he"):
        roles = {"technician", "quality"} if login == "store.wu" else {"technician"}
        who = {
            "printed_name": login,
            "organisation": "org:ward" if login == "bank.he" else "org:centre",
            "roles": roles,
        }
        user = accounts.add_user(login, **who, actor=LOCAL, now_ms=now_ms)
        accounts.redeem(accounts.issue_code(user.person, LOCAL, now_ms=now_ms), PASSWORD, address="x", now_ms=now_ms)
    accounts.close()
    return made


def row(**more: object) -> dict[str, object]:
    now = format_instant(SystemClock().now_ms())
    return {"kind": "stored", "time": now, "fields": {"unit": UNIT, "place": FRIDGE}, **more}


def entered(site: Site, rows: object, *more: str, persons: int = 2) -> tuple[int, str]:
    file = site.directory / "rows.json"
    file.write_text(rows if isinstance(rows, str) else json.dumps(rows), "utf-8")
    arguments = ["late", str(file), "--by", "store.wu", *more, "--site", str(site.directory)]
    answer = CliRunner().invoke(xuemai.main, arguments, input=f"{PASSWORD}\n" * persons)
    return answer.exit_code, answer.output


def stored(site: Site) -> list[kinds.Stored]:
    with reading(site) as reader:
        return [each.event for each in reader.told(UNIT) if isinstance(each.event, kinds.Stored)]


def test_two_persons_enter_what_stood_on_paper(site: Site) -> None:
    code, said = entered(site, [row(by="store.li")], "--dry-run", persons=1)
    assert (code, '"recorded": false' in said, stored(site)) == (0, True, [])
    code, said = entered(site, [row(by="store.li")], "--second", "store.li")
    assert (code, '"recorded": true' in said) == (0, True), said
    (found,) = stored(site)
    assert found.by == found.confirmed_by
    assert found.entered_by not in {None, found.by}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("{", "expected a JSON list"),
        ([], "expected a JSON list"),
        ([row(colour="red")], "expected a JSON list"),
        ([row(kind="ordered")], "row 1: there is no step 'ordered'"),
        (
            [row(kind="assessed", fields={"unit": UNIT, "outcome": "fit", "second": "store.li"})],
            "assessment.persons: expected two quality officers",
        ),
        ([row(), row(fields={"unit": UNIT})], "row 2: fields: place"),
        ([row(), row(fields={"unit": UNIT, "place": "place:no/where"})], "row 2: place.unknown"),
        ([row(by="nobody")], "row 1: person.unknown"),
    ],
)
def test_a_row_that_cannot_be_entered_is_named_and_nothing_is_written(site: Site, rows: object, words: str) -> None:
    for more in (("--dry-run",), ("--second", "store.li")):
        code, said = entered(site, rows, *more)
        assert code == 1
        assert words in said
    assert stored(site) == []


def test_nobody_confirms_alone(site: Site) -> None:
    assert "two-persons" in entered(site, [row()], "--second", "store.wu")[1]
    assert "person.unknown" in entered(site, [row()], "--second", "bank.he")[1], "nor anybody from elsewhere"
    code, said = entered(site, [row()])
    assert (code, "--second" in said) == (2, True)
    assert stored(site) == []
