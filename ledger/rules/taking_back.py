"""A unit comes back from a hospital (退血): what the pack's rule says of it, and what a person may decide then. Pure.

A spell out of control is a stretch since the unit came to the hospital in which it was nowhere where a temperature is
kept: on a ward, on a bench, on the road outside a box. Each is judged by the pack's rule for it (`returning`); the
worst answer counts. What the probes said of the time between is judged as everywhere, by `exposure`, and only the
outcome comes in here. Nothing that is not known is taken for fine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from ledger.rules.exposure import Stay, Verdict
from ledger.rules.pack import Phase, ReturnRule
from ledger.rules.refused import Refused
from ledger.rules.returning import Answer, Away, may_return

KEPT: Final[frozenset[Phase]] = frozenset({"store", "transport"})
"""Phases in which the temperature of a unit is kept."""

Outcome: TypeAlias = Literal["accepted", "held", "refused"]
Seal: TypeAlias = Literal["intact", "broken"]
Stretch: TypeAlias = tuple[Phase, int, int]
"""The phase of a spell, its first instant and the instant after its last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """One spell out of control.

    Attributes:
        phase: `ward` or `uncontrolled`: which of the pack's rules is asked.
        start_ms: its first instant.
        end_ms: the instant after its last.
        lowest_centi: the lowest reading in it; None: none was read.
        highest_centi: the highest.
        read_throughout: whether readings cover all of it.
    """

    phase: Phase
    start_ms: int
    end_ms: int
    lowest_centi: int | None = None
    highest_centi: int | None = None
    read_throughout: bool = False

    @property
    def lasted_ms(self) -> int:
        """How long it was."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a unit may go back into stock.

    Attributes:
        answer: `yes`, `no` or `undecided`.
        reason: why not, or why persons decide: one of `ReturnDecision`, `cold-chain`, `cold-chain-unknown`, `withheld`,
            `seal-broken`; empty with `yes`.
        rule: the pack's rule that said so; None: none was asked, or the pack is silent.
        spell: the spell of which it was said.
        spells: how many spells there were.
    """

    answer: Answer
    reason: str = ""
    rule: ReturnRule | None = None
    spell: Spell | None = None
    spells: int = 0


def out_of_control(stays: Sequence[Stay], *, since_ms: int, until_ms: int, walk_ms: int) -> tuple[Stretch, ...]:
    """When a unit was nowhere where its temperature is kept, in [since_ms, until_ms).

    Args:
        stays: where it was; by start.
        since_ms: from when on: when it came to the hospital.
        until_ms: up to when.
        walk_ms: what lasts no longer is a walk from one kept place to another, and no spell.
    """
    found: list[Stretch] = []
    reached = since_ms
    kept = [(stay.start_ms, _end(stay, until_ms)) for stay in stays if stay.phase in KEPT]
    for start, end in sorted([*kept, (until_ms, until_ms)]):
        if min(start, until_ms) - reached > walk_ms:
            stop = min(start, until_ms)
            found.append((_phase(stays, reached, stop), reached, stop))
        reached = max(reached, end)
    return tuple(found)


def judge_return(
    spells: Sequence[Spell],
    *,
    before: int,
    rule_of: Callable[[Phase], ReturnRule | None],
    chain: Verdict,
    is_withheld: bool,
) -> Judged:
    """What the pack says of a unit that came back.

    Args:
        spells: its spells out of control, by time.
        before: how many it had on earlier returns.
        rule_of: the pack's rule for a phase; None: it is silent.
        chain: what its cold chain was outside these spells; `ok` too where the pack lets it pass, or two quality
            officers found it fit.
        is_withheld: whether it is quarantined, recalled or on hold.
    """
    judged = [Judged(*_asked(each, before + number, rule_of), each) for number, each in enumerate(spells)]
    if is_withheld:
        judged.append(Judged("no", "withheld"))
    if chain != "ok":
        judged.append(Judged("no", "cold-chain") if chain == "out" else Judged("undecided", "cold-chain-unknown"))
    worst = _first(judged, "no") or _first(judged, "undecided") or (judged[-1] if judged else Judged("yes"))
    return replace(worst, spells=len(spells))


def with_seal(judged: Judged, seal: Seal) -> Judged:
    """The same, once somebody has looked at the seal: nothing that was open goes back into stock."""
    return judged if seal == "intact" else Judged("no", "seal-broken", spells=judged.spells)


def refuse_outcome(
    judged: Judged, *, outcome: Outcome, by: str | None, second: str | None, reason: str | None
) -> Refused | None:
    """Why a person must not decide so.

    Args:
        judged: what the pack says.
        outcome: back into stock (`accepted`), into quarantine (`held`), or to be discarded (`refused`).
        by: who decides.
        second: who decides too.
        reason: why, in words.
    """
    said = bool(reason and reason.strip())
    if outcome == "refused" and not said:
        return Refused("return.reason", "what is discarded says why")
    if outcome != "accepted":
        return None
    if judged.answer == "no":
        return Refused("return.rule", f"it cannot go back into stock: {judged.reason}; hold it or discard it")
    if judged.answer == "undecided" and (second in {None, by} or not said):
        return Refused(
            "return.two-persons", f"two persons decide, with a reason, where the pack does not: {judged.reason}"
        )
    return None


def _asked(
    spell: Spell, before: int, rule_of: Callable[[Phase], ReturnRule | None]
) -> tuple[Answer, str, ReturnRule | None]:
    rule = rule_of(spell.phase)
    away = Away(
        lasted_ms=spell.lasted_ms,
        lowest_centi=spell.lowest_centi,
        highest_centi=spell.highest_centi,
        read_throughout=spell.read_throughout,
        before=before,
    )
    decision = may_return(rule, away)
    return decision.answer, decision.reason, rule


def _first(judged: Sequence[Judged], answer: Answer) -> Judged | None:
    return next((each for each in judged if each.answer == answer), None)


def _end(stay: Stay, until_ms: int) -> int:
    return until_ms if stay.end_ms is None else min(stay.end_ms, until_ms)


def _phase(stays: Sequence[Stay], start_ms: int, end_ms: int) -> Phase:
    """A spell is one on a ward if some of it was."""
    on_ward = any(stay.phase == "ward" and stay.start_ms < end_ms and _end(stay, end_ms) > start_ms for stay in stays)
    return "ward" if on_ward else "uncontrolled"
