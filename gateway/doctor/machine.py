"""The machine and its centre: clock, disk, key, power, ledger. Each look is bounded in time."""

import http.client
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import urllib3

from gateway import enrol, tls
from gateway.clock import SystemClock
from gateway.config import Config, UplinkSettings
from gateway.doctor.finding import Finding
from gateway.endings import Ending, Endings
from gateway.following import CHECKPOINT_PATH
from gateway.uplink import Answer, standstill_of, told_by
from ledger.core import checkpoint, note, succession
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.core.keys import fingerprint, grouped
from ledger.core.note import VerifierKey
from ledger.core.signing import verify_note

ANSWER_SECONDS = 4.0
ENOUGH_FREE_MB = 500
OK = 200
_MOST_BYTES = 65536


def examine(config: Config | None, directory: Path) -> Iterator[Finding]:
    """What there is to say of the machine and of what `config` names."""
    trusted = SystemClock().name == "synchronised"
    yield Finding("ok", "clock-good") if trusted else Finding("warning", "clock-alone")
    free_mb = _free_mb(directory)
    short = free_mb < ENOUGH_FREE_MB
    yield Finding("fault" if short else "ok", "disk-short" if short else "disk-good", {"free": f"{free_mb:.0f}"})
    if config is None:
        return
    yield _key(config, directory)
    endings = Endings(config)
    yield ledger(config.uplink, config.gateway.origin, endings.hear_ledger)
    yield from _endings(endings.told(SystemClock().now_ms()))
    yield from _alarms(config)


def _free_mb(directory: Path) -> float:
    """Of the disk that the folder is on; where it is still to be made, or closed to us, of its parent's."""
    for each in (directory, *directory.absolute().parents):
        with suppress(OSError):
            return shutil.disk_usage(each).free / 1e6
    return 0.0


def _key(config: Config, directory: Path) -> Finding:
    try:
        signer = enrol.load_signer(directory, config.gateway)
    except ConfigError as error:
        return Finding("fault", "key-bad", {"reason": str(error)})
    return Finding("ok", "key-good", {"key": grouped(enrol.enrol(signer, config.gateway).key)})


def _endings(told: Sequence[Ending]) -> Iterator[Finding]:
    for each in told:
        if each.is_soon:
            yield Finding("fault" if each.is_over else "warning", "ending", {"reason": each.said})


def _alarms(config: Config) -> Iterator[Finding]:
    alarm = config.alarm
    if alarm is None:
        yield Finding("warning", "alarm-none")
        return
    sounding = {name for step in alarm.steps for name in step.outputs}
    mute = [each.name for each in alarm.outputs if each.name not in sounding]
    if not alarm.outputs:
        yield Finding("warning", "alarm-shown")
    elif mute:
        yield Finding("fault", "alarm-mute", {"outputs": ", ".join(mute)})
    else:
        yield Finding("ok", "alarm-good", {"outputs": str(len(alarm.outputs)), "steps": str(len(alarm.steps))})
    if alarm.power_file is not None and not alarm.power_file.is_file():
        yield Finding("fault", "power-unreadable", {"path": str(alarm.power_file)})


def ledger(settings: UplinkSettings, origin: str, shown: tls.Shown | None = None) -> Finding:
    """Whether the ledger answers: name, connection, certificate, and a checkpoint of this origin by a pinned key.

    `shown`: see `tls.Shown`.
    """
    where = settings.url
    try:
        context = tls.context(settings, shown)
        with urllib3.PoolManager(retries=False, timeout=ANSWER_SECONDS, ssl_context=context) as pool:
            status, body = _got(pool, where + CHECKPOINT_PATH)
            told = _handovers(*_got(pool, where + succession.PATH)) if status == OK else []
    except (OSError, urllib3.exceptions.HTTPError, ConfigError) as error:
        distrust = str(error) if isinstance(error, ConfigError) else tls.distrust(error, settings)
        name = "ledger-distrust" if distrust else _why(error)
        return Finding("fault", name, {"where": where, "reason": distrust or str(error)})
    if status != OK:
        answer = Answer(status, body)
        standstill = standstill_of(answer)
        name = "ledger-standstill" if standstill else "ledger-other"
        return Finding("fault", name, {"where": where, "reason": standstill or told_by(answer)})
    return _checkpoint(settings, origin, body, told)


def _got(pool: urllib3.PoolManager, url: str) -> tuple[int, bytes]:
    answer = pool.request("GET", url, redirect=False, preload_content=False)
    return answer.status, answer.read(_MOST_BYTES)


class _Told(msgspec.Struct, frozen=True):
    """Each hand-over of the log's keys as a signed note."""

    handovers: list[str]


def _handovers(status: int, body: bytes) -> list[str]:
    """What the ledger tells of keys that follow each other; nothing where it is older than that."""
    try:
        return msgspec.json.decode(body, type=_Told).handovers if status == OK else []
    except (msgspec.MsgspecError, UnicodeError):
        return []


def _why(error: Exception) -> str:
    reasons = [error, error.__cause__, error.__context__, getattr(error, "reason", None)]
    named = (socket.gaierror, urllib3.exceptions.NameResolutionError)
    if any(isinstance(each, named) for each in reasons):
        return "ledger-name"
    # Whoever hangs up before it says anything is such an error of the library's, too.
    said = [each for each in reasons if isinstance(each, http.client.BadStatusLine)]
    hung_up = any(isinstance(each, http.client.RemoteDisconnected) for each in said)
    return "ledger-other" if said and not hung_up else "ledger-silent"


def _checkpoint(settings: UplinkSettings, origin: str, body: bytes, told: Sequence[str]) -> Finding:
    values = {"where": settings.url}
    try:
        seen, signed = checkpoint.parse_signed(body)
    except FormatError as error:
        return Finding("fault", "ledger-other", values | {"reason": str(error)})
    if seen.origin != origin:
        reason = f"it is {seen.origin}, gateway.origin is {origin}"
        return Finding("fault", "ledger-other", values | {"reason": reason})
    if not settings.log_keys:
        return Finding("warning", "ledger-unseen", values)
    pinned = [note.parse_vkey(key) for key in settings.log_keys]
    if not isinstance(verify_note(signed, pinned), Refused):
        return Finding("ok", "ledger-good", values | {"size": str(seen.size)})
    believed, refused = _followed(pinned, told, origin)
    verified = verify_note(signed, believed)
    if isinstance(verified, Refused):
        return Finding("fault", "ledger-stranger", values | {"reason": refused or verified.reason})
    key = fingerprint(note.format_vkey(verified[-1]))
    return Finding("ok", "ledger-followed", values | {"size": str(seen.size), "key": key})


def _followed(pinned: Sequence[VerifierKey], told: Sequence[str], origin: str) -> tuple[list[VerifierKey], str]:
    """The keys to which the pinned ones handed over, one after the other, and why the last that does not hold does not.

    As `gateway.ledgerkeys` follows them while the gateway runs.
    """
    believed, refused = list(pinned), ""
    for raw in told:
        found = succession.verify(raw.encode(), believed, origin=origin)
        if isinstance(found, Refused):
            refused = found.reason
        elif found is not None and found.new not in believed:
            believed.append(found.new)
    return believed, refused
