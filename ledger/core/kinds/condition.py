"""How the devices of a gateway, and the gateway itself, fare: excursions, faults, gaps, clocks, starts."""

from typing import Annotated, Literal

from msgspec import Meta

from ledger.core.ids import Device, Instant, Key, Probe
from ledger.core.kinds.envelope import Reported
from ledger.core.kinds.fields import Celsius100, Hash, Number, Sequence, Text, Word


class Excursion(Reported, tag="excursion", frozen=True, kw_only=True):
    """超温: a probe is beyond a limit of its place since `time`; told at once, or when the level's delay is over."""

    probe: Probe
    limit: Literal["low", "high"]
    limit_centi_celsius: Celsius100
    centi_celsius: Celsius100
    level: Literal["warning", "alarm"] = "alarm"


class ExcursionEnded(Reported, tag="excursion_ended", frozen=True, kw_only=True):
    """The probe reads within its limits again."""

    probe: Probe
    since: Instant
    lowest_centi_celsius: Celsius100
    highest_centi_celsius: Celsius100
    level: Literal["warning", "alarm"] = "alarm"


class DeviceFault(Reported, tag="device_fault", frozen=True, kw_only=True):
    """A device cannot be believed from `time` on; its tags are unobserved, its readings missing."""

    device: Device
    reason: Text


class DeviceRestored(Reported, tag="device_restored", frozen=True, kw_only=True):
    """A device works again since `time`."""

    device: Device
    since: Instant | None = None


class Gap(Reported, tag="gap", frozen=True, kw_only=True):
    """数据缺失: something may have been missed between `since` and `time`."""

    device: Device
    since: Instant
    reason: Text


class ClockSkew(Reported, tag="clock_skew", frozen=True, kw_only=True):
    """A clock differs: that of `device` is ahead of `against` by `skew_ms` (negative: behind).

    Attributes:
        device: whose clock; a gateway's own is `device:` and its name.
        against: `gateway`, for a device's clock; for the gateway's own `interval`, the time that had passed: it was
            set; and `ledger`, the ledger's clock as its answers tell it.
        skew_ms: milliseconds.
    """

    device: Device
    against: Literal["gateway", "interval", "ledger"]
    skew_ms: Number


class GatewayStarted(Reported, tag="gateway_started", frozen=True, kw_only=True):
    """The gateway's program started, with this version and this configuration (SHA-256, base64)."""

    version: Word
    configuration: Hash


class ErasureApplied(Reported, tag="erasure_applied", frozen=True, kw_only=True):
    """The gateway holds nothing more of an event that was erased: neither in its outbox nor beside it."""

    of_stream: Annotated[str, Meta(min_length=1, max_length=80)]
    of_seq: Sequence
    what: Literal["body", "value"]


class LedgerKeyFollowed(Reported, tag="ledger_key_followed", frozen=True, kw_only=True):
    """The gateway believes a further key of the ledger's from now on: one that it believed already signed for it.

    Attributes:
        use: what the keys sign.
        key: the fingerprint of the key that follows.
        handed_over_by: that of the key that signed for it.
    """

    use: Literal["checkpoint", "receipt"]
    key: Key
    handed_over_by: Key
