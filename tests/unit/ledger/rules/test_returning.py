"""Whether a unit comes back into stock: the rules of several countries, each bound met exactly and just missed."""

import pytest

from ledger.rules.pack import ReturnRule
from ledger.rules.returning import MINUTE_MS, Away, may_return


def rule(word: str, **bounds: int) -> ReturnRule:
    return ReturnRule(rule=word, source="a", verified=True, **bounds)  # type: ignore[arg-type]  # the words are checked


CHINA = rule("never")
CANADA = rule("within", minutes=30)
NETHERLANDS = rule("within", high=1000)
UNITED_KINGDOM = rule("within", low=100, high=1000, minutes=300, times=1)


def away(
    minutes: float | None, low: int | None = 400, high: int | None = 800, *, read: bool = True, before: int = 0
) -> Away:
    lasted = None if minutes is None else int(minutes * MINUTE_MS)
    return Away(lasted_ms=lasted, lowest_centi=low, highest_centi=high, read_throughout=read, before=before)


@pytest.mark.parametrize(
    ("asked", "spell", "answer", "reason"),
    [
        (CHINA, away(0), "no", "never"),
        (None, away(0), "undecided", "unstated"),
        (rule("unstated"), away(0), "undecided", "unstated"),
        (rule("validated"), away(0), "undecided", "validated"),
        (CANADA, away(30, None, None, read=False), "yes", ""),
        (CANADA, away(30.001), "no", "too-long"),
        (CANADA, away(None), "undecided", "time-unknown"),
        (NETHERLANDS, away(None, -100, 1000), "yes", ""),
        (NETHERLANDS, away(1, 400, 1001), "no", "above"),
        (NETHERLANDS, away(1, 400, 1001, read=False), "no", "above"),
        (NETHERLANDS, away(1, 400, 900, read=False), "undecided", "temperature-unknown"),
        (NETHERLANDS, away(1, None, None), "undecided", "temperature-unknown"),
        (UNITED_KINGDOM, away(300, 100, 1000), "yes", ""),
        (UNITED_KINGDOM, away(301, 100, 1000), "no", "too-long"),
        (UNITED_KINGDOM, away(10, 99, 1000), "no", "below"),
        (UNITED_KINGDOM, away(10, 100, 1001), "no", "above"),
        (UNITED_KINGDOM, away(10, before=1), "no", "too-often"),
        (UNITED_KINGDOM, away(10, before=2), "no", "too-often"),
        (rule("within", minutes=30, times=1), Away(lasted_ms=1), "yes", ""),
        (rule("within", minutes=30, times=0), Away(lasted_ms=1), "no", "too-often"),
        (NETHERLANDS, Away(lasted_ms=1, lowest_centi=400), "undecided", "temperature-unknown"),
        (CANADA, Away(lasted_ms=30 * 60_000), "yes", ""),
        (CANADA, Away(lasted_ms=30 * 60_000 + 1), "no", "too-long"),
        (rule("within", low=100), away(10, 100, 3000), "yes", ""),
        (rule("within", low=100), away(10, None, None), "undecided", "temperature-unknown"),
        (rule("within", minutes=30, times=2), away(10, before=1), "yes", ""),
    ],
)  # fmt: skip
def test_a_unit_that_was_out_of_control(asked: ReturnRule | None, spell: Away, answer: str, reason: str) -> None:
    decision = may_return(asked, spell)
    assert (decision.answer, decision.reason) == (answer, reason)
