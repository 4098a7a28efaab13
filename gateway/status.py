"""`status.json`: how the gateway is, written each second for people and monitors, and shown by `gateway status`."""

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.device import DeviceStatus
from gateway.outbox import StreamState
from ledger.core.errors import FormatError

STATUS_NAME = "status.json"


class Status(Struct, frozen=True, kw_only=True):
    """One second of a gateway.

    Attributes:
        gateway: its name.
        site_name: what people call where it stands.
        time: by its clock.
        clock: how far that can be trusted.
        process: the process id.
        devices: every configured device.
        streams: every stream, with its depth and its last receipt.
        ledger: `reachable` or `unreachable`.
        alarms: what needs a person; empty while all is well.
        checkpoint_size: of the newest checkpoint of the ledger that was verified; 0 if none was.
    """

    gateway: str
    site_name: str = ""
    time: str
    clock: str
    process: int
    devices: list[DeviceStatus]
    streams: dict[str, StreamState]
    ledger: str
    alarms: list[str]
    checkpoint_size: int = 0


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


def render(status: Status) -> str:
    """The status as lines of text."""
    lines = [f"{status.gateway} {status.site_name}  {status.time}  clock {status.clock}  ledger {status.ledger}"]
    lines[0] += f", checkpoint {status.checkpoint_size} verified" if status.checkpoint_size else ", checkpoints unseen"
    lines += [f"! {alarm}" for alarm in status.alarms]
    for device in status.devices:
        counts = " ".join(f"{name}={number}" for name, number in sorted(device.counts.items()))
        heard = device.last_heard or "never heard"
        lines.append(f"  {device.name:<20} {device.state:<8} {heard:<26} {counts} {device.reason}".rstrip())
    for name, stream in status.streams.items():
        lines.append(
            f"  {name:<20} next {stream.next_seq}, acknowledged {stream.acknowledged_seq}, "
            f"waiting {stream.waiting} batches and {stream.unsealed} events"
        )
    return "\n".join(lines)
