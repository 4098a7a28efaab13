"""Returns from hospital to station (退血): what goes back, what is on its way, and what the pack says of each unit.

Gathers for `ledger.rules.taking_back`, which decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ledger.core import correcting, custody, kinds
from ledger.core.custody import Recorded
from ledger.read.facts import assessment_of
from ledger.read.history import recorded
from ledger.read.judging import WALK_MS, ColdChain, Way, judged_stays
from ledger.read.reader import Reader
from ledger.read.values import Run, UnitSummary
from ledger.rules import deviation
from ledger.rules.exposure import Verdict
from ledger.rules.lifecycle import State
from ledger.rules.taking_back import Judged, Spell, Stretch, judge_return, out_of_control

WITHHELD: Final = frozenset({State.QUARANTINED, State.RECALLED, State.ON_HOLD})
_MOST: Final = 1000

FRESH_MS = 20 * 60 * 1000
"""Nothing goes back into stock on readings older than that: a segment has a quarter of an hour, and is a while under
way. Elsewhere a verdict may lag by an hour and says so; here somebody decides for good."""


@dataclass(frozen=True, slots=True)
class Coming:
    """One unit of a return note.

    Attributes:
        unit: the unit.
        summary: what the ledger has of it; None: nothing.
        judged: what the pack says of it up to `now_ms`, or said when it was taken back.
        code: why it goes back, of the site's list; None: nobody said so by a code.
        refusal: why it was refused at receipt, of the site's list of those; None: it was not.
        reason: what else was said.
        taken: what became of it; None: it is still to come.
    """

    unit: str
    summary: UnitSummary | None
    judged: Judged
    code: str | None
    refusal: str | None
    reason: str | None
    taken: kinds.Received | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnNote:
    """A consignment that goes back to a station.

    Attributes:
        note: `consignment:…`.
        sender: the organisation that sent it; None: its place is not registered.
        to: the station.
        sent_ms: when.
        boxes: what it travels in, each with the seal that it had then; None: nobody sealed it.
        lines: its units, in the note's order.
        pack: name and version of the pack that judges.
        now_ms: the instant for which this holds.
        log_size: by how many batches of the log.
    """

    note: str
    sender: str | None
    to: str
    sent_ms: int
    boxes: tuple[tuple[str, str | None], ...]
    lines: tuple[Coming, ...]
    pack: tuple[str, str]
    now_ms: int
    log_size: int

    @property
    def outstanding(self) -> tuple[Coming, ...]:
        """The units that nobody has taken back yet."""
        return tuple(each for each in self.lines if each.taken is None)


def is_return(reader: Reader, note: str) -> bool:
    """Whether a dispatch note is of a return."""
    return _sent(reader, note) is not None


def return_note(reader: Reader, note: str, *, now_ms: int) -> ReturnNote | None:
    """A consignment that goes back; None if there is no such note, or it is of no return."""
    sent = _sent(reader, note)
    if sent is None:
        return None
    history = recorded(reader.history.of([note]))
    first, event = sent
    lines = (_coming(reader, unit, note, now_ms=now_ms) for unit in custody.dispatched_units(history, note))
    return ReturnNote(
        note=note,
        sender=None if event.place is None else reader.organisation_of(event.place),
        to=event.to,
        sent_ms=first.time_ms,
        boxes=tuple((box, _seal(reader, box, first.time_ms)) for box in event.boxes),
        lines=tuple(lines),
        pack=(reader.pack.name, reader.pack.version),
        now_ms=now_ms,
        log_size=reader.log_size(),
    )


def to_send(reader: Reader, organisation: str | None) -> tuple[UnitSummary, ...]:
    """The units that are to go back and that the organisation (None: anybody) still has, by name."""
    return tuple(each for each in _returned(reader, organisation) if _is_held(each, organisation))


def on_the_way(reader: Reader, organisation: str | None) -> tuple[str, ...]:
    """The return notes of which a unit that the organisation (None: anybody) may see is still on the road."""
    away = [each.unit for each in _returned(reader, organisation) if each.holder == custody.IN_TRANSIT]
    return tuple(sorted({note for unit in away if (note := _note_of(reader, unit)) is not None}))


def judge(reader: Reader, unit: str, *, now_ms: int) -> Judged:
    """What the pack says of a unit that comes back now."""
    history = correcting.in_force(reader.told(unit))
    since_ms, before = _came_ms(reader, history, unit), _spells_before(history, unit)
    chain, (way, _) = reader.cold_chain(unit, now_ms=now_ms), reader.way(unit)
    stretches = () if way is None or since_ms is None else _stretches(reader, way, since_ms, now_ms)
    spells = tuple(_spell(each, chain, reader.pack.max_gap_ms) for each in stretches)
    known = reader.summary(unit)
    component = reader.product(unit).component or ""
    return judge_return(
        spells,
        before=before,
        rule_of=lambda phase: reader.pack.return_rule(component, phase),
        chain=_outside(chain, stretches, history, unit),
        is_withheld=known is not None and (known.on_hold or known.state in WITHHELD),
    )


def _sent(reader: Reader, note: str) -> tuple[Recorded, kinds.Dispatched] | None:
    for each in recorded(reader.history.of([note])):
        if isinstance(each.event, kinds.Dispatched) and each.event.dispatch_note == note:
            return (each, each.event) if each.event.purpose == "return" else None
    return None


def _returned(reader: Reader, organisation: str | None) -> Sequence[UnitSummary]:
    found = reader.units(organisation=organisation, state=State.RETURNED, limit=_MOST)
    return sorted(found, key=lambda each: each.unit)


def _is_held(unit: UnitSummary, organisation: str | None) -> bool:
    return unit.holder == organisation or (organisation is None and unit.holder != custody.IN_TRANSIT)


def _note_of(reader: Reader, unit: str) -> str | None:
    told = (each.event for each in reversed(custody.fold_order(reader.told(unit))))
    return next((event.dispatch_note for event in told if isinstance(event, kinds.Dispatched)), None)


def _coming(reader: Reader, unit: str, note: str, *, now_ms: int) -> Coming:
    told = [each.event for each in custody.fold_order(correcting.in_force(reader.told(unit)))]
    taken = [
        event
        for event in told
        if isinstance(event, kinds.Received) and event.dispatch_note == note and event.returning is not None
    ]
    judged = judge(reader, unit, now_ms=now_ms)
    until_taken = told[: told.index(taken[-1])] if taken else told
    return Coming(unit, reader.summary(unit), judged, *_why(until_taken, unit), taken[-1] if taken else None)


def why(reader: Reader, unit: str) -> tuple[str | None, str | None, str | None]:
    """Why a unit goes back: by the site's code for it, by that of its refusal at receipt, and in words."""
    return _why([each.event for each in custody.fold_order(correcting.in_force(reader.told(unit)))], unit)


def _why(told: Iterable[kinds.AnyEvent], unit: str) -> tuple[str | None, str | None, str | None]:
    code = refusal = reason = None
    for event in told:
        if isinstance(event, kinds.Returned) and event.unit == unit:
            code, reason = event.code or code, event.reason or reason
        elif isinstance(event, kinds.Received) and event.outcome != "refused":
            code = refusal = reason = None
        elif isinstance(event, kinds.Received) and event.returning is None:
            refusal, reason = event.code or _unmet(event), event.reason
    return code, refusal, reason


def _unmet(event: kinds.Received) -> str | None:
    """The site's reason that stands beside the first item of its checklist that was not met."""
    answers = () if event.checklist is None else event.checklist.answers
    return next((each.refusal for each in answers if each.refusal is not None), None)


def _seal(reader: Reader, box: str, sent_ms: int) -> str | None:
    seal = None
    for each in custody.by_time(recorded(reader.history.of([box]))):
        if isinstance(each.event, kinds.Sealed) and each.time_ms <= sent_ms:
            seal = each.event.seal
    return seal


def _came_ms(reader: Reader, history: Sequence[Recorded], unit: str) -> int | None:
    """When the unit came to the hospital that sends it back: after a station had it last."""
    holdings = custody.holdings(history, unit, organisation_of=reader.organisation_of)
    came: int | None = None
    for each in holdings:
        named = reader.organisations.get(each.holder)
        if named is not None:
            came = None if named.role == "blood_centre" else came or each.since_ms
    return came


def _spells_before(history: Iterable[Recorded], unit: str) -> int:
    """How many spells out of control the unit had when it was put back into stock on earlier returns."""
    taken = (each.event for each in history if isinstance(each.event, kinds.Received) and unit in each.event.units)
    return sum(each.returning.spells for each in taken if each.returning is not None and each.outcome == "accepted")


def _stretches(reader: Reader, way: Way, since_ms: int, now_ms: int) -> tuple[Stretch, ...]:
    stays = judged_stays(way, reader.places.get)
    return out_of_control(stays, since_ms=since_ms, until_ms=now_ms, walk_ms=WALK_MS)


def _spell(stretch: Stretch, chain: ColdChain | None, max_gap_ms: int) -> Spell:
    """A spell with what probes read in it: nothing where there was none, or none that could be relied on."""
    phase, start, end = stretch
    points = _points(() if chain is None else chain.runs, start, end)
    edges = [start, *(at for at, _ in points), end]
    return Spell(
        phase=phase,
        start_ms=start,
        end_ms=end,
        lowest_centi=min((centi for _, centi in points), default=None),
        highest_centi=max((centi for _, centi in points), default=None),
        read_throughout=all(other - one <= max_gap_ms for one, other in pairwise(edges)),
    )


def _points(runs: Iterable[Run], start: int, end: int) -> list[tuple[int, int]]:
    good = (point for run in runs if run.quality == "good" for point in run.points)
    return sorted((at, centi) for at, centi in good if start <= at < end)


def _outside(chain: ColdChain | None, stretches: Sequence[Stretch], history: Sequence[Recorded], unit: str) -> Verdict:
    """The cold chain outside the spells out of control, which the pack's rule for returns judges."""
    if chain is None or not chain.exposure.judged_ms or (chain.lag_ms or 0) > FRESH_MS:
        return "unknown"
    settled = deviation.is_settled(chain.exposure, assessment_of(history, unit), seen=chain.seen)
    if settled or deviation.is_tolerated(chain.exposure):
        return "ok"
    bad = {
        spell.status
        for spell in chain.exposure.spells
        if not any(start <= spell.start_ms and spell.end_ms <= end for _, start, end in stretches)
    }
    return "out" if "out" in bad else "unknown" if "unknown" in bad else "ok"
