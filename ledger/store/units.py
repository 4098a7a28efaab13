"""The units' projection: what `ledger.folding.fold` says of each unit that a batch touched."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from sys import intern
from types import MappingProxyType
from typing import NamedTuple

from msgspec import structs
from sqlalchemy import Connection, delete, select

from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.core.ids import din_of
from ledger.folding import fold, observing
from ledger.folding.fold import UnitFold
from ledger.folding.places import Places
from ledger.store import tables as t
from ledger.store.discrepancies import Discrepancies
from ledger.store.entries import Entry
from ledger.store.history import histories_of
from ledger.store.names import Names
from ledger.store.prepared import Prepared, Revision, Value, among, insertion, names_in, upsertion
from ledger.store.subjects import Sighting, Touched

_CACHED = 32_768
_FOLD = ("state", "on_hold", "abo", "rhd", "expires_ms", "place", "holder", "changed_ms")
_STORED = Prepared(
    select(t.units.c.unit, *(t.units.c[name] for name in _FOLD)).where(among(t.units.c.unit, "units")), "units"
)
_WRITE = upsertion(t.units, *_FOLD)
_OBSERVE = Revision(t.units, "place", "changed_ms")
"""What a sighting changes that says that its unit moved; of any other, nothing is written."""
_FORGET_ORGANISATIONS = Prepared(
    delete(t.unit_organisations).where(among(t.unit_organisations.c.unit, "units")), "units"
)
_ORGANISATIONS = insertion(t.unit_organisations)


class Span(NamedTuple):
    """Several sightings of one unit.

    Attributes:
        said: one of each kind and place among them.
        first_ms: the time of the earliest, in milliseconds since the Unix epoch.
        last_ms: the time of the latest.
    """

    said: Sequence[kinds.Seen]
    first_ms: int
    last_ms: int


class Refolded(NamedTuple):
    """What was done with the units that batches touched.

    Attributes:
        stirred: those that were folded whole, or moved; of the others, tags were seen where the units are.
        unfolded: those of `stirred` that no fold knows: nobody has entered them.
    """

    stirred: set[str]
    unfolded: set[str]


class Units:
    """Folds units as batches touch them, in log order. `clear` after a transaction that failed."""

    def __init__(self) -> None:
        self._known: dict[str, UnitFold] = {}
        self._latest_ms: dict[str, int] = {}
        """Of known units the time of their latest event, where it is known: no row holds it."""

    def clear(self) -> None:
        """Forget everything that is not in the database."""
        self._known.clear()
        self._latest_ms.clear()

    def refold(
        self,
        connection: Connection,
        touched: Touched,
        also: Iterable[str],
        *,
        names: Names,
        places: Places,
        discrepancies: Discrepancies,
    ) -> Refolded:
        """Fold again every unit that a batch touched, and the units `also`; sightings of tags take the short way."""
        whole = {**touched.units, **dict.fromkeys(also)}
        for din in touched.dins:
            whole.update(dict.fromkeys(units_of_donation(connection, din)))
        seen: Mapping[str, Sequence[Sighting]] = touched.sightings
        if whole:
            seen = {unit: sightings for unit, sightings in seen.items() if unit not in whole}
        late, moved = self._observe(connection, seen)
        whole.update(dict.fromkeys(late))
        histories = read_histories(connection, list(whole), names=names, at_hand=touched.at_hand)
        folded = self._fold_whole(connection, histories, places=places, discrepancies=discrepancies)
        known = self._stored(connection, touched.units)
        for unit, entry in touched.units.items():
            if unit not in known:
                note_unknown_unit(unit, entry, discrepancies)
        return Refolded({*whole, *moved}, whole.keys() - folded)

    def stay(self, connection: Connection, seen: Mapping[str, Span]) -> list[str]:
        """Take sightings of units that, by all of them, are still where they were; answer those that may have moved."""
        moved: list[str] = []
        for unit, before in self._stored(connection, seen).items():
            span = seen[unit]
            if not all(observing.stays(before, said, span.first_ms) for said in span.said):
                moved.append(unit)
            elif unit in self._latest_ms:
                self._latest_ms[unit] = max(self._latest_ms[unit], span.last_ms)
        return moved

    def _observe(self, connection: Connection, seen: Mapping[str, Sequence[Sighting]]) -> tuple[list[str], list[str]]:
        """Take sightings the short way; answer the units whose history has to be folded, and those that may have moved.

        What came late and changes nothing about the present may change what was before.
        """
        late: list[str] = []
        others: list[str] = []
        moved: list[tuple[Value, ...]] = []
        latest = self._latest_ms
        for unit, before in self._stored(connection, seen).items():
            last_ms, before_ms = _stayed_until(before, seen[unit]), latest.get(unit)
            if last_ms is not None:
                if before_ms is not None and last_ms > before_ms:
                    latest[unit] = last_ms
                continue
            now, latest_ms = _observed(before, seen[unit], before_ms)
            if now is None:
                late.append(unit)
                continue
            others.append(unit)
            if latest_ms is not None:
                latest[unit] = latest_ms
            if now is not before:
                self._known[unit] = now
                moved.append((now.place, now.changed_ms, unit))
        _OBSERVE.run_many(connection, moved)
        return late, others

    def _fold_whole(
        self,
        connection: Connection,
        histories: Mapping[str, Sequence[Recorded]],
        *,
        places: Places,
        discrepancies: Discrepancies,
    ) -> Collection[str]:
        """Fold histories; answer the units that they are of, those left out that nobody has entered."""
        if not histories:
            return ()
        folds: dict[str, UnitFold] = {}
        for unit, history in histories.items():
            now = fold.fold_unit(history, unit, places=places)
            if now is not None:
                folds[unit] = now
                discrepancies.note_fold(unit, now.findings)
        _write(connection, folds)
        for unit, now in folds.items():
            self._known[unit] = structs.replace(now, organisations=(), findings=())
            if now.latest_ms is not None:
                self._latest_ms[unit] = now.latest_ms
        return folds.keys()

    def _stored(self, connection: Connection, units: Collection[str]) -> dict[str, UnitFold]:
        """Those of `units` that are known, as they are stored: without organisations and findings.

        When a unit last arrived and what was latest is not stored: it is known once its history was folded here.
        """
        if len(self._known) > _CACHED:
            self.clear()
        known = self._known
        unknown = [unit for unit in units if unit not in known]
        if unknown:
            own = {unit: unit for unit in unknown}  # one text for a unit, wherever it is remembered
            for row in _STORED.rows(connection, names_in(unknown)):
                unit, state, on_hold, abo, rhd, expires_ms, place, holder, changed_ms = row
                known[own[unit]] = UnitFold(
                    intern(state),
                    bool(on_hold),
                    _one(abo),
                    _one(rhd),
                    expires_ms,
                    _one(place),
                    _one(holder),
                    changed_ms,
                )
        else:
            return {unit: known[unit] for unit in units}
        return {unit: known[unit] for unit in units if unit in known}


def _one(text: str | None) -> str | None:
    """The one copy of a text that thousands of units have: a group, a place."""
    return None if text is None else intern(text)


def note_unknown_unit(unit: str, entry: Entry, discrepancies: Discrepancies) -> None:
    """Gather that an event names a unit that nobody had entered."""
    discrepancies.note(
        "unit.unknown", unit, about="", time_ms=entry.time_ms,
        text=f"{entry.kind} names it, and nobody has entered it", at=entry.log_place,
    )  # fmt: skip


def rewrite_units(
    connection: Connection, units: Sequence[str], *, names: Names, places: Places, discrepancies: Discrepancies
) -> None:
    """Fold units whose history lost an event; those that nobody has entered any more are no units."""
    if not units:
        return
    _FORGET_ORGANISATIONS.run(connection, names_in(units))
    connection.execute(delete(t.units).where(among(t.units.c.unit, "units")), {"units": names_in(units)})
    folds: dict[str, UnitFold] = {}
    for unit, history in read_histories(connection, units, names=names).items():
        now = fold.fold_unit(history, unit, places=places)
        discrepancies.note_fold(unit, () if now is None else now.findings)
        if now is not None:
            folds[unit] = now
    _write(connection, folds)


def read_histories(
    connection: Connection,
    units: Sequence[str],
    *,
    names: Names,
    at_hand: Mapping[int, Sequence[Entry]] = MappingProxyType({}),
) -> dict[str, list[Recorded]]:
    """For each unit its events and its donation's, in log order.

    Args:
        connection: the connection.
        units: the units.
        names: the subjects' numbers.
        at_hand: batches whose events need not be read, by log index.
    """
    if not units:
        return {}
    numbers = names.find(connection, [name for unit in units for name in (unit, din_of(unit))])
    events = histories_of(connection, list(numbers.values()), at_hand)
    histories = {}
    for unit in units:
        own: dict[int, Recorded] = {}
        for name in (unit, din_of(unit)):
            own.update(events.get(numbers.get(name, 0), {}))
        histories[unit] = list(custody.once([own[event_id] for event_id in sorted(own)]))
    return histories


def units_of_donation(connection: Connection, din: str) -> list[str]:
    """Every unit known of a donation, in order of their identifiers."""
    prefix = f"unit:{din.removeprefix('din:')}"
    # "/" follows "." in ASCII: the range holds exactly the units that begin with the donation number and a point.
    rows = connection.execute(
        select(t.units.c.unit)
        .where(t.units.c.unit > f"{prefix}.", t.units.c.unit < f"{prefix}/")
        .order_by(t.units.c.unit)
    )
    return list(rows.scalars())


def _stayed_until(known: UnitFold, sightings: Sequence[Sighting]) -> int | None:
    """The time of the latest of sightings by all of which the unit is where it was; None if it may have moved."""
    last_ms = 0
    for seen, at_ms in sightings:
        if not observing.stays(known, seen, at_ms):
            return None
        last_ms = max(last_ms, at_ms)
    return last_ms


def _observed(
    known: UnitFold, sightings: Sequence[Sighting], latest_ms: int | None
) -> tuple[UnitFold | None, int | None]:
    """What is known after the sightings, and the time of the latest event; None if the history has to be folded."""
    now = known
    for seen, at_ms in sightings:
        after = observing.observe(now, seen, at_ms, latest_ms=latest_ms)
        if after is None:
            return None, None
        now = after
        if latest_ms is not None and at_ms > latest_ms:
            latest_ms = at_ms
    return now, latest_ms


def _write(connection: Connection, folds: Mapping[str, UnitFold]) -> None:
    rows = [
        (
            unit, now.state, int(now.on_hold), now.abo, now.rhd, now.expires_ms, now.place, now.holder, now.changed_ms,
        )
        for unit, now in folds.items()
    ]  # fmt: skip
    _WRITE.run_many(connection, rows)
    if folds:
        _FORGET_ORGANISATIONS.run(connection, names_in(folds))
    _ORGANISATIONS.run_many(connection, [(unit, each) for unit, now in folds.items() for each in now.organisations])
