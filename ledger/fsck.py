"""The examination of a ledger: everything recomputed from raw bytes, and the first bad place named.

In this order: the database itself (of a stopped site's file the pages against their seal, and SQLite's own check; the
schema and its guards); the log, batch by batch, from notes and bodies alone (signatures, chains, leaves, roots); the
forks kept as evidence; every row of every table against what the log implies; what is kept of units' cold chains
against judging them again; the checkpoints, the last signed head and the keys' files. It reads only, so a running site
can be examined too, as of one snapshot.
"""

import gc
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from sqlalchemy import Connection, select

from ledger.config import Site
from ledger.core import batch as batches
from ledger.core import checkpoint
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.core.keys import KeyState
from ledger.core.logkeys import LOG_KEY_KINDS, LogKeys, fold_log_keys
from ledger.core.note import COSIGNATURE_V1, ML_DSA_44, Note, format_vkey, parse_signature_lines, parse_vkey
from ledger.core.note import parse as parse_note
from ledger.core.policy import parse as parse_policy
from ledger.core.signing import verify_note
from ledger.read import rejudging
from ledger.read.reader import Reader
from ledger.store import auditing, commitments, enclosures, erasures, event_lists, evidence
from ledger.store import engine as engines
from ledger.store import tables as t
from ledger.store.bad import BadPlace, BadPlaceError
from ledger.store.chain import Chain, frontier_of
from ledger.store.compare import compare_table
from ledger.store.contents import events_with
from ledger.store.contradictions import digest as contradiction_digest
from ledger.store.database import database_of
from ledger.store.forks import fork_digest
from ledger.store.head import read_signed_head, signed_head_problem
from ledger.store.history import site_stream
from ledger.store.replay import Progress, Replay
from ledger.store.stretch import OBJECTS_UNTIL_A_LOOK, Ground
from ledger.store.sweep import LogSweep, Sweep, keys_over_time

_OF_A_WITNESS = (COSIGNATURE_V1, ML_DSA_44)
_OF_THE_LOG = (t.streams, t.batches, t.nodes)
"""What the batches' notes lead to; what they hold was examined with them."""
_RECOMPUTED = tuple(table for table in (*t.LOG_TABLES, *t.PROJECTIONS) if table not in t.CARRIED)


@dataclass(slots=True)
class Report:
    """What an examination found.

    Attributes:
        first_bad: the first bad place; None if there is none.
        events: how many events were recomputed.
        batches: how many batches.
        log_size: the size of the tree that was recomputed.
        verdicts: how many units' verdicts were judged again.
        checks: the checks that passed, in order, each with what it covered.
        left_out: what was not looked at, where only the log was.
    """

    first_bad: BadPlace | None = None
    events: int = 0
    batches: int = 0
    log_size: int = 0
    verdicts: int = 0
    checks: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing bad was found."""
        return self.first_bad is None


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


_Check: TypeAlias = Callable[[Site, Connection, Report, Progress, Path | None], None]


def _examined(site: Site, check: _Check, progress: Progress) -> Report:
    report = Report()
    database = database_of(site)
    try:
        head = read_signed_head(site)
        with _few_looks_for_cycles(), database.examined(report.checks.append) as examined:
            check(site, examined, report, progress, database.file)
            _check_head(site, examined, head, report)
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


def describe(report: Report) -> Iterator[str]:
    """The report in lines for a person."""
    for check in report.checks:
        yield f"ok   {check}"
    for each in report.left_out:
        yield f"--   not examined: {each}"
    if report.first_bad is not None:
        yield f"BAD  {report.first_bad}"
    yield f"{report.events} events in {report.batches} batches: {'nothing bad found' if report.ok else 'STOPPED HERE'}"


# ── the log and what follows from it ──────────────────────────────────────────────────────────────────────────────


def _check_log(site: Site, examined: Connection, report: Report, progress: Progress, file: Path | None) -> None:
    """The log and everything that follows from it: in a sweep; if that finds anything, by a replay, which names it.

    A log of which something was erased is replayed, too: what a stretch lacks is explained only by a later one.
    """
    passed = report.checks.copy()
    try:
        if file is not None and not erasures.any_in(examined):
            with _beside(site, examined, file, runs=True) as (scratch, ground):
                sweep = Sweep(examined, scratch, ground, Chain(accepts_simulated=ground.accepts_simulated))
                _run(sweep, report, progress)
                _check_implied(site, examined, scratch, sweep, report)
            return
    except Exception:  # noqa: BLE001  whatever it was, the replay meets it too, and says where
        report.checks = passed
    _replay(site, examined, report, progress)


def _check_log_alone(site: Site, examined: Connection, report: Report, progress: Progress, file: Path | None) -> None:
    passed = report.checks.copy()
    try:
        if file is not None and not erasures.any_in(examined):
            with _beside(site, examined, file, runs=False) as (scratch, ground):
                sweep = LogSweep(examined, scratch, ground, Chain(accepts_simulated=ground.accepts_simulated))
                _run(sweep, report, progress)
                _check_stated(site, examined, scratch, sweep, report)
            return
    except Exception:  # noqa: BLE001  whatever it was, the examination of everything meets it too, and says where
        report.checks, report.left_out = passed, []
    _check_log(site, examined, report, progress, file)


def _check_stated(site: Site, examined: Connection, scratch: Connection, sweep: LogSweep, report: Report) -> None:
    """What the log's batches, which `scratch` now holds, lead to by themselves."""
    _check_forks(examined, scratch, sweep.chain, sweep.keys, report)
    for table in _OF_THE_LOG:
        compare_table(examined, scratch, table)
    report.checks.append(f"batches: {len(_OF_THE_LOG)} tables, row by row")
    _check_published(site, examined, scratch, report)
    _check_cosignatures(examined, report)
    _check_contradictions(examined, report)
    report.left_out += [
        f"projection: {len(t.PROJECTIONS)} tables of what follows from the events",
        "unit-map: roots; audits: cosignatures of them",
        "enclosures, evidence, withheld values",
        "verdicts: units' cold chains",
    ]


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


def _run(sweep: LogSweep, report: Report, progress: Progress) -> None:
    sweep.run(progress)
    report.events, report.batches, report.log_size = sweep.events, sweep.frontier.size, sweep.frontier.size
    report.checks.append(f"log: {_so_many(report)}, every signature and hash, in stretches")


def _replay(site: Site, examined: Connection, report: Report, progress: Progress) -> None:
    with tempfile.TemporaryDirectory(prefix="xuemai-fsck-") as folder:
        engine = engines.open_scratch(Path(folder) / "scratch.db")
        try:
            with engine.connect() as scratch, scratch.begin():
                chain = Chain(accepts_simulated=site.mode == "demo")
                replay = Replay(examined, scratch, origin=site.origin, chain=chain)
                try:
                    replay.run(progress)
                finally:
                    report.events, report.batches = replay.events, replay.frontier.size
                    report.log_size = replay.frontier.size
                report.checks.append(f"log: {_so_many(report)}, every signature and hash, one after the other")
                _check_implied(site, examined, scratch, replay, report)
        finally:
            engine.dispose()


def _so_many(report: Report) -> str:
    return f"{report.batches} batches, {report.events} events"


def _check_implied(
    site: Site, examined: Connection, scratch: Connection, taken: Sweep | Replay, report: Report
) -> None:
    """Everything that follows from the log, which `scratch` now holds."""
    _check_map_roots(scratch, report)
    _check_forks(examined, scratch, taken.chain, taken.keys, report)
    for table in _RECOMPUTED:
        if table not in taken.verified:
            compare_table(examined, scratch, table)
    report.checks.append(f"projection: {len(_RECOMPUTED)} tables, row by row")
    _check_erased(examined, report)
    _check_published(site, examined, scratch, report)
    report.checks.append(f"enclosures: {enclosures.examine(examined)}, as the log names them")
    report.checks.append(f"evidence: {evidence.examine(examined)}, as the assessments name them")
    report.checks.append(f"withheld: {commitments.examine(examined, site)}")
    report.verdicts = rejudging.examine(Reader(examined, site), taken.resting)
    report.checks.append(f"verdicts: {report.verdicts}, judged again")
    _check_cosignatures(examined, report)
    _check_contradictions(examined, report)
    count = auditing.check(examined, scratch, origin=site.origin)
    report.checks.append(f"audits: {count} cosignatures by auditors of the unit map")


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


def _check_forks(examined: Connection, scratch: Connection, chain: Chain, keys: KeyState, report: Report) -> None:
    names = {row.id: row.name for row in examined.execute(select(t.streams))}
    count = 0
    for row in examined.execute(select(t.forks).order_by(t.forks.c.id)):
        stream = names.get(row.stream_id, "")
        reason = _fork_problem(stream, row.first_seq, bytes(row.note), keys)
        digest = fork_digest(row.id, row.stream_id, row.first_seq, bytes(row.note), row.seen_ms)
        if reason is None and digest != row.digest:
            reason = f"a row with digest {digest.hex()}, stored is {bytes(row.digest).hex()}"
        if reason is not None:
            raise BadPlaceError("forks", "forks", f"id={row.id}", expected="evidence as it was kept", found=reason)
        chain.quarantine(scratch, stream)
        count += 1
    report.checks.append(f"forks: {count} kept as evidence")


def _fork_problem(stream: str, first_seq: int, note: bytes, keys: KeyState) -> str | None:
    try:
        signed, text = batches.read_note(note)
    except FormatError as error:
        return str(error)
    line = signed.signatures[0]
    known = keys.find(name=line.name, key_id=line.key_id)
    if known is None:
        return f"a note of {line.name}, which is no key of the log"
    verified = verify_note(signed, [known.key])
    if isinstance(verified, Refused):
        return verified.reason
    if (text.stream, text.first) != (stream, first_seq):
        return f"a note of {text.stream} {text.first}"
    return None


# ── what was published ────────────────────────────────────────────────────────────────────────────────────────────


def _check_published(site: Site, examined: Connection, scratch: Connection, report: Report) -> None:
    log_keys = fold_log_keys(site_stream(scratch, LOG_KEY_KINDS), origin=site.origin)
    if isinstance(log_keys, Refused) or not log_keys.known:
        found = log_keys.reason if isinstance(log_keys, Refused) else "a log without it"
        raise BadPlaceError("log", "batches", "log_index=0", expected="site_opened", found=found)
    count = 0
    for size, note in examined.execute(
        select(t.checkpoints.c.size, t.checkpoints.c.note).order_by(t.checkpoints.c.size)
    ):
        reason = _checkpoint_problem(site, scratch, size, bytes(note), log_keys, report.log_size)
        if reason is not None:
            raise BadPlaceError(
                "checkpoints", "checkpoints", f"size={size}", expected="a checkpoint of this log", found=reason
            )
        count += 1
    report.checks.append(f"checkpoints: {count}, every signature and root")
    _check_files(site, log_keys, report)


def _checkpoint_problem(
    site: Site, scratch: Connection, size: int, note: bytes, log_keys: LogKeys, log_size: int
) -> str | None:
    try:
        stated, signed = checkpoint.parse_signed(note)
    except FormatError as error:
        return str(error)
    refused = log_keys.check_checkpoint(signed, size)
    if refused is not None:
        return refused.reason
    if stated.origin != site.origin or stated.size != size or size > log_size:
        return f"{stated.origin} {stated.size}, and the log has {log_size} batches"
    root = frontier_of(scratch, size).root()
    return None if stated.root == root else f"root {stated.root.hex()}, and the log's is {root.hex()}"


def _check_cosignatures(examined: Connection, report: Report) -> None:
    """Every line is its witness's, over the checkpoint that it stands beside."""
    table, count = t.cosignatures, 0
    rows = examined.execute(
        select(table, t.checkpoints.c.note)
        .join(t.checkpoints, t.checkpoints.c.size == table.c.size, isouter=True)
        .order_by(table.c.size, table.c.vkey)
    )
    for row in rows:
        reason = _cosignature_problem(row.vkey, bytes(row.line), bytes(row.note or b""))
        if reason is not None:
            raise BadPlaceError(
                "cosignatures", "cosignatures", f"size={row.size}", expected="a cosignature", found=reason
            )
        count += 1
    report.checks.append(f"cosignatures: {count}, every signature of a witness")


def _cosignature_problem(vkey: str, line: bytes, checkpoint_note: bytes) -> str | None:
    try:
        key = parse_vkey(vkey)
        cosigned = Note(parse_note(checkpoint_note).text, parse_signature_lines(line))
    except FormatError as error:
        return str(error)
    verified = verify_note(cosigned, [key])
    if isinstance(verified, Refused):
        return verified.reason
    return None if key.algorithm in _OF_A_WITNESS else f"a key of signature type 0x{key.algorithm:02x}"


def _check_contradictions(examined: Connection, report: Report) -> None:
    """A log that its own ledger's signatures contradict went back, or is one of two."""
    for row in examined.execute(select(t.contradictions).order_by(t.contradictions.c.id)):
        statement = bytes(row.statement)
        if contradiction_digest(row.id, statement, row.seen_ms) != row.digest:
            found = "a row that was altered"
        else:
            found = statement.decode("utf-8", "replace")
        expected = "nothing signed by this ledger that its log does not bear out"
        raise BadPlaceError("contradictions", "contradictions", f"id={row.id}", expected=expected, found=found)
    report.checks.append("contradictions: nobody holds what this log does not bear out, as far as it was shown")


def _check_files(site: Site, log_keys: LogKeys, report: Report) -> None:
    """Whether the files beside the database name the keys that the log says sign."""
    logs, receipts = log_keys.present("checkpoint"), log_keys.present("receipt")
    for name, expected, check in (
        ("policy.txt", logs, lambda: _policy_keys(site)),
        ("keys/log.key", logs, lambda: _own_keys(site, "log")),
        ("keys/receipt.key", receipts, lambda: _own_keys(site, "receipt")),
    ):
        vkeys = [format_vkey(log_keys.known[key].key) for key in expected]
        found = _read(check)
        # A key that was made for a rotation may lie there before the log names it.
        if found[: len(vkeys)] != vkeys or (name == "policy.txt" and found != vkeys):
            raise BadPlaceError("files", name, expected=" ".join(vkeys), found=" ".join(found))
    report.checks.append("files: policy, log key, receipt key")


def _check_head(site: Site, examined: Connection, head: bytes | None, report: Report) -> None:
    problem = signed_head_problem(site, examined, head)
    if problem is not None:
        raise BadPlaceError("signed-head", site.signed_head.name, expected="the log's last signed head", found=problem)
    report.checks.append("signed-head: the log continues what was last signed")


def _policy_keys(site: Site) -> list[str]:
    return [format_vkey(log.key) for log in parse_policy(site.policy_file.read_bytes()).logs]


def _own_keys(site: Site, name: Literal["log", "receipt"]) -> list[str]:
    return [format_vkey(key) for key in site.verifiers(name)]


def _read(read: Callable[[], list[str]]) -> list[str]:
    try:
        return read()
    except (OSError, FormatError, ConfigError) as error:
        return [str(error)]
