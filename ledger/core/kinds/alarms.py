"""Alarms that a gateway sounds on the spot."""

from typing import Literal, TypeAlias

from ledger.core.ids import Device, Instant
from ledger.core.kinds.envelope import Event
from ledger.core.kinds.fields import Text

AlarmCause: TypeAlias = Literal[
    "excursion", "temperature_warning", "probe_silent", "probe_unknown", "reader_lost", "scanner_lost",
    "output_failed", "outbox_full", "storage_failed", "ledger_refused", "stream_stopped", "ledger_unreachable",
    "clock_lost", "power_lost",
]  # fmt: skip
"""Why a gateway sounds an alarm."""


class AlarmRaised(Event, tag="alarm_raised", frozen=True, kw_only=True):
    """报警: from `time` on the gateway sounds an alarm on the spot, whether or not the centre can be reached."""

    cause: AlarmCause
    device: Device
    reason: Text


class AlarmAcknowledged(Event, tag="alarm_acknowledged", frozen=True, kw_only=True):
    """报警确认: the person `by` took charge of the alarm raised at `raised`; it sounds no more."""

    cause: AlarmCause
    device: Device
    raised: Instant
    way: Literal["command", "card"]


class AlarmEnded(Event, tag="alarm_ended", frozen=True, kw_only=True):
    """What the alarm raised at `raised` was about is over, acknowledged or not."""

    cause: AlarmCause
    device: Device
    raised: Instant
