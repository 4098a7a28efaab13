"""The verdicts on units' cold chains as they are kept: written beside the log, a little after it.

What they follow from, and which units a batch concerns, is `ledger.read`'s. A turn of judging is written in portions,
in the order of units' names. A writing says from what mark it goes on: where another process was quicker, nothing of
it is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select

from ledger.store import tables as t
from ledger.store.prepared import Prepared, among, insertion, names_in, upsertion

STILL_THERE: Final = 1 << 62
"""Until when a unit is where it is."""
_ONE: Final = 1
_VERDICTS, _STAYS = insertion(t.verdicts), insertion(t.unit_stays)
_PROGRESS = upsertion(t.judged, "log_size", "until", "after")
_SINCE = Prepared(
    select(t.verdicts.c.unit, t.verdicts.c.verdict, t.verdicts.c.since).where(among(t.verdicts.c.unit, "units")),
    "units",
)
_FORGET = tuple(
    Prepared(delete(table).where(among(table.c.unit, "units")), "units") for table in (t.verdicts, t.unit_stays)
)
_THERE = Prepared(
    select(t.unit_stays.c.unit).where(
        t.unit_stays.c.place == bindparam("place"),
        t.unit_stays.c.until_ms > bindparam("start"),
        t.unit_stays.c.since_ms <= bindparam("end"),
    ),
    *("place", "start", "end"),
)
_HERE = Prepared(
    select(t.unit_stays.c.unit, t.unit_stays.c.place, t.unit_stays.c.since_ms).where(
        among(t.unit_stays.c.unit, "units"), t.unit_stays.c.until_ms == STILL_THERE
    ),
    *("units", "until_ms_1"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One unit's verdict.

    Attributes:
        unit: `unit:…`.
        verdict: `ok`, `out` or `unknown`.
        held: whether it holds the unit back.
        out_ms: time out of limits.
        unknown_ms: time of which nothing can be said.
        tolerated_ms: time in tolerated gaps.
        lowest: the lowest reading, centi-degrees.
        highest: the highest.
        until_ms: judged up to here, exclusive.
        holds_until_ms: what is said holds up to here, whatever else is not heard; None: for good.
        pack: the policy pack.
        version: its version.
    """

    unit: str
    verdict: str
    held: bool
    out_ms: int
    unknown_ms: int
    tolerated_ms: int
    lowest: int | None
    highest: int | None
    until_ms: int
    holds_until_ms: int | None
    pack: str
    version: str

    def at(self, now_ms: int) -> "Kept":
        """The same as it stands at an instant: where nothing was heard for too long, nothing can be said."""
        if self.holds_until_ms is None or now_ms <= self.holds_until_ms:
            return self
        return replace(self, verdict="out" if self.verdict == "out" else "unknown", held=True)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far judging is.

    Attributes:
        log_size: every unit is judged as of this log size or a later one.
        until: the log size that the turn under way goes to; `log_size`: none is under way.
        after: the last unit of that turn that was judged.
    """

    log_size: int = 0
    until: int = 0
    after: str = ""

    @property
    def is_under_way(self) -> bool:
        """Whether units of a turn are still to be judged."""
        return self.until != self.log_size


@dataclass(frozen=True, slots=True)
class Judgements:
    """What units were judged to be.

    Attributes:
        units: every unit that was judged, also those of which there is nothing to say.
        kept: their verdicts.
        stays: (place, until or `STILL_THERE`, unit, since) of each of them.
    """

    units: Sequence[str]
    kept: Sequence[Kept]
    stays: Sequence[tuple[str, int, str, int]]


@dataclass(frozen=True, slots=True)
class Portion:
    """A portion of a turn of judging.

    Attributes:
        begun: how far judging was.
        then: how far it is with these.
        found: what was judged.
    """

    begun: Mark
    then: Mark
    found: Judgements


def judged_so_far(connection: Connection) -> Mark:
    """How far judging is."""
    row = connection.execute(select(t.judged.c.log_size, t.judged.c.until, t.judged.c.after)).first()
    return Mark() if row is None else Mark(*row)


def keep(connection: Connection, portion: Portion) -> bool:
    """Keep a portion of a turn; False if something else was kept in the meantime."""
    if judged_so_far(connection) != portion.begun:
        return False
    found, until = portion.found, portion.then.until
    names = names_in(found.units)
    before = {unit: (verdict, since) for unit, verdict, since in _SINCE.rows(connection, names)}
    for forget in _FORGET:
        forget.run(connection, names)
    _VERDICTS.run_many(connection, [_row(each, before, until) for each in found.kept])
    _STAYS.run_many(connection, sorted(found.stays))
    _PROGRESS.run_many(connection, [(_ONE, portion.then.log_size, until, portion.then.after)])
    return True


def forget(connection: Connection) -> None:
    """Forget everything, so that all is judged again: what it rested on may have been erased."""
    for table in t.JUDGED:
        connection.execute(delete(table))


def verdicts_of(connection: Connection, units: Iterable[str]) -> dict[str, Kept]:
    """What is kept of each of the units."""
    query = select(t.verdicts).where(among(t.verdicts.c.unit, "units"))
    return {row.unit: _kept(dict(row._mapping)) for row in connection.execute(query, {"units": names_in(units)})}  # noqa: SLF001  SQLAlchemy's public name for it


def is_held(now_ms: int) -> ColumnElement[bool]:
    """Of a row of `verdicts`: whether its unit is held back at an instant."""
    return (t.verdicts.c.held == 1) | (t.verdicts.c.holds_until_ms < now_ms)


def units_there(connection: Connection, place: str, *, start_ms: int, end_ms: int) -> set[str]:
    """The judged units that were in a place at any moment of [start_ms, end_ms]."""
    return {unit for (unit,) in _THERE.rows(connection, place, start_ms, end_ms)}


def present_stays(connection: Connection, units: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Where judged units are now, and since when."""
    rows = _HERE.rows(connection, names_in(units), STILL_THERE)
    return {unit: (place, since_ms) for unit, place, since_ms in rows}


def _row(kept: Kept, before: Mapping[str, tuple[str, int]], size: int) -> tuple[int | str | None, ...]:
    verdict, since = before.get(kept.unit, (None, size))
    return (
        kept.unit, kept.verdict, int(kept.held), kept.out_ms, kept.unknown_ms, kept.tolerated_ms, kept.lowest,
        kept.highest, kept.until_ms, kept.holds_until_ms, kept.pack, kept.version,
        since if verdict == kept.verdict else size, size,
    )  # fmt: skip


def _kept(row: Mapping[str, object]) -> Kept:
    return Kept(**{name: row[name] for name in Kept.__slots__} | {"held": bool(row["held"])})  # type: ignore[arg-type]  # the columns have these types
