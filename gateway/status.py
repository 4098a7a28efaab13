"""`status.json`: how the gateway is, written each second for people and monitors, and shown by `gateway status`."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.alarm.kept import Kept, OutputStatus
from gateway.device import DeviceStatus
from gateway.endings import Ending
from gateway.lag import Lag
from gateway.outbox import StreamState
from ledger.core.errors import FormatError
from ledger.core.keys import fingerprint
from ledger.core.logkeys import Use
from ledger.core.note import VerifierKey, format_vkey

STATUS_NAME = "status.json"
_IN_MINUTES_SECONDS = 120
OLD_AFTER_SECONDS = 30
"""It is written each second: an older one is of a gateway that has stopped, or cannot write."""
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
        ledger_ahead_ms: how far the ledger's clock is ahead, negative: behind; 0 where the two agree.
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
        endings: certificates and calibrations, the first to end first.
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
    endings: list[Ending] = []

    @property
    def clocks_apart(self) -> str:
        """How far this gateway's clock and the ledger's are apart, in words; empty where they agree."""
        if not self.ledger_ahead_ms:
            return ""
        way = "ahead of" if self.ledger_ahead_ms > 0 else "behind"
        seconds = round(abs(self.ledger_ahead_ms) / 1000)
        told = f"{seconds} s" if seconds < _IN_MINUTES_SECONDS else f"{round(seconds / 60)} min"
        return f"the ledger's clock is {told} {way} this gateway's"


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


def age_seconds(directory: Path, now_ms: int) -> int:
    """How long ago the status was written, by the machine's own clock.

    Raises:
        FormatError: there is none.
    """
    path = directory / STATUS_NAME
    try:
        return max(0, int(now_ms / 1000 - path.stat().st_mtime))
    except OSError as error:
        raise FormatError(f"expected a status at {path}; {error.strerror}: is the gateway running?") from error


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
