"""One more sighting of a unit's tag, folded into what is known of the unit without reading its history.

Pure. Where that cannot be told from what is known, the answer says so, and the history is folded (`folding.fold`).
"""

from msgspec import structs

from ledger.core import kinds
from ledger.folding.fold import UnitFold
from ledger.rules import lifecycle


def observe(fold: UnitFold, event: kinds.Seen, at_ms: int, *, latest_ms: int | None) -> UnitFold | None:
    """Fold one more sighting of the unit's tag into what is known, without reading its history.

    Args:
        fold: what is known.
        event: the sighting.
        at_ms: its time, in milliseconds since the Unix epoch.
        latest_ms: the time of the latest event before it, which only who observes knows on; None: not known.

    Returns:
        What `fold_unit` would say but for `arrived_ms` and `latest_ms`, `fold` itself where nothing else changes; None
        if that depends on what else happened since then, so that the history must be folded.
    """
    if isinstance(event, kinds.TagMemoryRead):
        return None  # what it says is held against what was said of the unit before
    if _is_past_its_end(fold, event):
        return None  # what that contradicts, its history says
    if stays(fold, event, at_ms):
        return fold
    stands_out = not isinstance(event, kinds.TagArrived) or event.place != fold.place
    if latest_ms is not None and at_ms >= latest_ms:
        if not isinstance(event, kinds.TagArrived):
            return structs.replace(fold, place=None, changed_ms=at_ms, moved_ms=at_ms)
        return structs.replace(fold, place=event.place, changed_ms=at_ms, moved_ms=at_ms, arrived_ms=at_ms)
    return fold if stands_out and _is_overtaken(fold, at_ms) else None


def stays(fold: UnitFold, event: kinds.Seen, at_ms: int) -> bool:
    """Whether the unit is where it is since it last changed, and a sighting does not say otherwise.

    Then a later sighting that says the same does not, either.
    """
    if at_ms < fold.changed_ms:
        return False
    here, place = fold.place, event.place
    if isinstance(event, kinds.TagArrived):
        return (place is None or place == here) and fold.state not in lifecycle.ENDS
    if isinstance(event, kinds.TagLeft):
        return here is None or (place is not None and place != here)
    return not isinstance(event, kinds.TagMemoryRead)


def _is_past_its_end(fold: UnitFold, event: kinds.Seen) -> bool:
    """Whether a bag is seen that is no more."""
    return fold.state in lifecycle.ENDS and isinstance(event, kinds.TagArrived)


def _is_overtaken(fold: UnitFold, at_ms: int) -> bool:
    """Whether a later arrival settled where the unit is, whatever a sighting says that names another place than here.

    Where the unit is somewhere, that is the arrival with which it came to be there: an earlier one at the same place
    would say that it came there before.
    """
    settled_ms = fold.arrived_ms if fold.place is None else fold.moved_ms
    return settled_ms is not None and at_ms < settled_ms
