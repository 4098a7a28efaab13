"""Which unit each tag points to, in log order, and what is not as it should be about that."""

from collections.abc import Collection, Iterable

from msgspec import Struct
from sqlalchemy import Connection, bindparam, select, update

from ledger.core import kinds
from ledger.core.kinds import AnyEvent
from ledger.store import tables as t
from ledger.store.discrepancies import Discrepancies
from ledger.store.entries import Entry
from ledger.store.prepared import Prepared, among, insertion, names_in

_CACHED = 32_768
_OPEN = Prepared(
    select(t.tags.c.tag, t.tags.c.unit, t.tags.c.since_index, t.tags.c.since_position).where(
        among(t.tags.c.tag, "tags"), t.tags.c.until_index.is_(None)
    ),
    "tags",
)
_INSERT = insertion(t.tags)
_CLOSE = Prepared(
    update(t.tags)
    .where(
        t.tags.c.tag == bindparam("of_tag"),
        t.tags.c.since_index == bindparam("of_index"),
        t.tags.c.since_position == bindparam("of_position"),
    )
    .values(until_index=bindparam("to_index"), until_position=bindparam("to_position")),
    *("to_index", "to_position", "of_tag", "of_index", "of_position"),
)


class _Pointing(Struct, frozen=True, gc=False):
    """A tag points to a unit since a log place."""

    unit: str
    since: tuple[int, int]


class Tags:
    """Follows tags through batches in log order. `clear` after a transaction that failed."""

    def __init__(self) -> None:
        self._open: dict[str, _Pointing | None] = {}
        self._new: list[tuple[str, _Pointing]] = []
        self._closed: list[tuple[str, _Pointing, tuple[int, int]]] = []

    def clear(self) -> None:
        """Forget everything that is not in the database."""
        self._open.clear()
        self._new.clear()
        self._closed.clear()

    def load(self, connection: Connection, entries: Iterable[Entry]) -> None:
        """Make sure that every tag is known of which the batch speaks."""
        spoken = {tag for entry in entries if (tag := getattr(entry.event, "tag", None)) is not None}
        self._load(connection, spoken)

    def pointed(self, connection: Connection, tags: Collection[str]) -> dict[str, str | None]:
        """The unit that each tag points to now; None for none."""
        self._load(connection, tags)
        pointing = ((tag, self._open[tag]) for tag in tags)
        return {tag: None if to is None else to.unit for tag, to in pointing}

    def _load(self, connection: Connection, tags: Collection[str]) -> None:
        if len(self._open) > _CACHED:
            self._open.clear()
        unknown = sorted(set(tags).difference(self._open))
        if not unknown:
            return
        self._open.update(dict.fromkeys(unknown))
        for tag, unit, log_index, position in _OPEN.rows(connection, names_in(unknown)):
            self._open[tag] = _Pointing(unit, (log_index, position))

    def follow(self, event: AnyEvent, entry: Entry, discrepancies: Discrepancies) -> None:
        """Take one event that is no sighting."""
        match event:
            case kinds.TagAssociated():
                self._associate(event, entry, discrepancies)
            case kinds.TagRemoved():
                self._remove(event, entry)
            case _:
                pass

    def resolve(self, seen: kinds.Seen, entry: Entry, discrepancies: Discrepancies) -> str | None:
        """The unit that a seen tag points to; None for none, which is noted."""
        pointing = self._open[seen.tag]
        if pointing is not None:
            return pointing.unit
        note_unknown_tag(seen, entry, discrepancies)
        return None

    def write(self, connection: Connection) -> None:
        """Write what changed since the last time: first what began, then what ended."""
        _INSERT.run_many(connection, [(tag, *each.since, each.unit, None, None) for tag, each in self._new])
        _CLOSE.run_many(connection, [(*until, tag, *each.since) for tag, each, until in self._closed])
        self._new.clear()
        self._closed.clear()

    def _associate(self, event: kinds.TagAssociated, entry: Entry, discrepancies: Discrepancies) -> None:
        before = self._open.get(event.tag)
        if before is not None and before.unit == event.unit:
            return
        if before is not None:
            self._closed.append((event.tag, before, entry.log_place))
            discrepancies.note(
                "tag.reassociated", event.tag, about=f"{entry.log_index}.{entry.position}", time_ms=entry.time_ms,
                text=f"pointed to {before.unit} and was not removed; now points to {event.unit}",
                at=entry.log_place,
            )  # fmt: skip
        self._open[event.tag] = now = _Pointing(event.unit, entry.log_place)
        self._new.append((event.tag, now))

    def _remove(self, event: kinds.TagRemoved, entry: Entry) -> None:
        before = self._open.get(event.tag)
        if before is not None and before.unit == event.unit:
            self._open[event.tag] = None
            self._closed.append((event.tag, before, entry.log_place))


def note_unknown_tag(seen: kinds.Seen, entry: Entry, discrepancies: Discrepancies) -> None:
    """Gather that a tag was seen that points to no unit."""
    discrepancies.note(
        "tag.unknown", seen.tag, about=seen.place or "", time_ms=entry.time_ms,
        text=f"seen at {seen.place or 'an unnamed place'} and associated with no unit", at=entry.log_place,
    )  # fmt: skip
