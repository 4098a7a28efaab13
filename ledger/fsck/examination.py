"""A ledger examined: its log swept or replayed beside the database, and what follows from it compared."""

import gc
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection

from ledger.config import Site
from ledger.fsck.implied import check_implied, check_stated
from ledger.fsck.published import check_head
from ledger.fsck.report import Report
from ledger.store import engine as engines
from ledger.store import erasures, event_lists
from ledger.store.bad import BadPlace, BadPlaceError
from ledger.store.chain import Chain
from ledger.store.database import database_of
from ledger.store.head import read_signed_head
from ledger.store.replay import Progress, Replay
from ledger.store.stretch import OBJECTS_UNTIL_A_LOOK, Ground
from ledger.store.sweep import LogSweep, Sweep, keys_over_time

_Swept = TypeVar("_Swept", bound=LogSweep)
_Follows: TypeAlias = Callable[[Site, Connection, Connection, _Swept, Report], None]


def examine(site: Site, *, progress: Progress = lambda _done, _of: None) -> Report:
    """Examine a site's ledger.

    Args:
        site: the site.
        progress: told how many batches of how many have been replayed.
    """
    return _examined(site, _check_log, progress)


def examine_log(site: Site, *, progress: Progress = lambda _done, _of: None) -> Report:
    """Examine the log alone: every signature, hash, chain and root; not what is projected from it.

    Where anything is wrong, or was erased, or the log lies in PostgreSQL, everything is examined as by `examine`: what
    is wrong is named, and nothing is left out.
    """
    return _examined(site, _check_log_alone, progress)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is examined, the file that it lies in (None: PostgreSQL has it), and who is told."""

    site: Site
    examined: Connection
    file: Path | None
    report: Report
    progress: Progress


def _examined(site: Site, check: Callable[[_Work], None], progress: Progress) -> Report:
    report = Report()
    database = database_of(site)
    try:
        head = read_signed_head(site)
        with _few_looks_for_cycles(), database.examined(report.checks.append) as examined:
            check(_Work(site, examined, database.file, report, progress))
            check_head(site, examined, head, report)
    except BadPlaceError as bad:
        report.first_bad = bad.place
    except Exception as error:  # noqa: BLE001  a damaged file may break any reader of it, and that is the finding
        cause = error.__cause__ or error
        found = f"{type(cause).__name__}: {cause}"
        report.first_bad = BadPlace("database", database.name, "", "a readable database", found)
    return report


@contextmanager
def _few_looks_for_cycles() -> Iterator[None]:
    """Let the garbage collector look less often: a tenth of the time went there, and hardly a cycle was found."""
    usual = gc.get_threshold()
    gc.set_threshold(OBJECTS_UNTIL_A_LOOK, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _check_log(work: _Work) -> None:
    """The log and everything that follows from it: in a sweep; if that finds anything, by a replay, which names it."""
    if not _swept(work, Sweep, check_implied):
        _replay(work)


def _check_log_alone(work: _Work) -> None:
    if not _swept(work, LogSweep, check_stated):
        _check_log(work)


def _swept(work: _Work, kind: type[_Swept], follows: _Follows[_Swept]) -> bool:
    """Whether a sweep found everything good; if not, the report is as it was.

    A log of which something was erased is not swept: what a stretch lacks is explained only by a later one.
    """
    report, passed = work.report, work.report.checks.copy()
    try:
        if work.file is None or erasures.any_in(work.examined):
            return False
        with _beside(work.site, work.examined, work.file, runs=kind is Sweep) as (scratch, ground):
            sweep = kind(work.examined, scratch, ground, Chain(accepts_simulated=ground.accepts_simulated))
            sweep.run(work.progress)
            _count(report, sweep)
            report.checks.append(f"{_so_many(report)}, in stretches")
            follows(work.site, work.examined, scratch, sweep, report)
    except Exception:  # noqa: BLE001  whatever it was, who examines more slowly meets it too, and says where
        report.checks, report.left_out = passed, []
        return False
    return True


@contextmanager
def _beside(site: Site, examined: Connection, file: Path, *, runs: bool) -> Iterator[tuple[Connection, Ground]]:
    """A scratch database with a window on the examined one, and what stretches of it stand on."""
    ground = Ground(
        database=file,
        immutable=site.seal.exists(),
        origin=site.origin,
        accepts_simulated=site.mode == "demo",
        window=event_lists.WINDOW_BATCHES,
        keys=keys_over_time(examined, site.origin),
        runs=runs,
    )
    with tempfile.TemporaryDirectory(prefix="xuemai-fsck-") as folder:
        engine = engines.open_beside(Path(folder) / "scratch.db", file, immutable=ground.immutable)
        try:
            with engine.connect() as scratch, scratch.begin():
                yield scratch, ground
        finally:
            engine.dispose()


def _replay(work: _Work) -> None:
    with tempfile.TemporaryDirectory(prefix="xuemai-fsck-") as folder:
        engine = engines.open_scratch(Path(folder) / "scratch.db")
        try:
            with engine.connect() as scratch, scratch.begin():
                chain = Chain(accepts_simulated=work.site.mode == "demo")
                replay = Replay(work.examined, scratch, origin=work.site.origin, chain=chain)
                try:
                    replay.run(work.progress)
                finally:
                    _count(work.report, replay)
                work.report.checks.append(f"{_so_many(work.report)}, one after the other")
                check_implied(work.site, work.examined, scratch, replay, work.report)
        finally:
            engine.dispose()


def _count(report: Report, taken: LogSweep | Replay) -> None:
    report.events, report.batches, report.log_size = taken.events, taken.frontier.size, taken.frontier.size


def _so_many(report: Report) -> str:
    return f"log: {report.batches} batches, {report.events} events, every signature and hash"
