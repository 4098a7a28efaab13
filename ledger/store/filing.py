"""A ledger that PostgreSQL keeps, as a file of SQLite: what a backup and an ended log hold of it."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from ledger.config import Site
from ledger.store.chain import frontier_of
from ledger.store.database import SqliteFile, database_of
from ledger.store.transfer import copy_ledger


def copy_to_file(site: Site, folder: Path) -> None:
    """Write the ledger, as of one snapshot, as `ledger.db` into a folder that has none.

    Raises:
        ConfigError: the database cannot be read.
    """
    filed = replace(site, directory=folder, database_url=None)
    with database_of(site).snapshot() as source, SqliteFile(filed).rebuilt() as target:
        copy_ledger(source, target)
    filed.seal.unlink()  # it is of a site that was stopped


def copy_from_file(folder: Path, site: Site) -> None:
    """Put the rows of `ledger.db` of a folder into a site's empty database, in one transaction, and remove the file.

    Raises:
        ConfigError: the database holds a ledger, or cannot be used.
    """
    filed, database = SqliteFile(replace(site, directory=folder, database_url=None)), database_of(site)
    database.create()
    engine = database.open_writer()
    try:
        with filed.snapshot() as source, engine.connect() as target, target.begin():
            copy_ledger(source, target)
    finally:
        engine.dispose()
    assert filed.file is not None  # noqa: S101  for the type checker
    filed.file.unlink()


def replace_by_file(folder: Path, site: Site) -> None:
    """Put a site's ledger aside in its database and the rows of `ledger.db` of a folder in its place; remove the file.

    All in one transaction; done again, it goes on.

    Raises:
        ConfigError: this login may not put the ledger aside.
    """
    filed = SqliteFile(replace(site, directory=folder, database_url=None))
    assert filed.file is not None  # noqa: S101  for the type checker
    if not filed.file.exists():
        return
    if not filed.file.exists():
        return
    with filed.snapshot() as source:
        if not _holds(site, source):
            with database_of(site).rebuilt() as target:
                copy_ledger(source, target)
    replace(site, directory=folder).seal.unlink(missing_ok=True)
    filed.file.unlink()


def _holds(site: Site, other: Connection) -> bool:
    """Whether the site's database holds the log that stands somewhere else."""
    with database_of(site).snapshot() as connection:
        return frontier_of(connection).root() == frontier_of(other).root()
