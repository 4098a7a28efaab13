"""The commands `xuemai key`: list, add, rotate, retire, revoke, resume.

`list` reads beside a running server. The others write, so they take the writer's lock: while a server runs, an
administrator does the same on its page *Keys*, signed with the own password.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import click

from ledger import config, rotation
from ledger.append import Draft, Ledger, OwnStream
from ledger.commands.site_option import site_option
from ledger.commands.writing import open_to_write
from ledger.core import enrolment, kinds
from ledger.core.errors import Refused, XuemaiError
from ledger.core.logkeys import Use
from ledger.core.note import format_vkey
from ledger.read.keys import KeyStanding, key_standings, log_keys
from ledger.read.reader import reading

_NAMES: dict[str, OwnStream] = {"web": "web", "site": "site"}
_LOG_KEYS: dict[str, Use] = {file: use for use, file in rotation.USES.items()}
_yes = click.option("--yes", is_flag=True, help="do not ask")


@click.group()
def key() -> None:
    """Keys in the log: who may speak, and who no longer."""


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@site_option
def list_(site: Path, *, as_json: bool) -> None:
    """Every key of the log, how far it spoke, and whether it holds."""
    try:
        loaded = config.load(site)
        with reading(loaded) as reader:
            standings, logs = key_standings(reader), log_keys(reader, origin=loaded.origin)
    except XuemaiError as error:
        raise click.ClickException(str(error)) from error
    log_rows = [
        {
            "key": name,
            "vkey": format_vkey(each.key),
            "signs": each.use,
            "since": each.added_at,
            "retired": each.retired_at,
        }
        for name, each in logs.known.items()
    ]
    if as_json:
        click.echo(json.dumps({"keys": [asdict(each) for each in standings], "log_keys": log_rows}, ensure_ascii=False))
        return
    for each in standings:
        click.echo(_line(each))
    for row in log_rows:
        state = "signs" if row["retired"] is None else f"retired at log index {row['retired']}"
        click.echo(f"{row['key']}  {row['signs']:12} {state}")


@key.command()
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@_yes
@site_option
def add(site: Path, file: TextIO, *, yes: bool) -> None:
    """Let in the key of an enrolment (FILE, or stdin): what `xuemai gateway enroll` or `rotate-key` printed."""
    with _told():
        origin = config.load(site).origin
        read = enrolment.read(file.read(), origin=origin)
        if isinstance(read, Refused):
            raise click.ClickException(read.reason)
        _confirm(f"{read.gateway} shows the fingerprint {read.key} on its own screen", yes=yes)
        declared = read.declaration()
        _write(site, lambda ledger: ledger.record("site", [Draft(declared.kind, declared.fields)]))


@key.command()
@click.argument("name", type=click.Choice([*_NAMES, *_LOG_KEYS]))
@site_option
def rotate(site: Path, name: str) -> None:
    """Make a new key NAME: web and site change over at once; log and receipt sign with both until `retire`."""
    with _told():
        if name in _NAMES:
            _write(site, lambda ledger: rotation.rotate_own_key(ledger, _NAMES[name]))
        else:
            _write(site, lambda ledger: rotation.add_log_key(ledger, _LOG_KEYS[name]))


@key.command()
@click.argument("name", type=click.Choice([*_LOG_KEYS]))
@site_option
def retire(site: Path, name: str) -> None:
    """End the overlap of NAME: the older key signs no longer. Verifiers and gateways must know the new one by then."""
    with _told():
        _write(site, lambda ledger: rotation.retire_log_key(ledger, _LOG_KEYS[name]))


@key.command()
@click.argument("fingerprint")
@click.option("--reason", required=True, help="why; it stands in the log for ever, so it names no person")
@click.option(
    "--last-good", "last_good", multiple=True, metavar="STREAM=SEQ", help="what still counts; default: all so far"
)
@_yes
@site_option
def revoke(site: Path, fingerprint: str, reason: str, last_good: tuple[str, ...], *, yes: bool) -> None:
    """Revoke the key FINGERPRINT: beyond the last good event of each stream it vouches for nothing."""
    with _told():
        with reading(config.load(site)) as reader:
            standing = next((each for each in key_standings(reader) if each.key == fingerprint), None)
        if standing is None:
            raise click.ClickException(f"the log has no key {fingerprint}; see: xuemai key list")
        kept = {each.stream: each.last_seq for each in standing.spoken} | dict(map(_stream_seq, last_good))
        shown = ", ".join(f"{stream} up to {seq}" for stream, seq in kept.items()) or "nothing"
        _confirm(f"revoke {fingerprint} of {standing.producer}; what still counts: {shown}", yes=yes)
        good = [kinds.LastGood(stream=stream, seq=seq) for stream, seq in kept.items()]
        fields = {"key": fingerprint, "last_good": good, "reason": reason}
        _write(site, lambda ledger: ledger.record("site", [Draft(kinds.KeyRevoked, fields)]))


@key.command()
@click.argument("gateway")
@click.argument("epoch", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="why; it stands in the log for ever, so it names no person")
@site_option
def resume(site: Path, gateway: str, epoch: int, reason: str) -> None:
    """After a fork let GATEWAY go on under EPOCH, which its gateway.toml has to name."""
    with _told():
        fields = {"producer": gateway, "epoch": epoch, "reason": reason}
        _write(site, lambda ledger: ledger.record("site", [Draft(kinds.StreamResumed, fields)]))


class _told:  # noqa: N801  reads as a word of the sentence `with _told():`
    """Errors that the product raises on purpose go to stderr, and the exit code is 1."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, XuemaiError):
            raise click.ClickException(str(error)) from error


def _write(site: Path, act: Callable[[Ledger], rotation.Answer]) -> None:
    loaded = config.load(site)
    with open_to_write(loaded) as ledger:
        answer = act(ledger)
        if isinstance(answer, Refused):
            raise click.ClickException(f"{answer.step}: {answer.reason}")
        for each in answer:
            click.echo(f"log index {each.log_index}: {each.event.__struct_config__.tag}")


def _confirm(question: str, *, yes: bool) -> None:
    if not yes:
        click.confirm(question, abort=True, err=True)


def _stream_seq(text: str) -> tuple[str, int]:
    stream, _, seq = text.rpartition("=")
    if not stream or not seq.isdecimal():
        raise click.UsageError(f"--last-good: expected STREAM=SEQ; got {text}")
    return stream, int(seq)


def _line(each: KeyStanding) -> str:
    state = "revoked" if each.revoked else "replaced, still holds" if each.replaced_by else "holds"
    spoken = ", ".join(f"{spoken.stream} up to {spoken.last_seq}" for spoken in each.spoken) or "has not spoken"
    return f"{each.key}  {each.producer:12} {state:22} {spoken}"


__all__ = ["key"]
