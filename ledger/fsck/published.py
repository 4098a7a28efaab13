"""What a ledger published, against its log: checkpoints, their cosignatures, the keys' files, the last signed head."""

from collections.abc import Callable
from typing import Literal

from sqlalchemy import Connection, select

from ledger.config import Site
from ledger.core import checkpoint
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.core.logkeys import LOG_KEY_KINDS, LogKeys, fold_log_keys
from ledger.core.note import COSIGNATURE_V1, ML_DSA_44, Note, format_vkey, parse_signature_lines, parse_vkey
from ledger.core.note import parse as parse_note
from ledger.core.policy import parse as parse_policy
from ledger.core.signing import verify_note
from ledger.fsck.report import Report
from ledger.store import tables as t
from ledger.store.bad import BadPlaceError
from ledger.store.chain import frontier_of
from ledger.store.head import signed_head_problem
from ledger.store.history import site_stream

_OF_A_WITNESS = (COSIGNATURE_V1, ML_DSA_44)


def check_published(site: Site, examined: Connection, scratch: Connection, report: Report) -> None:
    """Every checkpoint is one of this log, and the files beside the database name the keys that sign them."""
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


def check_cosignatures(examined: Connection, report: Report) -> None:
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


def check_head(site: Site, examined: Connection, head: bytes | None, report: Report) -> None:
    """The log continues what was last signed: `head`, read before anything else."""
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
