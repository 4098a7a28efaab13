"""What the rules are told of a pool of two donations."""

from types import SimpleNamespace

import pytest

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.ids import format_instant
from ledger.read.facts import Asked, DonorHistory, unit_facts
from ledger.read.judging import ColdChain
from ledger.rules.deferral import Blocked
from ledger.rules.exposure import Stay, Track, judge
from ledger.rules.pack import ComponentRules, Limits, Pack
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


def warm_until(minute: int, *, tolerated_ms: int = 0, judged_ms: int = 1) -> ColdChain:
    """A cold chain that was out from minute 6 on."""
    limits = Limits(low=200, high=600, max_gap_ms=600_000, tolerated_out_ms=tolerated_ms, source="test", verified=True)
    pack = Pack("test", "1", "nowhere", {"test": "made up"}, {"RBC_AS": ComponentRules({"store": limits})})
    samples = tuple((60_000 * at, 700 if 6 <= at < minute else 400) for at in range(30))
    read = Track(probe="a", start_ms=0, end_ms=1_800_000, samples=samples)
    stays = [Stay("fridge", "store", 0)] if judged_ms else []
    found = judge(stays, {"fridge": [read]}, pack=pack, component="RBC_AS", until_ms=1_800_000)
    return ColdChain(found, (), (), 0, seen=found)


def cold(chain: ColdChain | None, *events: tuple[type[kinds.Event], dict[str, object]]) -> UnitFacts:
    return unit_facts(ROW, told(*events), chain, donors={}, asked=ASKED, now_ms=1_800_000)  # type: ignore[arg-type]  # a row


def assessed(outcome: str, unit: str = POOL) -> tuple[type[kinds.Event], dict[str, object]]:
    return kinds.Assessed, {
        "unit": unit,
        "outcome": outcome,
        "by": "person:" + "1" * 32,
        "second": "person:" + "2" * 32,
    }


NOTHING = (kinds.Nonconforming, {"unit": POOL})
"""Something else that happened, for a minute to pass."""


def test_an_assessment_settles_what_lay_before_it_and_stays_beside_the_verdict() -> None:
    found = cold(warm_until(8), *[NOTHING] * 7, assessed("fit"))
    assert (found.exposure, found.assessed_fit) == ("out", True)
    assert not cold(warm_until(9), *[NOTHING] * 7, assessed("fit")).assessed_fit, (
        "it was warm again after the eighth minute"
    )
    assert not cold(warm_until(8), *[NOTHING] * 7, assessed("fit"), assessed("discard")).assessed_fit
    assert cold(warm_until(8), *[NOTHING] * 7, assessed("discard"), assessed("fit")).assessed_fit
    assert cold(warm_until(8), assessed("fit"), *[NOTHING] * 7, assessed("fit")).assessed_fit, "the newest counts"


def test_an_assessment_of_what_a_unit_was_made_of_says_nothing_of_the_unit() -> None:
    assert not cold(warm_until(8), *[NOTHING] * 7, assessed("fit", f"unit:{ONE}.A0001V00")).assessed_fit
    assert not cold(warm_until(8), assessed("fit", POOL), *[NOTHING] * 7).assessed_fit


def test_a_spell_within_the_packs_tolerance_is_told_and_holds_nothing_back() -> None:
    within, beyond = cold(warm_until(8, tolerated_ms=120_000)), cold(warm_until(8, tolerated_ms=119_999))
    assert (within.exposure, within.within_tolerance) == ("out", True)
    assert (beyond.exposure, beyond.within_tolerance) == ("out", False)


def test_a_unit_that_was_never_judged_is_so_until_somebody_assesses_it() -> None:
    for chain in (None, warm_until(8, judged_ms=0)):
        found = cold(chain)
        assert (found.exposure, found.within_tolerance, found.assessed_fit) == (None, False, False)
        assert cold(chain, assessed("fit")).assessed_fit


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
