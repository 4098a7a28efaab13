"""`xuemai recall`: a case at the command line, signed by who leads it and acknowledged by who was told."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result

import xuemai
from ledger.accounts import LOCAL, Accounts, Passwords
from ledger.clock import SystemClock
from ledger.config import Site
from ledger.core.ids import format_instant
from tests.support.donors import CELLS, CENTRE, CLINIC, DAY_MS, DONOR, HALF, HOSPITAL, OTHER_HALF, pooled

PASSWORD = "many quiet herons stand"
CASE = "case:R-1"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
LEARNT = format_instant(SystemClock().now_ms() - 5 * DAY_MS)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    with pooled(tmp_path) as story:
        made = story.ledger.site
    accounts, now_ms = Accounts(made.accounts_db, passwords=Passwords(CHEAP)), SystemClock().now_ms()
    for login, organisation, role in (
        ("quality.xu", CENTRE, "quality"),
        ("quality.he", CENTRE, "quality"),
        ("hospital.wu", HOSPITAL, "hospital"),
        ("clinic.li", CLINIC, "hospital"),
    ):
        user = accounts.add_user(
            login, printed_name=login, organisation=organisation, roles={role}, actor=LOCAL, now_ms=now_ms
        )
        code = accounts.issue_code(user.person, LOCAL, now_ms=now_ms)
        accounts.redeem(code, PASSWORD, address="here", now_ms=now_ms)
    accounts.close()
    return made


def run(site: Site, *arguments: str, signatures: int = 0) -> Result:
    typed = f"{PASSWORD}\n" * signatures
    return CliRunner().invoke(xuemai.main, ["recall", *arguments, "--site", str(site.directory)], input=typed)


def opened(site: Site, *further: str) -> Result:
    said = ["open", CASE, DONOR, "--sort", "lookback", "--learnt", LEARNT, "--reason", "reactive"]
    return run(site, *said, "--by", "quality.xu", *further, signatures=1)


def shown(site: Site) -> dict[str, object]:
    told: dict[str, object] = json.loads(run(site, "show", CASE).stdout)
    return told


def lines(answer: Result) -> Sequence[Sequence[str]]:
    return [line.split("\t") for line in answer.stdout.splitlines()]


def test_a_case_goes_from_its_opening_to_its_end(site: Site) -> None:
    answer = opened(site, "--first-day", "2025-03-01")
    assert (answer.exit_code, answer.stdout) == (0, f"{CASE} is open.\n"), answer.output
    listed = run(site, "list")
    assert listed.exit_code == 3, "five days: overdue"
    [[case, sort, about, standing, late]] = lines(listed)
    assert (case, sort, about, late) == (CASE, "lookback", DONOR, "0 consignees late")
    assert standing.endswith("2 days late")
    assert shown(site)["left"] == {
        "units": sorted([CELLS, OTHER_HALF]),
        "untold": {CLINIC: [OTHER_HALF], HOSPITAL: sorted([CELLS, HALF])},
        "unanswered": [],
    }
    done = run(site, "withdraw", CASE, "--by", "quality.xu", signatures=1)
    assert (done.exit_code, done.stdout) == (0, f"{CASE}: 2 units recalled.\n"), done.output
    acknowledged = run(site, "acknowledge", CASE, "--by", "hospital.wu", signatures=1)
    assert (acknowledged.exit_code, acknowledged.stdout) == (0, f"{CASE}: acknowledged.\n")
    assert run(site, "late").exit_code == 0, "the clinic has three days"
    early = run(site, "close", CASE, "--reason", "r", "--by", "quality.xu", "--second", "quality.he", signatures=2)
    assert (early.exit_code, "case.unanswered" in early.stderr) == (1, True)
    said = ["--reason", "r", "--override", "the clinic is closed"]
    closed = run(site, "close", CASE, *said, "--by", "quality.xu", "--second", "quality.he", signatures=2)
    assert (closed.exit_code, closed.stdout) == (0, f"{CASE} is closed.\n")
    told = shown(site)
    assert isinstance(told["closed"], dict)
    assert (told["closed"]["override"], told["days_late"]) == ("the clinic is closed", 2)
    assert [(each["organisation"], each["acknowledged"] is None) for each in told["notices"]] == [  # type: ignore[attr-defined]  # a list
        (CLINIC, True),
        (HOSPITAL, False),
    ]
    assert run(site, "list").exit_code == 0, "a closed case is loud no more"


@pytest.mark.parametrize(
    ("arguments", "signatures", "reason"),
    [
        (("show", "case:NEVER"), 0, "there is no case:NEVER"),
        (("withdraw", CASE, "--by", "quality.xu"), 1, "case.unknown"),
        (("withdraw", CASE, "--by", "hospital.wu"), 1, "expected a role"),
        (("acknowledge", CASE, "--by", "clinic.li"), 1, "case.unknown"),
        (("acknowledge", CASE, "--by", "nobody"), 0, "expected the login"),
    ],
)
def test_what_cannot_be_done_says_why(site: Site, arguments: tuple[str, ...], signatures: int, reason: str) -> None:
    answer = run(site, *arguments, signatures=signatures)
    assert answer.exit_code == 1
    assert answer.stderr.splitlines()[-1].startswith(f"xuemai recall {arguments[0]}: ")
    assert reason in answer.stderr


def test_a_case_that_is_no_question_is_not_opened(site: Site) -> None:
    answer = opened(site, "--back")
    assert (answer.exit_code, "case.question" in answer.stderr) == (1, True)
    assert lines(run(site, "list")) == []
