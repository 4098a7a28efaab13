"""Whether a unit may come back into stock (退回入库) after a spell out of control: on a bench, on a ward, in a lift.

Decides by the pack's rule alone. `undecided` leaves it to a person: the pack is silent, the site validates its own
time and temperature, or what the rule asks is not known. What is not known is never taken for fine.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ledger.rules.pack import ReturnRule

MINUTE_MS: Final = 60_000
Answer: TypeAlias = Literal["yes", "no", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """One spell out of control.

    Attributes:
        lasted_ms: how long; None: not known.
        lowest_centi: the lowest reading in it, centi-degrees; None: none was read.
        highest_centi: the highest.
        read_throughout: whether readings cover all of it, no gap longer than the pack tolerates.
        before: how many such spells the unit had before.
    """

    lasted_ms: int | None
    lowest_centi: int | None = None
    highest_centi: int | None = None
    read_throughout: bool = False
    before: int = 0


@dataclass(frozen=True, slots=True)
class ReturnDecision:
    """The answer and why.

    Attributes:
        answer: `yes`, `no` or `undecided`.
        reason: `never`, `too-often`, `too-long`, `above`, `below`, `temperature-unknown`, `time-unknown`, `validated`,
            `unstated`; empty with `yes`.
    """

    answer: Answer
    reason: str


def may_return(rule: ReturnRule | None, away: Away) -> ReturnDecision:
    """Whether the unit may come back; every bound is inclusive."""
    if rule is None:
        return ReturnDecision("undecided", "unstated")
    match rule.rule:
        case "unstated" | "validated" as reason:
            return ReturnDecision("undecided", reason)
        case "never":
            return ReturnDecision("no", "never")
        case "within":  # pragma: no branch: there is no other word, as the type checker holds
            return _within(rule, away)


def _within(rule: ReturnRule, away: Away) -> ReturnDecision:
    broken = _broken(rule, away)
    if broken:
        return ReturnDecision("no", broken)
    unknown = _unknown(rule, away)
    return ReturnDecision("undecided", unknown) if unknown else ReturnDecision("yes", "")


def _broken(rule: ReturnRule, away: Away) -> str:
    """The first bound that the spell certainly broke: what is known to be wrong does not wait for the rest."""
    if rule.times is not None and away.before >= rule.times:
        return "too-often"
    if rule.minutes is not None and away.lasted_ms is not None and away.lasted_ms > rule.minutes * MINUTE_MS:
        return "too-long"
    if rule.high is not None and away.highest_centi is not None and away.highest_centi > rule.high:
        return "above"
    if rule.low is not None and away.lowest_centi is not None and away.lowest_centi < rule.low:
        return "below"
    return ""


def _unknown(rule: ReturnRule, away: Away) -> str:
    if rule.minutes is not None and away.lasted_ms is None:
        return "time-unknown"
    if (rule.low is not None or rule.high is not None) and (away.lowest_centi is None or not away.read_throughout):
        return "temperature-unknown"
    return ""
