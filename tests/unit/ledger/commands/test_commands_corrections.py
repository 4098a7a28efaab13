"""`xuemai correct`: what was said stays, and what is right counts in its place."""

from pathlib import Path

import pytest
from click.testing import CliRunner

import xuemai
from ledger.accounts import LOCAL, Accounts
from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.config import Site
from ledger.core import kinds
from ledger.read.reader import reading
from tests.support.producers import StoryClock, claim, declare, site_in

UNIT = "unit:A999926000001.E0382V00"
PASSWORD = "many quiet herons stand"
FRIDGE, LAB = "place:centre/fridge", "place:centre/lab"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A bag that was put into the fridge; two people of the station, and one of elsewhere."""
    made = site_in(tmp_path / "site")
    with Ledger(made, StoryClock()) as ledger:
        centre = {"organisation": "org:centre", "role": "blood_centre", "name_zh": "中心", "name_en": "Centre"}
        declare(ledger, Draft(kinds.OrganisationAdded, centre))
        for place in (FRIDGE, LAB):
            named = {"place": place, "organisation": "org:centre", "name_zh": "库", "name_en": "A place"}
            declare(ledger, Draft(kinds.PlaceAdded, named))
        claim(ledger, Draft(kinds.Opening, {"unit": UNIT, "place": LAB}))
        claim(ledger, Draft(kinds.Stored, {"unit": UNIT, "place": FRIDGE}))
    accounts = Accounts(made.accounts_db)
    now_ms = SystemClock().now_ms()
    people = (("quality.xu", "quality", "centre"), ("store.wu", "technician", "centre"), ("bank.he", "quality", "ward"))
    for login, role, organisation in people:
        user = accounts.add_user(
            login, printed_name=login, organisation=f"org:{organisation}", roles={role}, actor=LOCAL, now_ms=now_ms
        )
        accounts.redeem(accounts.issue_code(user.person, LOCAL, now_ms=now_ms), PASSWORD, address="x", now_ms=now_ms)
    accounts.close()
    return made


def corrected(site: Site, seq: int, *more: str, by: str = "store.wu", persons: int = 1) -> tuple[int, str]:
    arguments = ["correct", "web", str(seq), "--reason", "a slip", "--by", by, *more, "--site", str(site.directory)]
    answer = CliRunner().invoke(xuemai.main, arguments, input=f"{PASSWORD}\n" * persons)
    return answer.exit_code, answer.output


def place(site: Site) -> str | None:
    with reading(site) as reader:
        found = reader.summary(UNIT)
        return None if found is None or found.place is None else found.place.id


def test_a_slip_is_corrected_withdrawn_and_struck_out(site: Site) -> None:
    assert corrected(site, 2, "--set", f"place={LAB}")[0] == 0
    assert place(site) == LAB
    assert corrected(site, 3, "--strike")[0] == 0, "the correction is withdrawn"
    assert place(site) == FRIDGE
    assert corrected(site, 2, "--strike")[0] == 0
    assert place(site) == LAB


def test_what_decides_about_use_takes_two_persons(site: Site) -> None:
    change = ("--set", "reason=inherited")
    assert "correction.quality" in corrected(site, 1, *change)[1]
    assert "correction.two-persons" in corrected(site, 1, *change, by="quality.xu")[1]
    code, said = corrected(site, 1, *change, "--second", "store.wu", by="quality.xu", persons=2)
    assert (code, "both stand in the log" in said) == (0, True), said


@pytest.mark.parametrize(
    ("seq", "more", "words"),
    [
        (9, ("--set", "place=place:centre/lab"), "correction.unknown"),
        (2, ("--set", "colour"), "FIELD=VALUE"),
        (2, ("--set", "reads=3"), "fields"),
        (2, ("--set", f"place={FRIDGE}"), "correction.same"),
        (2, ("--strike", "--second", "store.wu"), "two-persons"),
        (1, ("--set", "reason=inherited", "--second", "bank.he"), "person.unknown"),
        (2, (), "expected --strike"),
        (2, ("--strike", "--set", f"place={LAB}"), "expected --strike"),
    ],
)
def test_what_cannot_be_corrected_is_said(site: Site, seq: int, more: tuple[str, ...], words: str) -> None:
    code, said = corrected(site, seq, *more, persons=2)
    assert code != 0
    assert words in said
    assert place(site) == FRIDGE


def test_a_comment_stands_beside_what_was_said(site: Site) -> None:
    def commented(seq: str, *more: str) -> tuple[int, str]:
        arguments = ["comment", "web", seq, "--text", "seen", "--by", "store.wu", *more, "--site", str(site.directory)]
        answer = CliRunner().invoke(xuemai.main, arguments, input=f"{PASSWORD}\n")
        return answer.exit_code, answer.output

    assert commented("2")[0] == 0
    assert place(site) == FRIDGE, "it counts as before"
    with reading(site) as reader:
        [said] = [each.event for each in reader.told(UNIT) if isinstance(each.event, kinds.Commented)]
    assert (said.of_stream, said.of_seq, said.reason) == ("web", 2, "seen")
    code, words = commented("99")
    assert (code, "correction.unknown" in words) == (1, True)
