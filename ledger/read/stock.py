"""The stock (库存), now and at any past instant: the bags that `ledger.rules.inventory` counts.

The present comes from the units' projection. The past is folded from the events: *as it happened* takes everything
that the log knows today up to an instant; *as it was known* takes of that only what the log held at a size. Places,
organisations and products are those registered today.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from ledger.core import correcting, custody
from ledger.core.batch import MAX_EVENTS
from ledger.core.custody import Recorded
from ledger.core.errors import ConfigError, FormatError
from ledger.core.ids import format_instant, is_id, product_of
from ledger.folding import fold
from ledger.folding.fold import UnitFold
from ledger.folding.places import Places
from ledger.read.reader import Reader
from ledger.rules.inventory import Bag, Column, Line, count
from ledger.rules.lifecycle import ENDS, EXISTING, State
from ledger.rules.reserves import Target, parse_targets
from ledger.store.names import Names
from ledger.store.tables import batches, contents, streams, subjects, units
from ledger.store.units import read_histories

TARGETS_FILE: Final = "stock-targets.toml"
"""In the site's folder: the reserves that the site wants to have. None there: it wants none."""

_AT_ONCE: Final = 1000
_NAME: Final = itemgetter(0)
_STORED: Final = tuple(
    units.c[name] for name in ("unit", "state", "on_hold", "abo", "rhd", "expires_ms", "place", "holder")
)
_OWN_STREAMS: Final = ("site", "web")
"""What the ledger itself writes: each batch is in the log the moment that it is sealed."""


@dataclass(frozen=True, slots=True)
class Instant:
    """Of which instant a stock is asked for, in milliseconds since the Unix epoch.

    Attributes:
        now_ms: the present one.
        at_ms: a past one, as it happened; None: not asked for.
        known_ms: a past one, as it was known then; None: not asked for.
    """

    now_ms: int
    at_ms: int | None = None
    known_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A counted stock.

    Attributes:
        at_ms: the instant for which this holds.
        basis: `as it happened` or `as it was known`.
        log_size: by how many batches of the log.
        by: the columns of each line's key.
        lines: the counts.
    """

    at_ms: int
    basis: str
    log_size: int
    by: tuple[Column, ...]
    lines: tuple[Line, ...]


def counted(reader: Reader, by: tuple[Column, ...], *, holder: str | None, instant: Instant) -> Counted:
    """Count the stock of an instant by columns, and say on what that rests; `known_ms` counts before `at_ms`.

    Raises:
        FormatError: the instant is no past one: nobody knows what will be there.
    """
    for asked_ms in (instant.at_ms, instant.known_ms):
        if asked_ms is not None and asked_ms > instant.now_ms:
            now, came = format_instant(instant.now_ms), format_instant(asked_ms)
            raise FormatError(f"expected a past instant, no later than now, {now}; got {came}")
    if instant.known_ms is not None:
        size = known_by(reader, instant.known_ms)
        found = bags_at(reader, instant.known_ms, holder=holder, log_size=size)
        return Counted(instant.known_ms, "as it was known", size, by, count(found, by))
    size = reader.log_size()
    if instant.at_ms is None:
        return Counted(instant.now_ms, "as it happened", size, by, count(bags(reader, holder=holder), by))
    found = bags_at(reader, instant.at_ms, holder=holder)
    return Counted(instant.at_ms, "as it happened", size, by, count(found, by))


def bags(reader: Reader, *, holder: str | None) -> tuple[Bag, ...]:
    """Every bag that exists now, by name.

    Args:
        reader: whom to ask.
        holder: of whose stock: an organisation, or `transit`; None: all.
    """
    return tuple(_stored(reader, _existing(holder), _Bags(reader)))


def bags_named(reader: Reader, names: Iterable[str]) -> tuple[Bag, ...]:
    """Those of the named bags that the ledger knows, by name; those that are no more, too."""
    ordered, bag = sorted(names), _Bags(reader)
    portions = (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))
    queries = (select(*_STORED).where(units.c.unit.in_(some)) for some in portions)
    return tuple(each for query in queries for each in _stored(reader, query, bag))


def bags_at(reader: Reader, at_ms: int, *, holder: str | None, log_size: int | None = None) -> tuple[Bag, ...]:
    """Every bag that existed at a past instant, by name.

    Args:
        reader: whom to ask.
        at_ms: the instant, in milliseconds since the Unix epoch.
        holder: of whose stock at that instant; None: all.
        log_size: as it was known to a log of so many batches; None: as it happened, by all that is known today.
    """
    bag = _Bags(reader)
    query = select(units.c.unit).order_by(units.c.unit)
    found: dict[str, Bag] = {}
    if log_size is None:  # what has not changed since is what it was
        same = _existing(holder).where(units.c.changed_ms <= at_ms)
        found = {each.unit: each for each in _stored(reader, same, bag)}
        query = query.where(units.c.changed_ms > at_ms)
    places = _places(reader)
    for unit, history in histories_of(reader, list(reader.connection.execute(query).scalars())):
        known = [each for each in history if log_size is None or each.log_index < log_size]
        kept = [each for each in correcting.in_force(known) if each.time_ms <= at_ms]
        was = fold.fold_unit(kept, unit, places=places)
        if was is not None and was.state not in ENDS and holder in {None, was.holder}:
            found[unit] = _folded(bag, unit, was)
    return tuple(found[unit] for unit in sorted(found))


def known_by(reader: Reader, at_ms: int) -> int:
    """How many batches the log certainly held at an instant: up to the last that the ledger itself had written."""
    own = select(func.max(batches.c.log_index)).join(streams, streams.c.id == batches.c.stream_id)
    own = own.join(contents, contents.c.event_id == batches.c.log_index * MAX_EVENTS)
    last = reader.connection.execute(
        own.where(streams.c.name.in_(_OWN_STREAMS), contents.c.sealed_ms <= at_ms)
    ).scalar_one()
    return 0 if last is None else int(last) + 1


def bags_in(reader: Reader, place: str) -> tuple[Bag, ...]:
    """Every bag that the ledger has in a place or a box now, by name; what is on the road is in its box alone."""
    found = _stored(reader, _existing(None).where(units.c.place == place), _Bags(reader))
    return tuple(each for each in found if each.place == place)


def targets(reader: Reader) -> tuple[Target, ...]:
    """The reserves that the site wants to have.

    Raises:
        ConfigError: the file of the targets cannot be read, or says what cannot be.
    """
    file = reader.site.directory / TARGETS_FILE
    try:
        text = file.read_text("utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"stock targets: expected a file in UTF-8 at {file}; {wrong}") from wrong
    return parse_targets(text)


def shelf_of(place: str | None, holder: str | None) -> str | None:
    """Where a bag counts as being, by where it was last and who has it.

    On the road it is at no place but in its box: a sweep of the shelf that it left does not miss it. It may have left
    before any device saw it leave.
    """
    return None if holder == custody.IN_TRANSIT and not is_id(place or "", "box") else place


class _Bags:
    """Makes bags of what is known of units: with the catalogue's products and the site's days."""

    def __init__(self, reader: Reader) -> None:
        self._zone = ZoneInfo(reader.site.timezone)
        self._day = lru_cache(self._day_of)
        self._product = lru_cache(reader.catalogue.find)

    def of(self, row: Sequence[Any]) -> Bag:
        """One bag; its row has the columns `_STORED`."""
        unit, state, on_hold, abo, rhd, expires_ms, place, holder = row
        code = product_of(unit)
        product = self._product(code)
        return Bag(
            unit=unit,
            component=code if product is None else product.component,
            abo=abo,
            rhd=rhd,
            place=shelf_of(place, holder),
            holder=holder,
            state=State.ON_HOLD if on_hold else state,
            expires_ms=expires_ms,
            expires=None if expires_ms is None else self._day(expires_ms),
            amount=None if product is None else product.amount,
            measure=None if product is None else product.measure,
        )

    def _day_of(self, at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000, self._zone).date().isoformat()


def _existing(holder: str | None) -> Select[tuple[Any, ...]]:
    """What is stored of the units that exist now, and that the holder (None: anybody) has."""
    query = select(*_STORED).where(units.c.state.in_(EXISTING))
    return query if holder is None else query.where(units.c.holder == holder)


def _stored(reader: Reader, query: Select[tuple[Any, ...]], bag: "_Bags") -> Iterator[Bag]:
    """The bags of a query, by name: they are put in order here, which is cheaper than in the database."""
    return map(bag.of, sorted(reader.connection.execute(query), key=_NAME))


def _folded(bag: "_Bags", unit: str, what: UnitFold) -> Bag:
    return bag.of((unit, what.state, what.on_hold, what.abo, what.rhd, what.expires_ms, what.place, what.holder))


def histories_of(reader: Reader, names: Sequence[str]) -> Iterator[tuple[str, list[Recorded]]]:
    """The histories of units, as they fold, read many at once."""
    known = Names(subjects)
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        yield from read_histories(reader.connection, some, names=known).items()


def _places(reader: Reader) -> Places:
    roles = {name: each.role for name, each in reader.organisations.items() if each.role is not None}
    return Places({name: each.organisation for name, each in reader.places.items()}, roles)
