"""What a verification of a passport finds: steps, a verdict, and a finding a unit. Values only; `verify` makes them."""

from dataclasses import dataclass
from typing import Literal

from ledger.core import kinds

Status = Literal["ok", "warning", "failed"]
Verdict = Literal["valid", "warnings", "invalid", "undecidable"]

EXIT_CODES: dict[Verdict, int] = {"valid": 0, "warnings": 0, "invalid": 1, "undecidable": 2}
"""Verdict → exit code of `xuemai passport verify`."""


WORST: tuple[Verdict, ...] = ("valid", "warnings", "undecidable", "invalid")
"""The verdicts, from the best to the worst."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One step's outcome: its stable name, how it went, and against what it was checked, in English."""

    step: str
    status: Status
    detail: str


@dataclass(frozen=True, slots=True)
class UnitFinding:
    """What was found of one unit.

    Attributes:
        unit: the unit.
        verdict: on this unit: the worst of the steps about the file and of its own.
        exposure: the latest statement of its cold chain, if one is carried and its step did not fail.
        why: the unit's own step that failed, or those that warned, with their details; empty if there is none.
        dispatched_ms: the latest time at which a `dispatched` event says that custody of it left; None: none does.
        before: what passports of other logs, accepted in this one and carried, say of it; the earliest first.
    """

    unit: str
    verdict: Verdict
    exposure: kinds.ExposureStated | None
    why: str
    dispatched_ms: int | None = None
    before: tuple["Earlier", ...] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a passport of another log says of a unit, or of a unit that it was made from.

    Attributes:
        origin: the log.
        log_size: its checkpoint's size.
        unit: the unit.
        verdict: on the unit.
        exposure: the latest statement of its cold chain in that log; never to be added to one of another log.
    """

    origin: str
    log_size: int
    unit: str
    verdict: Verdict
    exposure: kinds.ExposureStated | None


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found.

    Attributes:
        verdict: on the whole: the worst of all.
        steps: every step that was taken, in order; the last one is the one that failed, if one did.
        subject: the unit, or the dispatch note, that the passport says it is about.
        origin: the log that the checkpoint says it is of.
        log_size: the checkpoint's size.
        units: a finding a unit, in the dispatch note's order; empty where a step about the file failed.
    """

    verdict: Verdict
    steps: tuple[Outcome, ...]
    subject: str | None = None
    origin: str | None = None
    log_size: int | None = None
    units: tuple[UnitFinding, ...] = ()

    @property
    def exposure(self) -> kinds.ExposureStated | None:
        """The latest statement about the unit; None where a dispatch note is the subject: it has one a unit."""
        return next((found.exposure for found in self.units if found.unit == self.subject), None)

    @property
    def failed(self) -> Outcome | None:
        """The step that failed, if one did."""
        return next((step for step in self.steps if step.status == "failed"), None)
