"""What people told of units: all that custody, issues and ends follow from, read without what devices saw."""

from collections.abc import Collection, Iterator, Sequence

from ledger.core import correcting
from ledger.core.custody import Recorded
from ledger.core.ids import din_of
from ledger.folding import fold
from ledger.read.reader import Reader
from ledger.store import said
from ledger.store.names import Names
from ledger.store.tables import subjects

_AT_ONCE = 1000


def units_told_of(reader: Reader, kinds: Sequence[str], *, since_ms: int, until_ms: int) -> set[str]:
    """Every unit that an event of these kinds names which happened after `since_ms`, up to `until_ms`.

    Also where a correction struck it out since: which events count, the units' histories say.
    """
    return {
        unit
        for each in said.since(reader.connection, kinds, since_ms)
        if each.time_ms <= until_ms
        for unit in fold.units_of(each.event)
    }


def histories_told(reader: Reader, units: Collection[str]) -> Iterator[tuple[str, Sequence[Recorded]]]:
    """For each unit what people told of it and of its donation, corrections in force, many read at once."""
    ordered, known = sorted(units), Names(subjects)
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        numbers = known.find(reader.connection, [name for unit in some for name in (unit, din_of(unit))])
        events = said.histories_of(reader.connection, list(numbers.values()))
        for unit in some:
            own: dict[int, Recorded] = {}
            for name in (unit, din_of(unit)):
                own.update(events.get(numbers.get(name, 0), {}))
            yield unit, correcting.in_force([own[each] for each in sorted(own)])
