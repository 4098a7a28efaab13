"""What follows from a log that was recomputed, against what the tables hold: of all of it, or of the log alone."""

from sqlalchemy import Connection, select

from ledger.config import Site
from ledger.fsck.against import check_contradictions, check_forks
from ledger.fsck.published import check_cosignatures, check_published
from ledger.fsck.report import Report
from ledger.read import rejudging
from ledger.read.reader import Reader
from ledger.store import auditing, commitments, enclosures, evidence
from ledger.store import tables as t
from ledger.store.bad import BadPlaceError
from ledger.store.compare import compare_table
from ledger.store.contents import events_with
from ledger.store.replay import Replay
from ledger.store.sweep import LogSweep, Sweep

_OF_THE_LOG = (t.streams, t.batches, t.nodes)
"""What the batches' notes lead to; what they hold was examined with them."""
_RECOMPUTED = tuple(table for table in (*t.LOG_TABLES, *t.PROJECTIONS) if table not in t.CARRIED)


def check_implied(site: Site, examined: Connection, scratch: Connection, taken: Sweep | Replay, report: Report) -> None:
    """Everything that follows from the log, which `scratch` now holds."""
    _check_map_roots(scratch, report)
    check_forks(examined, scratch, taken.chain, taken.keys, report)
    for table in _RECOMPUTED:
        if table not in taken.verified:
            compare_table(examined, scratch, table)
    report.checks.append(f"projection: {len(_RECOMPUTED)} tables, row by row")
    _check_erased(examined, report)
    check_published(site, examined, scratch, report)
    report.checks.append(f"enclosures: {enclosures.examine(examined)}, as the log names them")
    report.checks.append(f"evidence: {evidence.examine(examined)}, as the assessments name them")
    report.checks.append(f"withheld: {commitments.examine(examined, site)}")
    report.verdicts = rejudging.examine(Reader(examined, site), taken.resting)
    report.checks.append(f"verdicts: {report.verdicts}, judged again")
    check_cosignatures(examined, report)
    check_contradictions(examined, report)
    count = auditing.check(examined, scratch, origin=site.origin)
    report.checks.append(f"audits: {count} cosignatures by auditors of the unit map")


def check_stated(site: Site, examined: Connection, scratch: Connection, sweep: LogSweep, report: Report) -> None:
    """What the log's batches, which `scratch` now holds, lead to by themselves."""
    check_forks(examined, scratch, sweep.chain, sweep.keys, report)
    for table in _OF_THE_LOG:
        compare_table(examined, scratch, table)
    report.checks.append(f"batches: {len(_OF_THE_LOG)} tables, row by row")
    check_published(site, examined, scratch, report)
    check_cosignatures(examined, report)
    check_contradictions(examined, report)
    report.left_out += [
        f"projection: {len(t.PROJECTIONS)} tables of what follows from the events",
        "unit-map: roots; audits: cosignatures of them",
        "enclosures, evidence, withheld values",
        "verdicts: units' cold chains",
    ]


def _check_map_roots(scratch: Connection, report: Report) -> None:
    """Every root of the unit map that the site stated is the one that the log's bodies have at its place."""
    count = 0
    for row in scratch.execute(select(t.map_roots).order_by(t.map_roots.c.log_index, t.map_roots.c.position)):
        key = f"log_index={row.log_index} position={row.position}"
        if row.as_of_size != row.log_index:
            expected, found = f"a root of the {row.log_index} batches before it", f"one of {row.as_of_size}"
            raise BadPlaceError("unit-map", "events", key, expected=expected, found=found)
        if row.stated != row.computed:
            expected, found = f"the root {row.computed.hex()}", f"{row.stated.hex()}: a list is not what the log says"
            raise BadPlaceError("unit-map", "events", key, expected=expected, found=found)
        count += 1
    report.checks.append(f"unit-map: {count} roots, each recomputed from the log's events")


def _check_erased(examined: Connection, report: Report) -> None:
    """Every event that the log says was erased has no bytes; that every one without bytes is explained was compared."""
    erased = (
        examined.execute(select(t.erasures.c.event_id).where(t.erasures.c.what == "body").distinct()).scalars().all()
    )
    back = next((each for each in events_with(examined, erased) if each.body is not None), None)
    if back is not None:
        key = f"log_index={back.log_index} position={back.position}"
        raise BadPlaceError("erasure", "contents", key, expected="no bytes: erased", found="bytes")
    report.checks.append(f"erasure: {len(erased)} events without bytes, each explained by the log")
