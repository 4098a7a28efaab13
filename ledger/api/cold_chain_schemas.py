"""How the API spells a unit's cold chain: the judgement, each spell of it, and the readings that it rests on."""

from typing import Any

from marshmallow import Schema, fields, validate
from typing_extensions import override

from ledger.api.schemas import AsOfSchema, Instant
from ledger.core.ids import format_instant


class Points(fields.List[Any]):
    """Readings: pairs of an instant and centi-degrees Celsius."""

    def __init__(self, **arguments: Any) -> None:
        pair = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}
        super().__init__(fields.Raw(), **{"metadata": {"items": pair}, **arguments})

    @override
    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> list[Any]:
        return [[format_instant(time_ms), centi_celsius] for time_ms, centi_celsius in value]


class SpellSchema(Schema):
    """A stretch of a unit's way with one cold-chain status."""

    since = Instant(attribute="start_ms", required=True)
    until = Instant(attribute="end_ms", required=True)
    status = fields.String(required=True)
    place = fields.String(required=True, allow_none=True)
    phase = fields.String(required=True, allow_none=True)
    low_centi_celsius = fields.Integer(attribute="low", required=True, allow_none=True)
    high_centi_celsius = fields.Integer(attribute="high", required=True, allow_none=True)
    reason = fields.String(required=True)
    lowest_centi_celsius = fields.Integer(attribute="lowest", required=True, allow_none=True)
    highest_centi_celsius = fields.Integer(attribute="highest", required=True, allow_none=True)


class OccasionSchema(Schema):
    """One time that a unit was beyond a limit; the reading furthest beyond it in centi-degrees."""

    side = fields.String(required=True, validate=validate.OneOf(["above", "below"]))
    since = Instant(attribute="start_ms", required=True)
    until = Instant(attribute="end_ms", required=True)
    lasted_ms = fields.Integer(required=True)
    extreme_centi_celsius = fields.Integer(attribute="extreme", required=True)
    place = fields.String(required=True, allow_none=True)


class AgainstSchema(Schema):
    """A unit against one pair of limits: how long beyond it in all, and each time."""

    phase = fields.String(required=True)
    low_centi_celsius = fields.Integer(attribute="low", required=True, allow_none=True)
    high_centi_celsius = fields.Integer(attribute="high", required=True, allow_none=True)
    judged_ms = fields.Integer(required=True)
    above_ms = fields.Integer(required=True)
    below_ms = fields.Integer(required=True)
    unknown_ms = fields.Integer(required=True)
    occasions = fields.List(fields.Nested(OccasionSchema), required=True)


class ExposureSchema(Schema):
    """What can be said of a unit's cold chain."""

    verdict = fields.String(required=True, validate=validate.OneOf(["ok", "out", "unknown"]))
    pack = fields.String(required=True)
    pack_version = fields.String(required=True)
    verified = fields.Boolean(required=True)
    component = fields.String(required=True)
    out_ms = fields.Integer(required=True)
    unknown_ms = fields.Integer(required=True)
    tolerated_ms = fields.Integer(required=True)
    covered_ms = fields.Integer(required=True)
    judged_ms = fields.Integer(required=True)
    over_tolerance = fields.Boolean(required=True)
    lowest_centi_celsius = fields.Integer(attribute="lowest_centi", required=True, allow_none=True)
    highest_centi_celsius = fields.Integer(attribute="highest_centi", required=True, allow_none=True)
    since = Instant(attribute="first_ms", required=True, allow_none=True)
    last_reading = Instant(attribute="last_reading_ms", required=True, allow_none=True)
    until = Instant(attribute="until_ms", required=True)
    spells = fields.List(fields.Nested(SpellSchema), required=True)


class RunSchema(Schema):
    """One probe's readings while the unit was where the probe is; never joined across a gap."""

    place = fields.String(required=True)
    probe = fields.String(required=True)
    quality = fields.String(required=True)
    points = Points(required=True)


class StillSchema(Schema):
    """One interruption of a unit's agitation; the last may still go on where `until` is the present instant."""

    since = Instant(attribute="start_ms", required=True)
    until = Instant(attribute="end_ms", required=True)


class ColdChainSchema(AsOfSchema):
    """A unit's cold chain: the judgement, and the readings that it rests on."""

    unit = fields.String(attribute="summary.unit", required=True)
    exposure = fields.Nested(ExposureSchema, required=True, allow_none=True)
    limits = fields.List(fields.Nested(AgainstSchema), attribute="against", required=True)
    agitation = fields.String(required=True, validate=validate.OneOf(["not-needed", "not-monitored", "monitored"]))
    still = fields.List(fields.Nested(StillSchema), required=True)
    low_centi_celsius = fields.Integer(attribute="low", required=True, allow_none=True)
    high_centi_celsius = fields.Integer(attribute="high", required=True, allow_none=True)
    lag_ms = fields.Integer(required=True, allow_none=True)
    runs = fields.List(fields.Nested(RunSchema), required=True)
