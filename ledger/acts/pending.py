"""A batch of pending units released (批放行): fit units alone, by two persons, once every unit is accounted for."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ledger.accounts import User
from ledger.append import Draft, Recorder, Rejected
from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.read import batches, permitted
from ledger.rules.batch_release import Reconciled, may_release_batch

if TYPE_CHECKING:
    from ledger.read.reader import Reader


def release(
    recorder: Recorder, batch: str, units: Sequence[str], *, place: str | None, user: User, second: str
) -> tuple[Recorded, ...] | Refused:
    """Release the fit units of a batch that is accounted for.

    Args:
        recorder: the writer.
        batch: its name.
        units: every unit that was pending.
        place: where.
        user: who releases it, and may.
        second: the second person, as a pseudonym, who has signed.

    Returns:
        The events with their places in the log; or Refused, and nothing was written.
    """
    now = recorder.clock.now_ms()
    persons = {"by": user.person, "second": second} | ({} if place is None else {"place": place})

    def make(reader: "Reader") -> Sequence[Draft] | Refused:
        refused = permitted.place_rule(reader, persons, user.organisation)
        for unit in units:
            refused = refused or permitted.holder_rule(reader, "released", unit, user.organisation)
        if refused is not None:
            return refused
        found = may_release_batch(batches.members(reader, units, now_ms=now), by=user.person, second=second)
        if not isinstance(found, Reconciled):
            return Refused(found.rule, found.reason)
        return _drafts(batch, found, persons)

    try:
        return recorder.record_made(make)
    except Rejected as error:
        return Refused(error.step, error.reason)


def _drafts(batch: str, found: Reconciled, persons: Mapping[str, object]) -> list[Draft]:
    """A release of every fit unit, and the batch's own event, which names the others."""
    drafts = [Draft(kinds.Released, {"unit": unit, "release_batch": batch, **persons}) for unit in found.fit]
    numbers = {"pending": found.pending, "fit": len(found.fit)}
    listed = {"unfit": list(found.unfit), "undecided": list(found.undecided)}
    return [*drafts, Draft(kinds.BatchReleased, {"release_batch": batch, **numbers, **listed, **persons})]
