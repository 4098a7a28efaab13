"""What a logger's file says of a unit that was beside the logger all the time: the verdict, and what may follow.

Joins `exposure`, `excursion` and `returning` over one file's readings; each decides its own part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from ledger.rules.error_value import Sorted, sort_out
from ledger.rules.excursion import allowance_for
from ledger.rules.exposure import Exposure, judge_log
from ledger.rules.logger_file import LoggedReading, centi_degrees
from ledger.rules.pack import Allowance, Limits, Pack, Phase, ReturnRule
from ledger.rules.returning import Away, ReturnDecision, may_return

OUT_OF_CONTROL: tuple[Phase, ...] = ("uncontrolled", "ward")
"""The phases that are a spell out of control: only after them is there a return to decide."""


@dataclass(frozen=True, slots=True)
class Logged:
    """The judgement of one file.

    Attributes:
        exposure: the verdict, up to and with the instant of the last reading.
        out_ms: how long out of limits; the last reading's own instant has no length.
        must_quarantine: whether that is more than the pack lets pass before quarantine.
        limits: what it was held against; None: the pack is silent.
        lowest: the lowest temperature as the file says it, degrees Celsius, error values left out; None: it has none.
        highest: the highest.
        reason: what makes the verdict other than `ok`: `above`, `below`, `no-reading`, `no-limits`, `fault` (an error
            value), several joined by commas; empty for `ok`.
        allowance: what the pack lets a person accept of it, if it was out; None: nothing.
        returning: whether the unit may come back into stock; None: it was never out of control.
        return_rule: the pack's rule for that; None: it is silent.
        lasted_ms: from the first reading to the last.
    """

    exposure: Exposure
    out_ms: int
    must_quarantine: bool
    limits: Limits | None
    lowest: Decimal | None
    highest: Decimal | None
    reason: str
    allowance: Allowance | None
    returning: ReturnDecision | None
    return_rule: ReturnRule | None
    lasted_ms: int


def judge_readings(
    readings: Sequence[LoggedReading], *, pack: Pack, component: str, phase: Phase, before: int
) -> Logged:
    """Judge a file's readings.

    Args:
        readings: by time, as `parse_logger_file` gives them.
        pack: the rules to judge by.
        component: the unit's component, as the pack calls it.
        phase: where the unit and the logger were.
        before: how many accepted excursions, or spells out of control, the unit had before.
    """
    limits = pack.limits(component, phase)
    low, high = (None, None) if limits is None else (limits.low, limits.high)
    rows = sort_out(readings)
    samples = [(each.at_ms, centi_degrees(each.celsius, low, high)) for each in rows.measured]
    exposure = judge_log(samples, pack=pack, component=component, phase=phase, faults_ms=rows.faults_ms)
    rule, max_gap_ms = pack.return_rule(component, phase), pack.max_gap_ms if limits is None else limits.max_gap_ms
    lasted_ms = readings[-1].at_ms - readings[0].at_ms if readings else 0
    reasons = {spell.reason: None for spell in exposure.spells if spell.status == exposure.verdict != "ok"}
    celsius = [each.celsius for each in rows.measured]
    out_ms = exposure.out_ms - 1 if exposure.spells and exposure.spells[-1].status == "out" else exposure.out_ms
    tolerated_ms = 0 if limits is None else limits.tolerated_out_ms
    return Logged(
        exposure,
        out_ms,
        exposure.over_tolerance and (out_ms > tolerated_ms or tolerated_ms == 0),
        limits,
        min(celsius, default=None),
        max(celsius, default=None),
        ",".join(reasons) if readings else "no-reading",
        _allowance(exposure, out_ms, pack=pack, phase=phase, before=before),
        None if phase not in OUT_OF_CONTROL else may_return(rule, _away(rows, rule, max_gap_ms, before)),
        rule,
        lasted_ms,
    )


def _allowance(exposure: Exposure, out_ms: int, *, pack: Pack, phase: Phase, before: int) -> Allowance | None:
    """None for a file with holes: nobody can tell how long the excursion was, or how far it went."""
    rules, lowest, highest = pack.components.get(exposure.component), exposure.lowest_centi, exposure.highest_centi
    if rules is None or exposure.verdict != "out" or exposure.unknown_ms or lowest is None or highest is None:
        return None
    return allowance_for(rules.allowances, phase=phase, out_ms=out_ms, lowest=lowest, highest=highest, before=before)


def _away(rows: Sorted, rule: ReturnRule | None, max_gap_ms: int, before: int) -> Away:
    """The spell: what lies between two readings further apart than one stands was not seen to stay within anything."""
    low, high = (None, None) if rule is None else (rule.low, rule.high)
    temperatures = [centi_degrees(each.celsius, low, high) for each in rows.measured]
    times = sorted([*(each.at_ms for each in rows.measured), *rows.faults_ms])
    return Away(
        lasted_ms=times[-1] - times[0] if len(times) > 1 else None,
        lowest_centi=min(temperatures, default=None),
        highest_centi=max(temperatures, default=None),
        read_throughout=not rows.faults_ms and all(other - one <= max_gap_ms for one, other in pairwise(times)),
        before=before,
    )
