"""What probes measured."""

from typing import Literal

from msgspec import Struct

from ledger.core.ids import Instant, Probe
from ledger.core.kinds.envelope import Reported
from ledger.core.kinds.fields import Celsius100, Count, Number, Quality, Text, Word


class SegmentGap(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hole in a segment: offsets from the segment's `time`, in milliseconds."""

    start_ms: Count
    end_ms: Count
    reason: Text


class TemperatureSegment(Reported, tag="temperature_segment", frozen=True, kw_only=True):
    """温度记录: what one probe read from `time` to `until`, raw.

    Attributes:
        probe: the probe, in `place`.
        measures: whether it hangs in air or in a load.
        until: the end of what this segment speaks of.
        quality: one for the whole segment; a change of quality closes it. Only `good` readings are readings.
        reason: why the quality is not good.
        readings: pairs of (milliseconds since `time`, centi-degrees Celsius), in order of time.
        gaps: holes, shown and never bridged.
        calibration_until: the end of the probe's calibration.
        certificate: the calibration's certificate.
        calibrated: when the probe was calibrated.
        calibration: whether the calibration had expired before `until`; absent where its end is not stated.
        offset_centi_celsius: the correction that the probe itself adds, as declared; `readings` are as they came.
        device_time: what the device's own clock said, as claimed, at the first reading.
    """

    probe: Probe
    measures: Literal["air", "load"]
    until: Instant
    quality: Quality
    reason: Text | None = None
    readings: list[tuple[Count, Celsius100]]
    gaps: list[SegmentGap] = []
    calibration_until: Instant | None = None
    certificate: Word | None = None
    calibrated: Instant | None = None
    calibration: Literal["valid", "expired"] | None = None
    offset_centi_celsius: Number | None = None
    device_time: Instant | None = None
