"""A unit's whole way through the log: its own events, its ancestors' and its donations', and its whole family."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from ledger.core import custody, kinds
from ledger.core.ids import din_of
from ledger.core.kinds import AnyEvent
from ledger.read.history import Entry, recorded
from ledger.read.units import UnitsInShort
from ledger.read.values import UnitSummary
from ledger.store.tables import units

FAMILY_LIMIT = 200


class Families(UnitsInShort):
    """What was said of units and of all that they were made of."""

    def told(self, unit: str) -> list[custody.Recorded]:
        """The unit's events, its ancestors' up to their transformation, and those of their donations, in log order."""
        return recorded(self._whole_history(unit)[0])

    def entries_about(self, unit: str) -> list[Entry]:
        """The same as stored: also what is not understood, and what was erased."""
        return self._whole_history(unit)[0]

    def _whole_history(self, unit: str) -> tuple[list[Entry], int]:
        """The unit's events, its ancestors' up to their transformation, its donation's; and when it came to be."""
        own = self.history.of([unit, din_of(unit)])
        entries = {entry.id: entry for entry in own}
        until = {edge.parent: edge.time_ms for edge in custody.edges(recorded(entries.values())) if edge.child == unit}
        born = min(until.values(), default=min((entry.time_ms for entry in entries.values()), default=0))
        pending = dict(until)
        while pending:
            parents, pending = pending, {}
            told = self.history.of_each([name for parent in parents for name in (parent, din_of(parent))])
            for parent, limit in parents.items():
                before = [entry for entry in told[parent] if entry.time_ms <= limit or entry.kind == "corrected"]
                entries.update((entry.id, entry) for entry in [*before, *told[din_of(parent)]])
                for edge in custody.edges(recorded(before)):
                    if edge.child == parent and edge.parent not in until:
                        until[edge.parent] = pending[edge.parent] = edge.time_ms
        whole = [entries[key] for key in sorted(entries)]
        if len(whole) > len(own) and self.history.is_shortened(unit) and not _rests(own, whole, unit):
            self.history.lengthen(unit)
            return self._whole_history(unit)
        return whole, born

    def _lineage(self, unit: str, understood: Iterable[custody.Recorded]) -> list[custody.Edge]:
        """Every edge of the unit's family: all that can be reached in both directions, from what is known of itself."""
        seen = {unit}
        edges: dict[custody.Edge, None] = dict.fromkeys(custody.edges(understood))
        pending = {name for edge in edges for name in (edge.parent, edge.child)} - seen
        while pending and len(seen) < FAMILY_LIMIT:
            names = sorted(pending)[: FAMILY_LIMIT - len(seen)]
            seen.update(names)
            found = custody.edges(recorded(self.history.of(names)))
            edges.update(dict.fromkeys(found))
            pending = {name for edge in edges for name in (edge.parent, edge.child)} - seen
        return sorted(edges, key=lambda edge: (edge.time_ms, edge.parent, edge.child))

    def _family(self, names: Iterable[str]) -> dict[str, UnitSummary]:
        """Those of the units that the ledger has, in short."""
        query = select(units).where(units.c.unit.in_(sorted(names))).order_by(units.c.unit)
        return {each.unit: each for each in self._summaries(query)}


def _rests(own: Sequence[Entry], whole: Sequence[Entry], unit: str) -> bool:
    """Whether what was left out of a unit's own history says nothing of its way with its ancestors', either.

    It was left out because it says, later than all that moved the unit by its own history, that the unit is where that
    history leaves it (`ledger.store.resting`). That holds with its ancestors' events, too, if they lie before it came
    to be, and leave the unit at the same place since the same instant. What is rare is not thought through: where
    anything was corrected or carried over, everything is read.
    """
    known = {entry.id for entry in own}
    told = [entry.recorded for entry in own if entry.recorded is not None]
    born = max(edge.time_ms for edge in custody.edges(told) if edge.child == unit)
    if any(entry.id not in known and entry.time_ms >= born for entry in whole):
        return False
    joined = [entry.recorded for entry in whole if entry.recorded is not None]
    if any(isinstance(each.event, kinds.Corrected) or _is_carried_over(each.event) for each in joined):
        return False
    alone, together = custody.whereabouts(told, unit), custody.whereabouts(joined, unit)
    return (alone.place, alone.moved_ms) == (together.place, together.moved_ms)


def _is_carried_over(event: AnyEvent) -> bool:
    return isinstance(event, kinds.Reported) and event.first_said is not None
