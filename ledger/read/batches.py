"""The units of a release batch as the rules need them, and whether a sweep saw the unfit ones isolated."""

from collections.abc import Callable, Iterable, Sequence

from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.core.ids import parse_instant
from ledger.read.reader import Reader
from ledger.rules.batch_release import Member, Reconciled, reconcile, verdict

ISOLATION = "isolation"
_UNFIT = (kinds.Quarantined, kinds.Nonconforming, kinds.Recalled)


def members(reader: Reader, units: Iterable[str], *, now_ms: int) -> list[Member]:
    """What the rules of batch release need to know of each unit, each once."""
    found = []
    for unit in dict.fromkeys(units):
        isolated = seen_isolated(reader.told(unit), unit, is_isolation=lambda place: _is_isolation(reader, place))
        found.append(Member(unit, reader.facts(unit, now_ms=now_ms), isolated))
    return found


def standing(reader: Reader, units: Sequence[str], *, organisation: str | None, now_ms: int) -> dict[str, object]:
    """How the units of a batch stand, each list in the order of `units`, and the rule that is against its release.

    Args:
        reader: the ledger as it is.
        units: every unit that was pending.
        organisation: who asks (None: the whole site); what is not theirs to see is not accounted for.
        now_ms: the present instant.
    """
    known = [unit for unit in units if reader.visible(unit, organisation)]
    told = members(reader, known, now_ms=now_ms)
    verdicts = {member.unit: verdict(member.facts) or "unaccounted" for member in told}
    lists = {
        word: [unit for unit in units if verdicts.get(unit, "unaccounted") == word]
        for word in ("fit", "unfit", "undecided", "unaccounted")
    }
    found = reconcile(told)
    return {**lists, "refusal": "" if isinstance(found, Reconciled) else found.rule}


def seen_isolated(history: Sequence[Recorded], unit: str, *, is_isolation: Callable[[str], bool]) -> bool:
    """Whether the last that was seen of a unit is a sweep or a reader in an isolation place, since it became unfit.

    Args:
        history: its events and its donation's.
        unit: the unit.
        is_isolation: whether a place is set apart for what must not be released.
    """
    unfit_ms = min((parse_instant(each.event.time) for each in history if _makes_unfit(each)), default=0)
    seen_at: tuple[str, int] | None = None
    for each in custody.by_time(history):
        event = each.event
        match event:
            case kinds.TagArrived(place=str(place)):
                seen_at = (place, each.time_ms)
            case kinds.StockTaken(place=str(place)) if unit in event.found:
                seen_at = (place, each.time_ms)
            case kinds.Stored() | kinds.Moved() | kinds.Received() | kinds.Returned() | kinds.Opening():
                if seen_at is not None and event.place != seen_at[0]:
                    seen_at = None  # a person put it elsewhere, where no sweep has seen it
            case kinds.TagLeft() | kinds.Removed() if seen_at is not None and event.place in {None, seen_at[0]}:
                seen_at = None
            case _:
                continue
    return seen_at is not None and seen_at[1] >= unfit_ms and is_isolation(seen_at[0])


def _makes_unfit(each: Recorded) -> bool:
    event = each.event
    return isinstance(event, _UNFIT) or (isinstance(event, kinds.Tested) and event.overall == "unfit")


def _is_isolation(reader: Reader, place: str) -> bool:
    named = reader.places.get(place)
    return named is not None and named.use == ISOLATION
