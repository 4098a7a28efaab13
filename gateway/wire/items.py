"""What a device can tell the gateway: the values that every decoder emits, whatever the vendor.

A value here is what the device *said*, already in the product's units. Whether it is believed (presence, registered
tags, rate limits, clocks) is decided later; a decoder only refuses what cannot be true of the device itself.
All are structs, because devices make thousands a second of them and a dataclass takes five times as long to make.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

Quality: TypeAlias = Literal["good", "suspect", "fault"]
"""`good` counts; `suspect` is kept but never counts as in range; `fault` is no reading at all, and carries no value."""

ROUND_FINISHED = "round-finished"
"""A healthy reader completed an inventory round: only after this does silence of a tag mean anything."""
ROUND_PARTIAL = "round-partial"
"""A round in which only tags answered that had not answered before (ISO 15693 with its only-new-tag bit, Gen2 sessions
S1 to S3 without a target flip): a sign of life, and no evidence that anybody is gone."""
RESTARTED = "restarted"
"""The reader began anew (it was in its bootloader, it lost its settings): what it missed meanwhile proves nothing."""
GAP = "gap"
"""The device's own count shows that something was lost on the way."""
NO_TAG = "no-tag"
"""A healthy reader completed an inventory round and nothing answered: an empty shelf, not a fault."""


class TagRead(msgspec.Struct, frozen=True, gc=False):
    """One answer of one tag.

    Attributes:
        epc: the number that the tag answers with, upper-case hex: a UHF tag's EPC, an HF tag's UID (E0 first).
        antenna: the reader's antenna port from 1; 0 where the reader does not say which.
        rssi_dbm: received power in dBm, as the vendor gives it.
        tid: the chip's own number, upper-case hex.
        claimed_time: the device's time, aware, in UTC: a claim, never the event's time.
        numbered_by: which number `epc` is.
    """

    epc: str
    antenna: int = 1
    rssi_dbm: float | None = None
    tid: str | None = None
    claimed_time: datetime | None = None
    numbered_by: Literal["epc", "uid"] = "epc"


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One answer of one temperature probe.

    Attributes:
        sensor: the probe's own name: ROM code, friendly name, or what the port was configured with.
        centi_celsius: hundredths of a degree; None when there is no temperature to believe.
        centi_humidity: hundredths of a percent of relative humidity.
        quality: whether it counts, see `Quality`.
        reason: why it is not good, with the raw value; empty when it is good.
        sequence: the device's own counter, where it has one.
        claimed_time: the device's time, aware, in UTC: a claim.
    """

    sensor: str
    centi_celsius: int | None
    centi_humidity: int | None = None
    quality: Quality = "good"
    reason: str = ""
    sequence: int | None = None
    claimed_time: datetime | None = None


class LabelScan(msgspec.Struct, frozen=True, gc=False):
    """One scanned line: its text without terminator and AIM prefix, and that prefix (`]C0`, `]d1`; empty if none)."""

    text: str
    aim: str = ""


class Status(msgspec.Struct, frozen=True, gc=False):
    """A sign of life that is neither a read nor an illness: no-tag answers, keep-alives, module information.

    Attributes:
        name: what happened, in kebab case, stable (`no-tag`, `round-finished`, `module-info`, `command`, `online` …).
        detail: the rest, for a person.
        antenna: the antenna that it is about, from 1; 0 for the whole device.
        tag: the tag that it is about, upper-case hex: a refused access, say. No read: nothing is concluded from it.
        celsius: the device's own temperature, where that is what it tells. No reading: it measures no blood.
    """

    name: str
    detail: str = ""
    antenna: int = 0
    tag: str = ""
    celsius: float | None = None

    @property
    def completes_round(self) -> bool:
        """Whether a healthy reader has just completed an inventory round: absence of reads is evidence from here."""
        return self.name in {ROUND_FINISHED, NO_TAG}


class Fault(msgspec.Struct, frozen=True, gc=False):
    """The device says that it is ill (too hot, antenna off): what it does not see is unobserved, not gone.

    Attributes:
        reason: the illness, in the vendor's terms and in words.
        antenna: the antenna that it is about, from 1; 0 for the whole device.
    """

    reason: str
    antenna: int = 0


class Noise(msgspec.Struct, frozen=True, gc=False):
    """Bytes that were thrown away, how many, and what was wrong with the first frame that they seemed to hold."""

    count_bytes: int
    reason: str


Item: TypeAlias = TagRead | Reading | LabelScan | Status | Fault | Noise

_PLAUSIBLE = Decimal(1_000_000)


def tells_of_tags(item: Item) -> bool:
    """Whether it says who is there, or who no longer is."""
    return isinstance(item, TagRead) or (isinstance(item, Status) and item.completes_round)


def hundredths(number: Decimal | float) -> int | None:
    """Hundredths of a vendor's decimal number, exactly (4.35 is 435); None for nan, infinity and beyond a million."""
    exact = Decimal(str(number))
    if not exact.is_finite() or exact.copy_abs() > _PLAUSIBLE:
        return None
    return int((exact * 100).to_integral_value())


def lost(sensor: str, reason: str, *, claimed_time: datetime | None = None) -> Reading:
    """A reading that is a fault: the sensor answered, and the answer is no temperature."""
    return Reading(sensor, None, quality="fault", reason=reason, claimed_time=claimed_time)
