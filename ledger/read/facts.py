"""What the rules need to know of a unit, from its stored row, its history, its donors' and its cold chain."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.core.ids import din_of, parse_instant
from ledger.read.judging import ColdChain
from ledger.read.rows import UnitRow
from ledger.rules import deferral, deviation, panel, release
from ledger.rules.deferral import Blocked, Reentered
from ledger.rules.deviation import Assessment
from ledger.rules.lifecycle import State

Group = tuple[str, str]
"""ABO and RhD."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the site asks of a unit before it is released.

    Attributes:
        tests: the tests that must be final.
        labelled_first: whether the label comes before the release.
    """

    tests: tuple[str, ...] = ()
    labelled_first: bool = True


@dataclass(frozen=True, slots=True)
class DonorHistory:
    """What is known of one donor, a pseudonym.

    Attributes:
        spells: when the donor was deferred.
        groups: every group that a test of one of the donor's donations found.
    """

    spells: tuple[Blocked, ...] = ()
    groups: frozenset[Group] = field(default_factory=frozenset)


_UNKNOWN = DonorHistory()


def donor_history(told: Iterable[Recorded], tested: Iterable[Recorded]) -> DonorHistory:
    """What the events say of a donor.

    Args:
        told: those about the donor.
        tested: those about the donations that the donor gave.
    """
    said = [each.event for each in told]
    spoken: list[Blocked | Reentered] = []
    for event in said:
        if isinstance(event, kinds.DonorBlocked):
            until = None if event.until is None else parse_instant(event.until)
            spoken.append(Blocked(parse_instant(event.time), until))
        elif isinstance(event, kinds.DonorReentered):
            spoken.append(Reentered(parse_instant(event.time)))
    results = [each.event for each in tested if isinstance(each.event, kinds.Tested)]
    return DonorHistory(deferral.deferrals(spoken), frozenset(_groups(results)))


def collections(history: Iterable[Recorded]) -> list[kinds.Collected]:
    """The donations that went into a unit."""
    return [each.event for each in history if isinstance(each.event, kinds.Collected)]


def unit_facts(
    row: UnitRow,
    history: Sequence[Recorded],
    chain: ColdChain | None,
    *,
    donors: dict[str, DonorHistory],
    asked: Asked,
    now_ms: int,
) -> release.UnitFacts:
    """The facts of one unit at one instant.

    Args:
        row: the unit's row of the projection.
        history: its events, its ancestors' and its donations'.
        chain: its cold chain; None where its product is not in the catalogue.
        donors: every donor of it; one that is not among them counts as nothing is known of.
        asked: what the site asks for.
        now_ms: the instant, in milliseconds since the Unix epoch.
    """
    happened = [entry.event for entry in custody.fold_order(history)]
    results = [event for event in happened if isinstance(event, kinds.Tested)]
    given = collections(history)
    donations = {din_of(each.unit) for each in given} or {din_of(str(row.unit))}
    labels = _labels(happened, str(row.unit))
    found = _groups(results)
    known = found.union(*(donors.get(each.donor, _UNKNOWN).groups for each in given))
    exposure = chain.exposure if chain is not None and chain.exposure.judged_ms else None
    agreed = labels == found if asked.labelled_first else labels <= found
    return release.UnitFacts(
        state=State.ON_HOLD if row.on_hold else State(row.state),
        now_ms=now_ms,
        tests=_worst_of_newest(results, donations),
        missing_tests=_missing(results, donations, asked.tests),
        ever_unfit=any(result.overall == "unfit" for result in results),
        donor_eligible=not any(_stands_against(donors.get(each.donor, _UNKNOWN), each, now_ms) for each in given),
        group_confirmed=len(found) == 1 and agreed and known == found,
        group_disputed=len(known | labels) > 1,
        labelled=bool(labels) or any(_is_opening(event, str(row.unit)) for event in happened),
        expires_ms=row.expires_ms,
        exposure=None if exposure is None else exposure.verdict,
        recalled=row.state == State.RECALLED,
        within_tolerance=exposure is not None and deviation.is_tolerated(exposure),
        assessed_fit=deviation.is_settled(
            exposure, assessment_of(history, str(row.unit)), seen=None if chain is None else chain.seen
        ),
    )


def assessment_of(history: Sequence[Recorded], unit: str) -> Assessment | None:
    """The newest assessment of this very unit: one of what it was made of says nothing of it."""
    if kinds.Assessed not in {type(each.event) for each in history}:
        return None
    happened = custody.fold_order(history)
    judged = [
        (each, each.event) for each in happened if isinstance(each.event, kinds.Assessed) and each.event.unit == unit
    ]
    if not judged:
        return None
    told, event = judged[-1]
    return Assessment(told.time_ms, event.outcome, told.log_index)


def _stands_against(donor: DonorHistory, given: kinds.Collected, now_ms: int) -> bool:
    return deferral.stands_against(donor.spells, collected_ms=parse_instant(given.time), now_ms=now_ms)


def _worst_of_newest(results: Iterable[kinds.Tested], donations: Collection[str]) -> release.Overall | None:
    """Of each donation the newest result, and of those the worst; one without any counts as such."""
    newest = {result.din: result.overall for result in results}
    order: tuple[release.Overall, ...] = ("unfit", "undecided")
    worst = next((overall for overall in order if overall in newest.values()), None)
    if worst is not None:
        return worst
    return "fit" if all(din in newest for din in donations) else None


def _missing(results: Sequence[kinds.Tested], donations: Collection[str], tests: Sequence[str]) -> tuple[str, ...]:
    """The tests that are not final for one donation or another, in the panel's order."""
    absent = {
        test
        for din in donations
        for test in panel.missing(tests, (name for result in results if result.din == din for name in result.panel))
    }
    return tuple(test for test in tests if test in absent)


def _groups(results: Iterable[kinds.Tested]) -> set[Group]:
    return {(result.abo, result.rhd) for result in results if result.abo and result.rhd}


def _labels(happened: Iterable[kinds.AnyEvent], unit: str) -> set[Group]:
    return {(event.abo, event.rhd) for event in happened if isinstance(event, kinds.Labelled) and event.unit == unit}


def _is_opening(event: kinds.AnyEvent, unit: str) -> bool:
    """Whether the unit entered as stock that had its label already."""
    return isinstance(event, kinds.Opening) and event.unit == unit and event.abo is not None
