"""A unit comes back from a hospital: what was out of control, what the pack says, and what a person may decide."""

from dataclasses import replace

import pytest
from msgspec import structs

from ledger.rules.exposure import Stay, Verdict
from ledger.rules.pack import Phase, ReturnRule
from ledger.rules.taking_back import (
    Judged,
    Outcome,
    Spell,
    judge_return,
    out_of_control,
    refuse_outcome,
    with_seal,
)

MINUTE, HOUR, WALK = 60_000, 3_600_000, 600_000
WITHIN = ReturnRule(
    figure="returns.uncontrolled", source="s", verified=True, rule="within", minutes=30, low=100, high=1000, times=1
)
NEVER = ReturnRule(figure="returns.ward", source="s", verified=True, rule="never")
SHORT = Spell(
    phase="uncontrolled",
    start_ms=33 * MINUTE,
    end_ms=53 * MINUTE,
    lowest_centi=400,
    highest_centi=900,
    read_throughout=True,
)
ON_WARD = Spell(phase="ward", start_ms=HOUR, end_ms=2 * HOUR)


def rule_of(phase: Phase) -> ReturnRule | None:
    return {"uncontrolled": WITHIN, "ward": NEVER}.get(phase)


def judge(*spells: Spell, before: int = 0, chain: Verdict = "ok", is_withheld: bool = False) -> Judged:
    return judge_return(spells, before=before, rule_of=rule_of, chain=chain, is_withheld=is_withheld)


def spells(*stays: tuple[Phase | None, int, int | None]) -> list[tuple[Phase, int, int]]:
    """In a day, minutes after midnight."""
    given = [Stay("p", phase, a * MINUTE, None if b is None else b * MINUTE) for phase, a, b in stays]
    found = out_of_control(given, since_ms=60 * MINUTE, until_ms=600 * MINUTE, walk_ms=WALK)
    return [(phase, start // MINUTE, end // MINUTE) for phase, start, end in found]


def test_where_its_temperature_is_kept_a_unit_is_under_control() -> None:
    assert spells(("store", 0, None)) == []
    assert spells(("store", 60, 300), ("transport", 300, 600)) == []
    assert spells(("store", 60, 300), ("transport", 250, 700)) == []
    assert spells(("transport", 50, 300), ("store", 100, 200), ("store", 300, 600)) == [], "one within another"


def test_a_walk_between_two_kept_places_is_no_spell_and_what_lasts_longer_is() -> None:
    assert spells(("store", 60, 300), ("store", 310, None)) == []
    assert spells(("store", 60, 300), ("store", 311, None)) == [("uncontrolled", 300, 311)]
    assert spells(("store", 71, None)) == [("uncontrolled", 60, 71)], "from its coming on"
    assert spells(("store", 60, 589)) == [("uncontrolled", 589, 600)], "up to now"
    assert spells(("store", 60, 590)) == []
    assert spells() == [("uncontrolled", 60, 600)]


def test_what_was_before_it_came_or_is_yet_to_be_is_no_matter_of_it() -> None:
    assert spells(("store", 0, 10), ("store", 55, None)) == []
    assert spells(("store", 60, 580), ("store", 700, 800)) == [("uncontrolled", 580, 600)]


def test_a_spell_of_which_some_was_on_a_ward_is_one_on_a_ward() -> None:
    assert spells(("store", 60, 300), ("ward", 310, 330), ("store", 340, None)) == [("ward", 300, 340)]
    assert spells(("store", 60, 300), ("uncontrolled", 300, 340), ("store", 340, None)) == [("uncontrolled", 300, 340)]
    assert spells(("store", 60, 300), (None, 300, 340), ("store", 340, None)) == [("uncontrolled", 300, 340)]
    assert spells(("store", 60, 300), ("ward", 300, None)) == [("ward", 300, 600)]
    apart = spells(("ward", 60, 100), ("store", 100, 300), (None, 300, 340), ("store", 340, 500), ("ward", 500, None))
    assert apart == [("ward", 60, 100), ("uncontrolled", 300, 340), ("ward", 500, 600)], "each is judged by itself"


def test_a_unit_that_was_always_under_control_and_cold_may_go_back() -> None:
    assert judge() == Judged("yes")
    assert SHORT.lasted_ms == 20 * MINUTE


def test_the_rule_that_said_yes_is_named_with_its_spell() -> None:
    assert judge(SHORT) == Judged("yes", "", WITHIN, SHORT, 1)


def test_the_worst_answer_counts() -> None:
    assert judge(SHORT, ON_WARD) == Judged("no", "never", NEVER, ON_WARD, 2)
    assert judge(ON_WARD, SHORT).reason == "never", "a no before a spell that would be one too many"
    unread = Spell(phase="uncontrolled", start_ms=0, end_ms=MINUTE)
    assert judge(unread) == Judged("undecided", "temperature-unknown", WITHIN, unread, 1)
    assert judge(unread, ON_WARD).answer == "no"
    silent = Spell(phase="store", start_ms=0, end_ms=MINUTE)
    assert judge(silent) == Judged("undecided", "unstated", None, silent, 1)


def test_every_spell_counts_and_so_do_those_of_earlier_returns() -> None:
    assert judge(SHORT, before=1) == Judged("no", "too-often", WITHIN, SHORT, 1)
    assert judge(SHORT, SHORT) == Judged("no", "too-often", WITHIN, SHORT, 2)
    twice = structs.replace(WITHIN, times=2)
    second = judge_return([SHORT, SHORT], before=1, rule_of=lambda _: twice, chain="ok", is_withheld=False)
    assert second == Judged("no", "too-often", twice, SHORT, 2), "one before, and two now, are three"


def test_what_persons_have_to_decide_is_not_outweighed_by_a_later_yes() -> None:
    unread = Spell(phase="uncontrolled", start_ms=0, end_ms=MINUTE)
    twice = structs.replace(WITHIN, times=9)
    found = judge_return([unread, SHORT], before=0, rule_of=lambda _: twice, chain="ok", is_withheld=False)
    assert found == Judged("undecided", "temperature-unknown", twice, unread, 2)
    last = judge_return([SHORT, replace(SHORT, end_ms=50 * MINUTE)], before=0, rule_of=lambda _: twice, chain="ok",
                        is_withheld=False)  # fmt: skip
    assert (last.answer, last.spell) == ("yes", replace(SHORT, end_ms=50 * MINUTE)), "of several, the last is named"


def test_a_ward_that_it_came_from_or_goes_to_is_not_where_the_spell_was() -> None:
    kept = ("store", 0, 300)
    assert spells(kept, ("ward", 290, 300), ("store", 340, None)) == [("uncontrolled", 300, 340)]
    assert spells(kept, ("store", 340, None), ("ward", 340, 350)) == [("uncontrolled", 300, 340)]


def test_what_was_warm_under_control_does_not_go_back_and_what_is_not_known_is_for_persons() -> None:
    assert judge(chain="out") == Judged("no", "cold-chain")
    assert judge(chain="unknown") == Judged("undecided", "cold-chain-unknown")
    assert judge(SHORT, chain="out") == Judged("no", "cold-chain", spells=1)
    assert judge(SHORT, chain="unknown") == Judged("undecided", "cold-chain-unknown", spells=1)


def test_what_is_quarantined_or_recalled_does_not_go_back() -> None:
    assert judge(is_withheld=True) == Judged("no", "withheld")
    assert judge(SHORT, is_withheld=True).answer == "no"


def test_nothing_whose_seal_is_broken_goes_back() -> None:
    found = judge(SHORT)
    assert with_seal(found, "intact") is found
    assert with_seal(found, "broken") == Judged("no", "seal-broken", spells=1)
    assert with_seal(judge(chain="unknown"), "broken").answer == "no"


def refused(answer: Judged, outcome: Outcome, *, second: str | None = None, reason: str | None = None) -> str:
    found = refuse_outcome(answer, outcome=outcome, by="person:1", second=second, reason=reason)
    return "" if found is None else found.rule


@pytest.mark.parametrize("answer", [Judged("yes"), Judged("no", "never"), Judged("undecided", "unstated")])
def test_a_unit_can_always_be_quarantined_and_discarded_with_a_reason(answer: Judged) -> None:
    assert refused(answer, "held") == ""
    assert refused(answer, "refused") == "return.reason"
    assert refused(answer, "refused", reason="  ") == "return.reason"
    assert refused(answer, "refused", reason="warm") == ""


def test_one_person_puts_back_what_the_pack_lets_back_and_nobody_what_it_does_not() -> None:
    assert refused(Judged("yes"), "accepted") == ""
    assert refused(Judged("no", "never"), "accepted", second="person:2", reason="needed") == "return.rule"


def test_two_persons_decide_with_a_reason_where_the_pack_does_not() -> None:
    open_to_persons = Judged("undecided", "unstated")
    assert refused(open_to_persons, "accepted", reason="ten minutes") == "return.two-persons"
    assert refused(open_to_persons, "accepted", second="person:1", reason="ten minutes") == "return.two-persons"
    assert refused(open_to_persons, "accepted", second="person:2") == "return.two-persons"
    assert refused(open_to_persons, "accepted", second="person:2", reason=" ") == "return.two-persons"
    assert refused(open_to_persons, "accepted", second="person:2", reason="ten minutes") == ""
