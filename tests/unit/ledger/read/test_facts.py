"""What the rules are told of a pool of two donations."""

from types import SimpleNamespace

import pytest

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.ids import format_instant
from ledger.read.facts import Asked, DonorHistory, unit_facts
from ledger.rules.deferral import Blocked
from ledger.rules.release import UnitFacts

ONE, TWO = "A999926000001", "A999926000002"
POOL = f"unit:{ONE}.A0007V00"
DONORS = {din: "person:" + din[-1] * 32 for din in (ONE, TWO)}
ROW = SimpleNamespace(unit=POOL, state="pending", on_hold=0, expires_ms=None)
ASKED = Asked(("HBsAg", "NAT"))


def told(*events: tuple[type[kinds.Event], dict[str, object]]) -> list[Recorded]:
    common = {"v": 1, "stream": "web", "seq": 1, "nonce": "0" * 32, "clock": "synchronised"}
    return [
        Recorded(kind(**common, time=format_instant(60_000 * minute), **fields), minute, 0)
        for minute, (kind, fields) in enumerate(events, 1)
    ]


def given(din: str) -> tuple[type[kinds.Event], dict[str, object]]:
    return kinds.Collected, {"unit": f"unit:{din}.A0001V00", "donor": DONORS[din]}


def result(din: str, *panel: str, **more: object) -> tuple[type[kinds.Event], dict[str, object]]:
    return kinds.Tested, {"din": f"din:{din}", "overall": "fit", "panel": list(panel), **more}


def facts(*events: tuple[type[kinds.Event], dict[str, object]], **donors: DonorHistory) -> UnitFacts:
    known = {DONORS[ONE if name == "one" else TWO]: history for name, history in donors.items()}
    history = told(given(ONE), given(TWO), *events)
    return unit_facts(ROW, history, None, donors=known, asked=ASKED, now_ms=999_999)  # type: ignore[arg-type]  # a row


@pytest.mark.parametrize(("first", "second"), [(ONE, TWO), (TWO, ONE)])
def test_what_is_missing_of_one_donation_is_missing_of_the_pool(first: str, second: str) -> None:
    found = facts(result(first, "HBsAg", "NAT"), result(second, "HBsAg"))
    assert (found.tests, found.missing_tests) == ("fit", ("NAT",))
    assert facts(result(first, "HBsAg", "NAT")).tests is None
    assert facts(result(first, "HBsAg", "NAT"), result(second, "NAT", overall="undecided")).tests == "undecided"
    assert facts(result(first), result(second, overall="unfit"), result(second)).ever_unfit


@pytest.mark.parametrize("name", ["one", "two"])
def test_one_deferred_donor_of_two_is_enough(name: str) -> None:
    assert facts().donor_eligible
    assert not facts(**{name: DonorHistory((Blocked(0),))}).donor_eligible
    assert facts(**{name: DonorHistory((Blocked(0, 1),))}).donor_eligible


def test_the_group_is_confirmed_where_tests_label_and_every_donors_history_agree() -> None:
    label = (kinds.Labelled, {"unit": POOL, "abo": "A", "rhd": "positive", "expires": format_instant(0)})
    other = (kinds.Labelled, {"unit": POOL, "abo": "B", "rhd": "positive", "expires": format_instant(0)})
    tested = [result(din, abo="A", rhd="positive") for din in (ONE, TWO)]
    assert facts(*tested, label).group_confirmed
    assert facts(*tested, label, two=DonorHistory(groups=frozenset({("A", "positive")}))).group_confirmed
    assert not facts(*tested, label, two=DonorHistory(groups=frozenset({("A", "negative")}))).group_confirmed
    assert not facts(*tested).group_confirmed
    assert not facts(*tested, other).group_confirmed
    assert not facts(label).group_confirmed
    assert not facts(tested[0], result(TWO, abo="O", rhd="positive"), label).group_confirmed
    assert (facts(label).labelled, facts().labelled) == (True, False)
