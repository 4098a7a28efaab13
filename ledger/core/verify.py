"""Verification of a passport, in the numbered steps of docs/format.md §8. Bytes in, verdict out; no I/O, no clock.

Each step either passes, warns or fails; the first failure ends the verification and names its step. What is trusted
beforehand comes in as a policy; keys that the file itself carries can show that it was not altered since somebody made
it, not who did: so without a policy the best verdict is `warnings`.

The steps up to `subject` are about the file as a whole. Those after it are taken for each unit apart: for the one unit
that is the subject, or for each unit of the dispatch note that is. So one unit's failure makes the whole invalid, and
hides nothing of the others.

What each step asks is in `filesteps` and `unitsteps`, in their order; here they are taken, and what they answer becomes
a verdict.
"""

from collections.abc import Callable, Mapping
from functools import partial

from ledger.core import completeness, passport
from ledger.core.completeness import Auditors
from ledger.core.errors import FormatError, Refused
from ledger.core.filesteps import FILE_STEPS
from ledger.core.finding import EXIT_CODES, WORST, Earlier, Outcome, UnitFinding, Verdict, Verification
from ledger.core.policy import Policy
from ledger.core.unitsteps import UNIT_STEPS
from ledger.core.verifying import Result, Trust, Undecidable, Warned, Work
from ledger.core.versions import UnknownVersionError

__all__ = ["EXIT_CODES", "STEP_NAMES", "Earlier", "Outcome", "UnitFinding", "Verdict", "Verification", "verify"]

STEP_NAMES = ("format", *(name for name, _ in FILE_STEPS), *(name for name, _ in UNIT_STEPS))
"""Every step's name, in order."""


def verify(
    raw: bytes,
    *,
    policy: Policy | None,
    auditors: Auditors | None = None,
    now_ms: int | None = None,
    roots: Mapping[str, str] | None = None,
) -> Verification:
    """Verify a passport's bytes.

    Args:
        raw: the file.
        policy: the trust policy that a person keeps; None if there is none.
        auditors: whom that person believes about unit maps; None: nobody.
        now_ms: the present, in milliseconds since 1970, for the age of auditors' cosignatures; None: not known.
        roots: origin → fingerprint of the site key that the log's first batch must add; other logs: any.

    Returns:
        `valid`: every step holds and what is trusted did not come with the file. `warnings`: nothing is wrong, but
        something is not shown. `invalid`: a step failed. `undecidable`: the version or the log is not known here.
    """
    return _verify(raw, Trust(policy, auditors or completeness.NOBODY, now_ms, roots or {}), 0)


def _verify(raw: bytes, trust: Trust, depth: int) -> Verification:
    """Verify a passport that is carried in `depth` others."""
    try:
        read = passport.parse(raw)
    except UnknownVersionError as unknown:
        return Verification("undecidable", (Outcome("format", "warning", str(unknown)),))
    except FormatError as error:
        return Verification("invalid", (Outcome("format", "failed", str(error)),))
    work = Work(read, trust, lambda text: _verify(text.encode(), trust, depth + 1), depth=depth)
    outcomes = [Outcome("format", "ok", f"{read.format} for {read.subject}")]
    for name, step in FILE_STEPS:
        verdict, outcome = _take(name, partial(step, work))
        outcomes.append(outcome)
        if verdict in {"undecidable", "invalid"}:
            return _conclude(verdict, outcomes, work)
    warned = any(outcome.status == "warning" for outcome in outcomes)
    so_far: Verdict = "warnings" if warned else "valid"
    judged = [_judge_unit(work, unit, so_far) for unit in work.units]
    outcomes += _overall([taken for _, taken in judged])
    found = tuple(finding for finding, _ in judged)
    return _conclude(max((each.verdict for each in found), key=WORST.index), outcomes, work, found)


def _take(name: str, step: Callable[[], Result]) -> tuple[Verdict, Outcome]:
    """Take one step: the verdict that it alone would give, and its outcome."""
    try:
        result = step()
    except FormatError as error:
        return "invalid", Outcome(name, "failed", str(error))
    except Undecidable as why:
        return "undecidable", Outcome(name, "warning", str(why))
    match result:
        case Refused(step=_, reason=reason):
            return "invalid", Outcome(name, "failed", reason)
        case Warned(detail):
            return "warnings", Outcome(name, "warning", detail)
        case str():
            return "valid", Outcome(name, "ok", result)


def _judge_unit(work: Work, unit: str, so_far: Verdict) -> tuple[UnitFinding, list[Outcome]]:
    """Take the steps about one unit; the first that fails ends them for this unit alone."""
    verdict, taken = so_far, list[Outcome]()
    for name, step in UNIT_STEPS:
        here, outcome = _take(name, partial(step, work, unit))
        verdict = max(verdict, here, key=WORST.index)
        taken.append(outcome)
        if here == "invalid":
            break
    last = taken[-1]
    telling = [last] if last.status == "failed" else [outcome for outcome in taken if outcome.status == "warning"]
    why = "; ".join(f"{outcome.step}: {outcome.detail}" for outcome in telling)
    left, before = work.left_ms.get(unit), work.before.get(unit, ())
    return UnitFinding(unit, verdict, work.exposures.get(unit), why, left, before), taken


def _overall(taken: list[list[Outcome]]) -> list[Outcome]:
    """The steps about units as steps of the whole; the first that failed for any unit is the last."""
    merged: list[Outcome] = []
    for name, _ in UNIT_STEPS:
        merged.append(_merge([outcome for outcomes in taken for outcome in outcomes if outcome.step == name]))
        if merged[-1].status == "failed":
            break
    return merged


def _merge(outcomes: list[Outcome]) -> Outcome:
    """One step's outcome over every unit that came to it: the worst, and for how many."""
    if len(outcomes) == 1:
        return outcomes[0]
    worst = max(outcomes, key=lambda outcome: ("ok", "warning", "failed").index(outcome.status))
    alike = sum(outcome.status == worst.status for outcome in outcomes)
    if worst.status == "ok":
        return Outcome(worst.step, "ok", f"holds for each of {alike} units")
    return Outcome(worst.step, worst.status, f"{alike} of {len(outcomes)} units: {worst.detail}")


def _conclude(
    verdict: Verdict, outcomes: list[Outcome], work: Work, units: tuple[UnitFinding, ...] = ()
) -> Verification:
    origin, size = (work.checkpoint.origin, work.checkpoint.size) if work.checkpoint else (None, None)
    return Verification(verdict, tuple(outcomes), work.passport.subject, origin, size, units)
