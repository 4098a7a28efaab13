"""`[[probe]]`: a temperature probe, what it hangs in, and what is allowed there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from gateway.config.spelling import CENTI, POSITIVE, WORD, Device, is_place
from gateway.wire.modbus_rtu_temp.probe import REGISTER_MAPS

MODBUS = "modbus_rtu_temp"


_COLDER, _WARMER = 4000, 3000
"""What a cabinet reads at most beyond its limits when a probe is new in it, unless the configuration says otherwise.

Ten times the scale turns the 4 degrees of a refrigerator into 40, and the -20 of a freezer into -200.
"""


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """A temperature probe.

    Attributes:
        sensor: the probe's own name in what its line or topic says; empty: the only one there.
        baud: bits a second; None: as the family is delivered.
        slave: Modbus address.
        scale: Modbus: what a register of 1 stands for, `tenths` or `hundredths` of a degree.
        mapping: MQTT JSON of other makes: the name of its `[[mapping]]`; empty: none.
        registers: Modbus: where its make keeps its values, a name in `gateway.wire.modbus_rtu_temp.REGISTER_MAPS`.
        measures: what it hangs in, `air` or a `load`.
        low: lowest allowed temperature in centi-degrees, inclusive; None: no limit. Beyond it is an alarm.
        high: highest allowed, likewise.
        alarm_after_seconds: clock time beyond a limit after which the alarm is told.
        warn_low: lowest temperature without a warning; None: no warning.
        warn_high: highest, likewise.
        warn_after_seconds: as `alarm_after_seconds`, for the warning.
        cabinet_low: the lowest that its cabinet can read at all, in centi-degrees; a new probe must begin above it.
        cabinet_high: the highest, likewise.
        rate_per_minute: the fastest believable change, in centi-degrees a minute.
        stuck_after_seconds: a value that stands for this long is suspect, where the device usually moves.
        segment_seconds: clock time after which a segment closes.
        calibrated: instant of the calibration.
        calibration_until: instant of its expiry.
        certificate: of the calibration.
        offset_centi_celsius: the correction that the probe itself adds; readings stay as they come.
    """

    name: str
    family: str
    port: str | None
    topic: str | None
    sensor: str
    slave: int
    scale: str
    place: str
    measures: str
    interval_seconds: float
    low: int | None
    high: int | None
    alarm_after_seconds: float
    warn_low: int | None
    warn_high: int | None
    warn_after_seconds: float
    cabinet_low: int | None
    cabinet_high: int | None
    rate_per_minute: int
    stuck_after_seconds: float
    segment_seconds: float
    calibrated: str | None
    calibration_until: str | None
    certificate: str | None
    offset_centi_celsius: int | None
    registers: str = "xy-md02"
    mapping: str = ""
    baud: int | None = None


class ProbeSchema(Device):
    """How `[[probe]]` is written."""

    sensor = fields.String(load_default="")
    rom = fields.String(load_default="")
    slave = fields.Integer(load_default=1, strict=True, validate=validate.Range(min=1, max=247))
    scale = fields.String(load_default="tenths", validate=validate.OneOf(["tenths", "hundredths"]))
    mapping = fields.String(load_default="")
    registers = fields.String(load_default="xy-md02", validate=validate.OneOf(list(REGISTER_MAPS)))
    place = fields.String(required=True, validate=is_place)
    measures = fields.String(required=True, validate=validate.OneOf(["air", "load"]))
    interval_seconds = fields.Float(load_default=60.0, validate=POSITIVE)
    low = fields.Integer(load_default=None, strict=True, validate=CENTI)
    high = fields.Integer(load_default=None, strict=True, validate=CENTI)
    alarm_after_seconds = fields.Float(load_default=0.0, validate=validate.Range(min=0, max=3600))
    warn_low = fields.Integer(load_default=None, strict=True, validate=CENTI)
    warn_high = fields.Integer(load_default=None, strict=True, validate=CENTI)
    warn_after_seconds = fields.Float(load_default=0.0, validate=validate.Range(min=0, max=3600))
    cabinet_low = fields.Integer(load_default=None, strict=True, validate=CENTI)
    cabinet_high = fields.Integer(load_default=None, strict=True, validate=CENTI)
    rate_per_minute = fields.Integer(load_default=2000, strict=True, validate=validate.Range(min=1, max=20000))
    stuck_after_seconds = fields.Float(load_default=1800.0, validate=validate.Range(min=60, max=86400))
    segment_seconds = fields.Float(load_default=900.0, validate=validate.Range(min=1, max=3600))
    calibrated = fields.DateTime(load_default=None, format="iso")
    calibration_until = fields.DateTime(load_default=None, format="iso")
    certificate = fields.String(load_default=None, validate=WORD)
    offset_centi_celsius = fields.Integer(load_default=None, strict=True, validate=validate.Range(min=-2000, max=2000))

    @validates_schema
    def _check_limits(self, values: Mapping[str, Any], **_: object) -> None:
        for prefix in ("", "warn_", "cabinet_"):
            low, high = values.get(prefix + "low"), values.get(prefix + "high")
            if low is not None and high is not None and low > high:
                said = f"expected {prefix}low <= {prefix}high, in centi-degrees; got {low} and {high}"
                raise ValidationError(said, prefix + "low")

    @post_load
    def _build(self, values: dict[str, Any], **_: object) -> ProbeSettings:
        # A Modbus answer is told from another by its request: there, the probe's own name is its sensor.
        own = values["name"] if values["family"] == MODBUS else values["sensor"]
        values["sensor"] = values.pop("rom") or own
        for key in ("calibrated", "calibration_until"):
            at = values[key]
            at = at.astimezone(UTC) if at is not None and at.tzinfo is not None else at
            values[key] = None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
        for key, limit, beyond in (("cabinet_low", "low", -_COLDER), ("cabinet_high", "high", _WARMER)):
            if values[key] is None and values[limit] is not None:
                values[key] = values[limit] + beyond
        return ProbeSettings(**values)
