"""`xuemai erase`: two persons with two roles, each with the own password."""

from pathlib import Path

import pytest
from click.testing import CliRunner

import xuemai
from ledger.accounts import LOCAL, Accounts
from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.config import Site
from ledger.core import kinds
from ledger.fsck import examine
from ledger.read.reader import reading
from tests.support.producers import StoryClock, claim, site_in

pytestmark = pytest.mark.sqlite
UNIT = "unit:A999926000001.E0382V00"
PASSWORD = "many quiet herons stand"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = site_in(tmp_path / "site")
    with Ledger(made, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Recalled, {"units": [UNIT], "reason": "CANARY5521 called"}))
    accounts = Accounts(made.accounts_db)
    now_ms = SystemClock().now_ms()
    for login, organisation, role in (
        ("quality.xu", "org:centre", "quality"),
        ("admin.li", None, "administrator"),
        ("store.wu", "org:centre", "technician"),
    ):
        user = accounts.add_user(
            login, printed_name=login, organisation=organisation, roles={role}, actor=LOCAL, now_ms=now_ms
        )
        code = accounts.issue_code(user.person, LOCAL, now_ms=now_ms)
        accounts.redeem(code, PASSWORD, address="here", now_ms=now_ms)
    accounts.close()
    return made


def erase(site: Site, *, by: str, second: str, passwords: str) -> tuple[int, str]:
    arguments = ["erase", "web", "1", "--reason", "a name", "--by", by, "--second", second]
    answer = CliRunner().invoke(xuemai.main, [*arguments, "--site", str(site.directory)], input=passwords)
    return answer.exit_code, answer.output


def test_two_persons_erase_an_event_and_the_log_names_them(site: Site) -> None:
    code, said = erase(site, by="quality.xu", second="admin.li", passwords=f"{PASSWORD}\n{PASSWORD}\n")
    assert (code, "erased" in said) == (0, True), said
    with reading(site) as reader:
        last = reader.history.of_stream("site")[-1].recorded
    assert last is not None
    event = last.event
    assert isinstance(event, kinds.Erased)
    accounts = Accounts(site.accounts_db)
    persons = [user.person for login in ("quality.xu", "admin.li") if (user := accounts.user_named(login)) is not None]
    accounts.close()
    assert [event.by, event.second] == persons
    assert b"CANARY5521" not in site.ledger_db.read_bytes()
    assert examine(site).ok


@pytest.mark.parametrize(
    ("by", "second", "passwords", "reason"),
    [
        ("store.wu", "admin.li", f"{PASSWORD}\n{PASSWORD}\n", "erasure.ask"),
        ("quality.xu", "quality.xu", f"{PASSWORD}\n{PASSWORD}\n", "erasure.confirm"),
        ("quality.xu", "admin.li", f"{PASSWORD}\nwrong password\n", "admin.li"),
        ("nobody", "admin.li", "", "nobody"),
    ],
)
def test_whoever_may_not_erases_nothing(site: Site, by: str, second: str, passwords: str, reason: str) -> None:
    code, said = erase(site, by=by, second=second, passwords=passwords)
    assert (code, reason in said) == (1, True), said
    assert b"CANARY5521" in site.ledger_db.read_bytes()
