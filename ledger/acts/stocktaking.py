"""A stock-take (盘点) signed: what was read in a place against what the ledger has there, as its person saw it."""

from typing import TYPE_CHECKING

from ledger.accounts import User
from ledger.acts import steps
from ledger.append import Recorder
from ledger.core.custody import Recorded
from ledger.core.errors import Refused

if TYPE_CHECKING:
    from ledger.read.stocktaking import Take
    from ledger.read.sweeping import Swept


def sign(
    recorder: Recorder, swept: "Swept", told: "Take", *, looked_at: str, user: User
) -> tuple[Recorded, ...] | Refused:
    """Record what a sweep found; nobody signs another list than they looked at.

    Args:
        recorder: the writer.
        swept: what was looked at.
        told: what it finds now: a reader may have seen one more bag meanwhile.
        looked_at: the digest of the lists that the person saw.
        user: who signs, and may.
    """
    if not told.difference.found and not swept.texts and swept.since_ms is None:
        return Refused("stocktake.nothing", "nothing was read or scanned; an empty place is counted from an instant on")
    if told.digest != looked_at:
        return Refused("stocktake.changed", "something was found or moved since the list was shown")
    return steps.record(recorder, "stock_taken", told.portions(), user=user)
