"""`xuemai audit`: an auditor's key, and the replay that confirms or refutes each root of a log's unit map.

The auditor runs on a machine of its own and needs nothing of the ledger but an address and a token. What it remembers
lies in a folder: where it got to, and every refutation that it ever made. A refuted root ends the run with exit code 1;
so does a log that went back, or is another one.
"""

import json
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click

from ledger.audit import Audit, AuditError, Difference, Stated, refutation
from ledger.audit_source import Source
from ledger.clock import SystemClock
from ledger.core import checkpoint as checkpoints
from ledger.core import policy as policies
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import Refused, XuemaiError
from ledger.core.note import VerifierKey, format_vkey, parse_vkey
from ledger.core.signing import SEED_BYTES, Cosigner, SigningKey, verify_note
from ledger.durable import write_durably

STATE = "state"
UNDER_WAY = "under-way"
"""The state in the midst of a run: where the next one goes on if this one is cut off."""
SAVE_EVERY_SECONDS = 30.0
_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(slots=True)
class Told:
    """What a run found.

    Attributes:
        origin: the log.
        size: how many batches have been replayed now.
        confirmed: the sizes of the roots that were confirmed.
        cosigned: the size of the root that was cosigned; None if there is none yet.
        refuted: the file of the refutation; None if no root was refuted.
        reason: what was wrong, if something was.
    """

    origin: str
    size: int = 0
    confirmed: list[int] = field(default_factory=list)
    cosigned: int | None = None
    refuted: str | None = None
    reason: str | None = None


@click.group()
def audit() -> None:
    """Replay a log as an auditor of its unit map."""


@audit.command()
@click.option("--key", "file", type=_FILE, required=True, help="the auditor's private key; made if it is not there")
@click.option("--name", required=True, help="the name to cosign under, e.g. auditor.example")
def key(file: Path, name: str) -> None:
    """Make the auditor's key, once; print the verifier key, which hospitals put among those whom they believe."""
    try:
        if not file.exists():
            write_durably(file, f"{secrets.token_bytes(SEED_BYTES).hex()}\n".encode(), 0o600)
        click.echo(format_vkey(_cosigner(file, name).verifier))
    except (XuemaiError, OSError) as error:
        raise click.ClickException(str(error)) from error


@audit.command()
@click.option("--from", "url", required=True, help="the ledger's address")
@click.option("--token-file", type=_FILE, help="a file with an API token of the role auditor, of the whole site")
@click.option("--key", "file", type=_FILE, required=True, help="the auditor's private key")
@click.option("--name", required=True, help="the name to cosign under")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), required=True, help="what it remembers")
@click.option("--log-key", help="the log's verifier key")
@click.option("--policy", type=_FILE, help="or a trust policy with one log")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
def replay(url: str, *, file: Path, name: str, state: Path, as_json: bool, **given: object) -> None:
    """Replay what is new, confirm or refute every root, cosign the latest, hand it in. Exit 1: something is wrong."""
    told: Told | None = None
    try:
        logs = _log_keys(given["log_key"], given["policy"])
        told = Told(logs[0].name)
        token = _token(given["token_file"])
        _run(Source(url, token), logs, _cosigner(file, name), state, told)
    except (XuemaiError, OSError) as error:
        if told is None:
            raise click.ClickException(str(error)) from error
        told.reason = str(error)
    click.echo(json.dumps(asdict(told)) if as_json else _text(told), err=told.reason is not None and not as_json)
    sys.exit(1 if told.reason else 0)


def _run(source: Source, logs: Sequence[VerifierKey], cosigner: Cosigner, state: Path, told: Told) -> None:
    """Replay up to the latest checkpoint.

    Raises:
        AuditError: a root is refuted, or the log is not the one that was audited before.
    """
    state.mkdir(parents=True, exist_ok=True)
    saved, under_way = state / STATE, state / UNDER_WAY
    held = next((path for path in (under_way, saved) if path.exists()), None)
    audit = Audit(told.origin) if held is None else Audit.load(held.read_bytes(), told.origin)
    head = _head(source.checkpoint(), logs)
    with _undoing(under_way):
        audit.require_head(head)
    stated = _replay(source, audit, head, state, told)
    with _undoing(under_way):
        audit.require_head(head)
    audit.require_explained()
    write_durably(saved, audit.dump(), 0o600)
    under_way.unlink(missing_ok=True)
    told.size, told.confirmed = audit.size, [each.note.as_of_size for each in stated]
    if audit.confirmed is not None:
        note = audit.confirmed
        cosignature = cosigner.cosign_text(note.format(), SystemClock().now_ms() // 1000)
        source.hand_in(note.as_of_size, cosigner.verifier, cosignature)
        told.cosigned = note.as_of_size


def _replay(source: Source, audit: Audit, head: Checkpoint, state: Path, told: Told) -> list[Stated]:
    """Take every batch below the checkpoint, and save now and then how far that came; the roots that they state.

    Raises:
        AuditError: a root is refuted, or what came is no continuation of the log.
    """
    stated: list[Stated] = []
    clock = SystemClock()
    saved_at = clock.monotonic()
    for batch in source.batches(audit.size, head.size):
        with _undoing(state / UNDER_WAY):
            stated += (new := audit.take(batch))
        refuted = next((each for each in new if not each.is_confirmed), None)
        if refuted is not None:
            told.refuted = str(_keep_refutation(source, audit, refuted, state))
            raise AuditError(f"the root of size {refuted.note.as_of_size} is not the one that the log's events have")
        if clock.monotonic() - saved_at >= SAVE_EVERY_SECONDS:
            write_durably(state / UNDER_WAY, audit.dump(), 0o600)
            saved_at = clock.monotonic()
    return stated


@contextmanager
def _undoing(under_way: Path) -> Iterator[None]:
    """Forget what was saved under way where the log is not as it was told: no checkpoint vouches for it yet."""
    try:
        yield
    except AuditError:
        under_way.unlink(missing_ok=True)
        raise


def _head(raw: bytes, logs: Sequence[VerifierKey]) -> Checkpoint:
    head, signed = checkpoints.parse_signed(raw)
    verified = verify_note(signed, logs)
    if isinstance(verified, Refused):
        raise AuditError(f"the checkpoint: {verified.reason}")
    return head


def _keep_refutation(source: Source, audit: Audit, refuted: Stated, state: Path) -> Path:
    path = state / f"refuted-{refuted.note.as_of_size}.json"
    write_durably(path, refutation(refuted, None), 0o600)  # kept first: the server may not answer any more
    try:
        write_durably(path, refutation(refuted, _difference(source, audit, refuted.note.as_of_size)), 0o600)
    except AuditError as error:
        click.echo(f"the site does not show its map: {error}", err=True)
    return path


def _difference(source: Source, audit: Audit, size: int) -> Difference | None:
    """The first subject of which the site's own map differs; the site may of course show an honest one here."""
    for bucket, root in enumerate(source.bucket_roots(size)):
        if root != audit.map.node(0, bucket):
            return audit.difference(source.bucket(size, bucket), bucket)
    return None


def _log_keys(vkey: object, policy: object) -> tuple[VerifierKey, ...]:
    """The log's keys: one, or those of a policy, which while a log changes its key names two of one origin."""
    if isinstance(vkey, str):
        return (parse_vkey(vkey),)
    if not isinstance(policy, Path):
        raise AuditError("expected --log-key or --policy")
    keys = tuple(log.key for log in policies.parse(policy.read_bytes()).logs)
    if len({key.name for key in keys}) != 1:
        raise AuditError(f"expected a policy with one log; got {len({key.name for key in keys})}")
    return keys


def _token(file: object) -> str:
    return file.read_text("ascii").strip() if isinstance(file, Path) else ""


def _cosigner(file: Path, name: str) -> Cosigner:
    try:
        return Cosigner(name, SigningKey(bytes.fromhex(file.read_text("ascii").strip())))
    except ValueError as error:
        raise AuditError(f"{file}: expected a key of 64 hex digits; {error}") from error


def _text(told: Told) -> str:
    lines = [
        f"{told.origin}: replayed to size {told.size}, {len(told.confirmed)} roots confirmed",
        f"cosigned the map of size {told.cosigned}" if told.cosigned is not None else "no root to cosign yet",
    ]
    if told.reason is not None:
        lines = [f"{told.origin}: {told.reason}"]
        if told.refuted is not None:
            lines = [*lines, f"the refutation is in {told.refuted}: keep it, and show it to others"]
    return "\n".join(lines)
