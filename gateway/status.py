"""`status.json`: how the gateway is, written each second for people and monitors, and shown by `gateway status`."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.alarm.kept import Kept, OutputStatus
from gateway.device import DeviceStatus
from gateway.lag import Lag
from gateway.outbox import StreamState
from ledger.core.errors import FormatError
from ledger.core.keys import fingerprint
from ledger.core.logkeys import Use
from ledger.core.note import VerifierKey, format_vkey

STATUS_NAME = "status.json"
UPLINK = "uplink: "
"""So begins the alarm that says why nothing is delivered, for now, and will be tried again."""


class Room(Struct, frozen=True, kw_only=True):
    """The disk that the outbox is on.

    Attributes:
        outbox_bytes: what the outbox's files take.
        free_bytes: what is left for them.
    """

    outbox_bytes: int
    free_bytes: int


class Status(Struct, frozen=True, kw_only=True):
    """One second of a gateway.

    Attributes:
        gateway: its name.
        site_name: what people call where it stands.
        time: by its clock.
        clock: how far that can be trusted.
        clock_set: when it was last set since the gateway started, by the time that it was set to; empty: it was not.
        clock_set_ms: by how much.
        process: the process id.
        devices: every configured device.
        streams: every stream, with its depth and its last receipt.
        ledger: `reachable` or `unreachable`.
        alarms: what needs a person; empty while all is well.
        checkpoint_size: of the newest checkpoint of the ledger that was verified; 0 if none was.
        ledger_keys: fingerprints of the ledger's keys that are believed, oldest first, by what they sign.
        lags: how far the ledger is behind, by stream.
        sounding: the alarms on the spot, the oldest first.
        outputs: where they sound.
        room: of the outbox; None where it cannot be asked.
    """

    gateway: str
    site_name: str = ""
    time: str
    clock: str
    clock_set: str = ""
    clock_set_ms: int = 0
    ledger_ahead_ms: int = 0
    process: int
    devices: list[DeviceStatus]
    streams: dict[str, StreamState]
    ledger: str
    alarms: list[str]
    checkpoint_size: int = 0
    ledger_keys: dict[Use, list[str]] = {}
    lags: dict[str, Lag] = {}
    sounding: list[Kept] = []
    outputs: list[OutputStatus] = []
    room: Room | None = None


def room_of(outbox: Path, left_bytes: int) -> Room | None:
    """The room of the outbox's database, with its write-ahead log; `left_bytes` is what it may still take itself."""
    try:
        free = os.statvfs(outbox.parent)
        size_bytes = sum(path.stat().st_size for path in outbox.parent.glob(f"{outbox.name}*"))
    except OSError:
        return None
    return Room(outbox_bytes=size_bytes, free_bytes=min(left_bytes, free.f_bavail * free.f_frsize))


def told_keys(believed: Mapping[Use, Sequence[VerifierKey]]) -> dict[Use, list[str]]:
    """Keys by their fingerprints."""
    return {use: [fingerprint(format_vkey(key)) for key in keys] for use, keys in believed.items()}


def write(directory: Path, status: Status) -> None:
    """Replace the status in one step: a reader sees the old or the new one."""
    aside = directory / f".{STATUS_NAME}.{os.getpid()}"
    aside.write_bytes(msgspec.json.format(msgspec.json.encode(status)) + b"\n")
    aside.replace(directory / STATUS_NAME)


def read(directory: Path) -> Status:
    """The last status.

    Raises:
        FormatError: there is none, or it is not one.
    """
    path = directory / STATUS_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Status)
    except OSError as error:
        raise FormatError(f"expected a status at {path}; {error.strerror}: is the gateway running?") from error
    except msgspec.MsgspecError as error:
        raise FormatError(f"expected a status at {path}; {error}") from error


def clocks_apart(ledger_ahead_ms: int) -> str:
    """How far the two clocks are apart, in words."""
    way = "ahead of" if ledger_ahead_ms > 0 else "behind"
    return f"the ledger's clock is {abs(ledger_ahead_ms) // 1000} s {way} this gateway's"


def _told_clock(status: Status) -> Iterator[str]:
    if status.clock_set:
        yield f"  {'clock':<20} was set by {status.clock_set_ms / 1000:+,.1f} s, to {status.clock_set}"
    if status.ledger_ahead_ms:
        yield f"! {clocks_apart(status.ledger_ahead_ms)}"


_WANTED = {"donation": "donation number", "product": "product code"}


def render(status: Status) -> str:
    """The status as lines of text."""
    lines = [f"{status.gateway} {status.site_name}  {status.time}  clock {status.clock}  ledger {status.ledger}"]
    lines[0] += f", checkpoint {status.checkpoint_size} verified" if status.checkpoint_size else ", checkpoints unseen"
    lines += _told_clock(status)
    lines += [f"! {alarm}" for alarm in status.alarms]
    lines += [f"! {_told_alarm(alarm)}" for alarm in status.sounding]
    lines += [f"! output {each.name}: {each.reason}" for each in status.outputs if each.state == "fault"]
    for use, keys in status.ledger_keys.items():
        told = ", then ".join(f"{key[:20]}…" for key in keys) or "none: they are not followed"
        lines.append(f"  {'ledger keys':<20} {use}s: {told}")
    for device in status.devices:
        counts = " ".join(f"{name}={number}" for name, number in sorted(device.counts.items()))
        heard = device.last_heard or "never heard"
        lines.append(f"  {device.name:<20} {device.state:<8} {heard:<26} {counts} {device.reason}".rstrip())
        if device.wants:
            lines.append(f"  {'':<20} half a bag: scan its {_WANTED[device.wants]} next")
    for name, stream in status.streams.items():
        lines.append(
            f"  {name:<20} next {stream.next_seq}, acknowledged {stream.acknowledged_seq}, "
            f"waiting {stream.waiting} batches and {stream.unsealed} events"
        )
        if name in status.lags:
            lines.append(f"  {'':<20} {_told_lag(status.lags[name])}")
    if status.room is not None:
        lines.append(f"  {'disk':<20} outbox {_mb(status.room.outbox_bytes)}, free {_mb(status.room.free_bytes)}")
    return "\n".join(lines)


def _told_alarm(alarm: Kept) -> str:
    told = f"alarm {alarm.cause} {alarm.device} {alarm.place}".rstrip() + f" since {alarm.raised}: {alarm.reason}"
    told += f"; over since {alarm.over}" if alarm.over else ""
    if alarm.acknowledged:
        return f"{told}; {alarm.by} took charge at {alarm.acknowledged}"
    return f"{told}; step {alarm.steps}, not acknowledged"


def _told_lag(lag: Lag) -> str:
    told = f"the ledger has data until {lag.delivered_until}" if lag.delivered_until else "the ledger has no data yet"
    waits = f"; the oldest waits since {lag.waiting_since}, {lag.seconds} s" if lag.waiting_since else ""
    return told + waits


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"
