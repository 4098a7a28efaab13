"""Whose CPU time a measurement counts: our own processes', and those that serve us in a database."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from ledger.bench.report import Cost


@dataclass(frozen=True, slots=True)
class Counting:
    """How a run is counted.

    Attributes:
        database: which engine keeps the ledger.
        cpu_of: whose CPU time counts, in words.
        counted: runs something and answers its cost with what the engine's own processes took.
    """

    database: str
    cpu_of: str
    counted: Callable[[Callable[[], Cost]], Cost]


@contextmanager
def counting(database_url: str | None) -> Iterator[Counting]:
    """Count what our processes take; for a ledger in PostgreSQL, what its backends take, too.

    Raises:
        XuemaiError: the database cannot be used.
    """
    if database_url is None:
        yield Counting("sqlite", "the ledger's processes", lambda run: run())
        return
    from ledger.bench import postgresql  # noqa: PLC0415  its driver is an extra that SQLite's sites go without

    with closing(postgresql.Backends(database_url)) as backends:
        yield Counting("postgresql", backends.cpu_of, backends.counted)
