"""The keeper of what people withheld: withheld.db, beside the accounts, made when the first value comes.

A value is on disk before the event that commits to it: in the event's transaction, as its last step. An attempt that
failed then leaves a value of an event that is not in the log; whoever next writes to that place of the stream takes it
away. An erasure destroys what is kept of an event after it is committed: the register of erasures says what is due, so
nothing is forgotten over a crash, and until the file is written anew a row in it says so (docs/decisions/0036).
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    delete,
    insert,
    select,
)

from ledger import erasable
from ledger.core.errors import ConfigError
from ledger.withheld.values import Kept

metadata = MetaData()

kept = Table(
    "kept",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("commitment", Text, nullable=False, unique=True),
    Column("origin", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("value", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Index("kept_of_event", "origin", "stream", "seq"),
)

unfinished = Table("unfinished", metadata, Column("id", Integer, primary_key=True))
"""A row while what was deleted may still stand in the file."""

_FORM = erasable.Form("a keeper's database", 0x584D4B50, 1, metadata)  # `XMKP` in ASCII

Place: TypeAlias = tuple[str, int]
"""A stream, and a number in it."""


class Keeper:
    """What people withheld in the events of one log.

    Args:
        path: of withheld.db, which need not be there yet.
        origin: the log's.
    """

    def __init__(self, path: Path, origin: str) -> None:
        self._path = path
        self._origin = origin
        self._opening = Lock()
        self._database: erasable.ErasableDatabase | None = None

    @property
    def is_there(self) -> bool:
        """Whether anything was ever withheld here."""
        return self._path.exists()

    def keep(self, stream: str, first: int, values: Mapping[int, Sequence[Kept]]) -> None:
        """Keep the values of events that are about to be committed, and drop those of attempts that were not.

        Args:
            stream: the events' stream.
            first: the number of the first event that is about to be committed; none is committed from there on.
            values: number of an event → what it withholds.

        Raises:
            ConfigError: the file cannot be used.
            SQLAlchemyError: it cannot be written; nothing was kept.
        """
        database = self._made() if values else self._there()
        if database is None:
            return
        rows = [self._row(stream, seq, each) for seq, withheld in values.items() for each in withheld]
        with database.transaction() as connection:
            of_nothing = self._of(stream) & (kept.c.seq >= first)
            if connection.execute(select(kept.c.seq).where(of_nothing).limit(1)).first() is not None:
                connection.execute(delete(kept).where(of_nothing))
                connection.execute(insert(unfinished))
            if rows:
                connection.execute(insert(kept), rows)

    def of_events(self, places: Iterable[Place]) -> dict[Place, tuple[Kept, ...]]:
        """What is kept of each of these events; nothing of those that withheld nothing, or whose values are gone."""
        database = self._there()
        if database is None:
            return {}
        with database.transaction() as connection:
            found = {place: self._kept(connection, place) for place in dict.fromkeys(places)}
        return {place: values for place, values in found.items() if values}

    def destroy(self, places: Iterable[Place]) -> bool:
        """Destroy salts and values of these events; no copy of them is left in the file or its write-ahead log.

        Returns:
            False while a copy may be left, because another process reads the old file: try again.
        """
        database = self._there()
        if database is None:
            return True
        with database.transaction() as connection:
            gone = [self._delete(connection, place) for place in places]
            if any(gone):
                connection.execute(insert(unfinished))
            due = connection.execute(select(unfinished.c.id).limit(1)).first() is not None
        if not due:
            return True
        if not database.forget_deleted():
            return False
        with database.transaction() as connection:
            connection.execute(delete(unfinished))
        return True

    def close(self) -> None:
        """Close the file, if it was opened."""
        with self._opening:
            if self._database is not None:
                self._database.close()
                self._database = None

    # ── below the surface ─────────────────────────────────────────────────────────────────────────────────────────

    def _there(self) -> erasable.ErasableDatabase | None:
        with self._opening:
            if self._database is None and self._path.exists():
                self._database = erasable.ErasableDatabase(self._path, _FORM)
            return self._database

    def _made(self) -> erasable.ErasableDatabase:
        database = self._there()
        if database is None:
            erasable.create_file(self._path, _FORM)
            database = self._there()
        assert database is not None  # noqa: S101  for the type checker; it was just made
        return database

    def _of(self, stream: str) -> ColumnElement[bool]:
        return (kept.c.origin == self._origin) & (kept.c.stream == stream)

    def _row(self, stream: str, seq: int, value: Kept) -> dict[str, object]:
        return {
            "commitment": value.commitment, "origin": self._origin, "stream": stream, "seq": seq, "salt": value.salt,
            "value": value.value, "organisation": value.organisation,
        }  # fmt: skip

    def _kept(self, connection: Connection, place: Place) -> tuple[Kept, ...]:
        stream, seq = place
        here = self._of(stream) & (kept.c.seq == seq)
        return tuple(_value(row) for row in connection.execute(select(kept).where(here).order_by(kept.c.id)))

    def _delete(self, connection: Connection, place: Place) -> bool:
        stream, seq = place
        return connection.execute(delete(kept).where(self._of(stream) & (kept.c.seq == seq))).rowcount > 0


def read_kept(path: Path, origin: str) -> list[tuple[Place, Kept]]:
    """Everything that is kept of a log's events, without writing to the file; nothing where there is none.

    Raises:
        ConfigError: the file cannot be read.
    """
    if not path.exists():
        return []
    query = "SELECT stream, seq, commitment, salt, value, organisation FROM kept WHERE origin = ? ORDER BY id"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute(query, (origin,)).fetchall()
    except sqlite3.Error as error:
        raise ConfigError(f"{path}: expected {_FORM.name} that can be read; {error}") from error
    return [((stream, seq), Kept(*rest)) for stream, seq, *rest in rows]


def _value(row: Row[tuple[object, ...]]) -> Kept:
    return Kept(row.commitment, bytes(row.salt), row.value, row.organisation)
