"""A ledger's database made anew: into the tables of today, or from one engine to the other.

There is no statement that changes a table. The log is replayed into empty tables, every signature and hash checked on
the way, as `ledger.fsck` does; what the log does not imply is copied (`tables.CARRIED`). The new database is taken only
if its tree has the old one's root and it continues what was last signed; the old one is kept beside.
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, Table, inspect, select

from ledger.config import Site, format_config
from ledger.core.errors import ConfigError
from ledger.durable import write_durably
from ledger.store import tables as t
from ledger.store.bad import BadPlaceError
from ledger.store.chain import Chain, frontier_of
from ledger.store.database import database_of
from ledger.store.head import guard_start
from ledger.store.prepared import insertion
from ledger.store.replay import Progress, Replay

SQLITE: Final = "sqlite"
"""What stands for `ledger.db` of the site's folder where a database is named by its URL."""

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was taken over.

    Attributes:
        site: the site's configuration as it is now.
        batches: how many batches the log holds.
        events: how many events.
        root: the tree's root.
    """

    site: Site
    batches: int
    events: int
    root: bytes


def migrate(site: Site, *, to: str | None = None, progress: Progress = lambda _done, _of: None) -> Migrated:
    """Rebuild a stopped site's database.

    Args:
        site: the site.
        to: a PostgreSQL URL, or `sqlite`; None: where the ledger is now.
        progress: told how many batches of how many have been replayed.

    Raises:
        ConfigError: somebody writes the ledger, the new database cannot be made, or the old one is not sound; nothing
            has changed then.
    """
    target = replace(site, database_url=site.database_url if to is None else url_of(to))
    moving = target != site
    old, new = database_of(site), database_of(target)
    with ExitStack() as held:
        held.enter_context(old.claimed())
        if moving:
            held.enter_context(new.claimed())
            _require_nothing_there(target)
        source = held.enter_context(old.handed_over() if moving else old.held())
        built = held.enter_context(new.rebuilt())
        try:
            done = _take_over(target, source, built, progress)
        except BadPlaceError as bad:
            raise ConfigError(f"the old database is not sound; nothing was changed: {bad.place}") from bad
    if moving:
        write_durably(site.config_file.with_suffix(".toml.before"), site.config_file.read_bytes())
        write_durably(site.config_file, format_config(target).encode())
    return done


def url_of(to: str) -> str | None:
    """The URL of a database that a person named; None for `sqlite`."""
    return None if to == SQLITE else to


def _require_nothing_there(target: Site) -> None:
    """What lies there already may be another history; it is for a person to put it aside."""
    if target.database_url is None:
        if target.ledger_db.exists():
            raise ConfigError(f"expected no ledger where it is to go; {target.ledger_db} exists: put it aside first")
    else:
        database_of(target).create()


def _take_over(target: Site, source: Connection, built: Connection, progress: Progress) -> Migrated:
    chain = Chain(accepts_simulated=target.mode == "demo")
    replay = Replay(source, built, origin=target.origin, chain=chain)
    replay.run(progress)
    for table in t.CARRIED:
        _copy(source, built, table)
    streams = select(t.streams.c.name).join(t.forks, t.forks.c.stream_id == t.streams.c.id)
    for stream in list(built.execute(streams).scalars()):
        chain.quarantine(built, stream)
    root = replay.frontier.root()
    if frontier_of(source).root() != root:
        raise ConfigError(
            f"the old database's tree is not that of its log, whose root is {root.hex()}: run xuemai fsck"
        )
    guard_start(target, built)
    return Migrated(target, replay.frontier.size, replay.events, root)


def _copy(source: Connection, built: Connection, table: Table) -> None:
    """Copy a table's rows as they are; older tables may not have had it."""
    if not inspect(source).has_table(table.name):
        return
    rows = source.execute(select(table).order_by(*table.primary_key.columns))
    while some := rows.fetchmany(_AT_ONCE):
        insertion(table).run_many(built, [tuple(row) for row in some])
