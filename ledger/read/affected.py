"""Who and what a finding touches: units, where they are, who holds or held them, whom they were given to.

Asked by unit, donation, donor (a pseudonym), lot of bag, solution or reagent, machine, bag, sample, or place and time.
Answers from one snapshot; the walk is `ledger.rules.lookback`, the window `ledger.rules.window`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ledger.core import custody, kinds
from ledger.core.custody import Holding, Recorded, Stay
from ledger.core.errors import FormatError
from ledger.core.ids import format_instant, is_id
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.read.values import UnitSummary
from ledger.read.ways import (
    MATERIAL_KINDS,
    PLACE_KINDS,
    back_ways,
    donors_of,
    onward_ways,
    touched_units,
    units_that_were,
)
from ledger.rules import lookback
from ledger.rules.dating import zone_of
from ledger.rules.fate import Fate, can_be_withdrawn, fate_of
from ledger.rules.lifecycle import State
from ledger.rules.lookback import Reached, Way, Why
from ledger.rules.window import Standing, standing

SUBJECTS = ("unit", "din", "person", *MATERIAL_KINDS, *PLACE_KINDS)
"""What can be asked about."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        subject: an identifier of one of the `SUBJECTS`; a `person:` is a donor.
        direction: `onward` to all that came of it; `back` to the donations of a unit, and onward from these.
        first_day: of a donor, the first day of the lookback's window; None: every donation.
        since_ms: of a place or box, from when; None: always.
        until_ms: of a place or box, until when; None: now.
    """

    subject: str
    direction: Literal["onward", "back"] = "onward"
    first_day: date | None = None
    since_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class AffectedUnit:
    """One unit that a finding touches.

    Attributes:
        unit: `unit:…`.
        why: how it came to be affected; `via` its neighbour on the way.
        via: a donor, a donation or a unit; None where it is named itself.
        summary: where it stands; None: the ledger never saw it enter.
        fate: what became of it.
        withdrawable: whether a recall still reaches it.
        stays: where it was, by event time.
        holdings: who held it, by event time.
        notes: the dispatch notes that it went with.
        patients: whom it was issued or given to, as pseudonyms.
    """

    unit: str
    why: Why
    via: str | None
    summary: UnitSummary | None
    fate: Fate
    withdrawable: bool
    stays: tuple[Stay, ...]
    holdings: tuple[Holding, ...]
    notes: tuple[str, ...]
    patients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Donation:
    """One donation that a finding touches, or that its window leaves out (`before`)."""

    din: str
    donor: str | None
    collected_ms: int | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Affected:
    """The answer.

    Attributes:
        question: what was asked.
        units: nearest first.
        donations: in order of their numbers; those before the window too.
        consignees: other organisation → the units that it holds, held or was sent.
        elsewhere: how many affected units are not the asking organisation's to see.
        now_ms: the instant for which this holds.
        log_size: the log's size.
    """

    question: Question
    units: tuple[AffectedUnit, ...]
    donations: tuple[Donation, ...]
    consignees: Mapping[str, tuple[str, ...]]
    elsewhere: int
    now_ms: int
    log_size: int

    @property
    def withdrawable(self) -> tuple[str, ...]:
        """The units that a recall still reaches, in order of their identifiers."""
        return tuple(sorted(each.unit for each in self.units if each.withdrawable))

    @property
    def counts(self) -> dict[Fate, int]:
        """How many units have each fate; every fate is there."""
        fates = [each.fate for each in self.units]
        return {fate: fates.count(fate) for fate in Fate}


def require_question(question: Question) -> None:
    """Refuse what cannot be asked.

    Raises:
        FormatError: no such subject, a way back from what is no unit, or a span that ends before it begins.
    """
    if not any(is_id(question.subject, kind) for kind in SUBJECTS):
        raise FormatError(f"expected an identifier of one of {', '.join(SUBJECTS)}; got {question.subject!r}")
    if question.direction == "back" and not is_id(question.subject, "unit"):
        raise FormatError(f"expected a unit to look back from; got {question.subject}")
    if question.since_ms is not None and question.until_ms is not None and question.until_ms < question.since_ms:
        since, until = format_instant(question.since_ms), format_instant(question.until_ms)
        raise FormatError(f"expected a span that ends no earlier than it begins, {since}; got {until}")


def affected(reader: Reader, question: Question, *, organisation: str | None, now_ms: int) -> Affected | None:
    """What a finding touches.

    Args:
        reader: whom to ask.
        question: what about.
        organisation: who asks; it sees the units that it held and all that was made of them. None: the whole site.
        now_ms: the present instant, in milliseconds since the Unix epoch.

    Returns:
        None if the ledger knows of no such unit, or none of them is the organisation's to see.

    Raises:
        FormatError: as `require_question`.
    """
    require_question(question)
    reached, ways, donations = _walked(reader, question, now_ms)
    units = [each for each in reached if is_id(each.subject, "unit")]
    summaries = {each.unit: each for each in reader.summaries([u.subject for u in units], organisation=None)}
    seen = _seen(reader, [each.subject for each in units], ways, organisation)
    if not (seen & summaries.keys()):
        return None
    shown = _shown(reader, [each for each in units if each.subject in seen], summaries, organisation)
    return Affected(
        question=question,
        units=tuple(shown),
        donations=tuple(donations),
        consignees=_consignees(reader, shown, organisation),
        elsewhere=len(units) - len(shown),
        now_ms=now_ms,
        log_size=reader.log_size(),
    )


def _walked(reader: Reader, question: Question, now_ms: int) -> tuple[Sequence[Reached], list[Way], list[Donation]]:
    """What is reached, the ways among it, and its donations."""
    subject = question.subject
    if question.direction == "back":
        back = back_ways(reader, [subject])
        sources = {name for way in back for name in way} | {subject}
        ways = list(dict.fromkeys((*back, *onward_ways(reader, sources))))
        reached = lookback.back_and_onward(ways, [subject])
        dins = [each.subject for each in reached if is_id(each.subject, "din")]
        return reached, ways, _donations(reader, dins, question)
    start = _start(reader, question, now_ms)
    ways = onward_ways(reader, start)
    dins = [end for way in ways for end in way if is_id(end, "din")]
    donations = _donations(reader, [*dins, *(each for each in start if is_id(each, "din"))], question)
    left_out = {each.din for each in donations if each.standing is Standing.BEFORE}
    ways = [way for way in ways if way[1] not in left_out]
    return lookback.onward(ways, start), ways, donations


def _start(reader: Reader, question: Question, now_ms: int) -> list[str]:
    kind = question.subject.partition(":")[0]
    if kind in MATERIAL_KINDS:
        return touched_units(reader, question.subject)
    if kind in PLACE_KINDS:
        since = 0 if question.since_ms is None else question.since_ms
        until = now_ms if question.until_ms is None else question.until_ms
        return units_that_were(reader, question.subject, since_ms=since, until_ms=until)
    return [question.subject]


def _donations(reader: Reader, dins: Iterable[str], question: Question) -> list[Donation]:
    """What the window says of each; it begins for a donor's donations alone."""
    first = question.first_day if is_id(question.subject, "person") else None
    zone = zone_of(reader.site.timezone)
    return [
        Donation(din, donor, collected, standing(collected, first=first, zone=zone))
        for din, (donor, collected) in sorted(donors_of(reader, dict.fromkeys(dins)).items())
    ]


def _seen(reader: Reader, units: Sequence[str], ways: Iterable[Way], organisation: str | None) -> set[str]:
    """The units that are the organisation's to see: what it held, and what was made of that."""
    if organisation is None:
        return set(units)
    own = [each.unit for each in reader.summaries(units, organisation=organisation)]
    made = lookback.descendants([way for way in ways if is_id(way[0], "unit")], own)
    return {*own, *made}


def _shown(
    reader: Reader, units: Sequence[Reached], summaries: Mapping[str, UnitSummary], organisation: str | None
) -> list[AffectedUnit]:
    histories = reader.history.of_each([each.subject for each in units])
    return [
        _unit(reader, each, summaries.get(each.subject), recorded(histories[each.subject]), organisation)
        for each in units
    ]


def _unit(
    reader: Reader, each: Reached, summary: UnitSummary | None, told: Sequence[Recorded], own: str | None
) -> AffectedUnit:
    unit = each.subject
    state = None if summary is None else State(summary.state)
    given = (entry.event for entry in custody.by_time(told))
    events = [event for event in given if getattr(event, "unit", unit) == unit]
    return AffectedUnit(
        unit=unit,
        why=each.why,
        via=each.via,
        summary=summary,
        fate=fate_of(
            state,
            on_hold=summary is not None and summary.on_hold,
            holder=None if summary is None else summary.holder,
            own=own,
        ),
        withdrawable=can_be_withdrawn(state),
        stays=custody.stays(told, unit),
        holdings=custody.holdings(told, unit, organisation_of=reader.organisation_of),
        notes=tuple(dict.fromkeys(event.dispatch_note for event in events if isinstance(event, kinds.Consigned))),
        patients=tuple(
            dict.fromkeys(event.patient for event in events if isinstance(event, kinds.Issued | kinds.Transfused))
        ),
    )


def _consignees(reader: Reader, shown: Iterable[AffectedUnit], own: str | None) -> dict[str, tuple[str, ...]]:
    """Other organisation → units that it holds, held or was sent."""
    units = [each.unit for each in shown if each.summary is not None]
    found: dict[str, list[str]] = {}
    for unit, organisation in reader.organisations_of(units):
        if organisation != own:
            found.setdefault(organisation, []).append(unit)
    return {organisation: tuple(found[organisation]) for organisation in sorted(found)}
