"""What the rules need to know of a unit, from its stored row, its history and its cold chain."""

from collections.abc import Iterable

from sqlalchemy import Row

from ledger.core import custody, kinds
from ledger.read.judging import ColdChain
from ledger.rules import release
from ledger.rules.lifecycle import State


def unit_facts(
    row: Row[tuple[object, ...]], history: Iterable[custody.Recorded], chain: ColdChain | None, *, now_ms: int
) -> release.UnitFacts:
    """The facts of one unit at one instant.

    Args:
        row: the unit's row of the projection.
        history: its events and its donation's.
        chain: its cold chain; None where its product is not in the catalogue.
        now_ms: the instant, in milliseconds since the Unix epoch.
    """
    happened = [entry.event for entry in custody.fold_order(history)]
    results = [event for event in happened if isinstance(event, kinds.Tested)]
    return release.UnitFacts(
        state=State.ON_HOLD if row.on_hold else State(row.state),
        now_ms=now_ms,
        tests=_worst_of_newest(results),
        ever_unfit=any(result.overall == "unfit" for result in results),
        group_confirmed=_group_confirmed(results, happened, row.unit),
        expires_ms=row.expires_ms,
        exposure=chain.exposure.verdict if chain is not None and chain.exposure.judged_ms else None,
        recalled=row.state == State.RECALLED,
        assessed_fit=any(isinstance(event, kinds.Assessed) and event.outcome == "fit" for event in happened),
    )


def _worst_of_newest(results: Iterable[kinds.Tested]) -> release.Overall | None:
    """Of each donation the newest result, and of those the worst."""
    newest = {result.din: result.overall for result in results}
    order: tuple[release.Overall, ...] = ("unfit", "undecided", "fit")
    return next((overall for overall in order if overall in newest.values()), None)


def _group_confirmed(results: Iterable[kinds.Tested], happened: Iterable[kinds.AnyEvent], unit: str) -> bool:
    """Whether every test that found a group, and the unit's label, name the same one."""
    found = {(result.abo, result.rhd) for result in results if result.abo and result.rhd}
    labels = {(event.abo, event.rhd) for event in happened if isinstance(event, kinds.Labelled) and event.unit == unit}
    return len(found) == 1 and labels == found
