"""The judgement of a logger's file as JSON: what `xuemai coldchain judge` prints and the API answers, to the letter."""

from collections.abc import Mapping
from decimal import Decimal

from ledger.rules.logged import Logged
from ledger.rules.logger_text import Encoding
from ledger.rules.returning import MINUTE_MS


def as_json(judged: Logged, encoding: Encoding) -> Mapping[str, object]:
    """A judgement as plain values: temperatures in degrees, durations in minutes.

    Args:
        judged: the judgement.
        encoding: as which the file was read.
    """
    exposure = judged.exposure
    return {
        "verdict": exposure.verdict,
        "minutes_out": _minutes(judged.out_ms),
        "min": _degrees(judged.lowest),
        "max": _degrees(judged.highest),
        "reason": judged.reason,
        "pack": exposure.pack,
        "version": exposure.pack_version,
        "component": exposure.component,
        "minutes": _minutes(judged.lasted_ms),
        "minutes_unknown": _minutes(exposure.unknown_ms),
        "limits": None if judged.limits is None else judged.limits.value,
        "figures": None if judged.limits is None else judged.limits.standing,
        "quarantine": judged.must_quarantine,
        "allowance": None if judged.allowance is None else judged.allowance.value,
        "return": _returning(judged),
        "encoding": encoding,
    }


def _returning(judged: Logged) -> Mapping[str, object] | None:
    decision = judged.returning
    if decision is None:
        return None
    rule = judged.return_rule
    return {
        "decision": decision.answer,
        "reason": decision.reason,
        "rule": None if rule is None else rule.value,
        "figures": None if rule is None else rule.standing,
    }


def _minutes(lasted_ms: int) -> int | float:
    """Whole minutes as such; a thousandth of one at most is lost."""
    minutes = round(lasted_ms / MINUTE_MS, 3)
    return int(minutes) if minutes.is_integer() else minutes


def _degrees(celsius: Decimal | None) -> float | None:
    return None if celsius is None else float(celsius)
