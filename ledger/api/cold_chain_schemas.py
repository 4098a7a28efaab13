"""How the API spells a unit's cold chain: the judgement, each spell of it, and the readings that it rests on."""

from typing import Any

from marshmallow import Schema, fields, post_dump, validate
from typing_extensions import override

from ledger.api.schemas import AsOfSchema, Instant, ObservedSchema
from ledger.core.ids import format_instant
from ledger.read.values import UnitPage


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
    like_an_open_door = fields.Boolean(
        required=True,
        metadata={"description": "as when a door stands open: in air alone, and over; it counts all the same"},
    )


class AgainstSchema(Schema):
    """A unit against one pair of limits: how long beyond it in all, and each time."""

    phase = fields.String(required=True)
    low_centi_celsius = fields.Integer(attribute="low", required=True, allow_none=True)
    high_centi_celsius = fields.Integer(attribute="high", required=True, allow_none=True)
    judged_ms = fields.Integer(required=True)
    above_ms = fields.Integer(required=True)
    below_ms = fields.Integer(required=True)
    unknown_ms = fields.Integer(required=True)
    longest_ms = fields.Integer(required=True)
    occasions = fields.List(fields.Nested(OccasionSchema), required=True)


class ExposureSchema(Schema):
    """What can be said of a unit's cold chain."""

    verdict = fields.String(required=True, validate=validate.OneOf(["ok", "out", "unknown"]))
    pack = fields.String(required=True)
    pack_version = fields.String(required=True)
    verified = fields.Boolean(required=True)
    confirmed_here = fields.Boolean(required=True)
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
    measures = fields.String(required=True, validate=validate.OneOf(["air", "load"]))
    points = Points(required=True)


class StillSchema(Schema):
    """One interruption of a unit's agitation; the last may still go on where `until` is the present instant."""

    since = Instant(attribute="start_ms", required=True)
    until = Instant(attribute="end_ms", required=True)


class AssessmentSchema(Schema):
    """What two quality officers judged last of the unit's deviation; the verdict beside it stays as it was."""

    time = Instant(attribute="at_ms", required=True)
    outcome = fields.String(required=True)
    log_size = fields.Integer(required=True)


class ReopenedSchema(Schema):
    """What an assessment does not settle: spells that it could not see, and those since; both empty: it settles all."""

    unseen = fields.List(fields.Nested(SpellSchema), required=True)
    since = fields.List(fields.Nested(SpellSchema), required=True)


class ColdChainSchema(ObservedSchema, AsOfSchema):
    """A unit's cold chain: the judgement, and the readings that it rests on."""

    unit = fields.String(attribute="summary.unit", required=True)
    exposure = fields.Nested(ExposureSchema, required=True, allow_none=True)
    limits = fields.List(fields.Nested(AgainstSchema), attribute="against", required=True)
    assessment = fields.Nested(AssessmentSchema, required=True, allow_none=True)
    reopened = fields.Nested(ReopenedSchema, required=True, allow_none=True)
    agitation = fields.String(required=True, validate=validate.OneOf(["not-needed", "not-monitored", "monitored"]))
    still = fields.List(fields.Nested(StillSchema), required=True)
    low_centi_celsius = fields.Integer(attribute="low", required=True, allow_none=True)
    high_centi_celsius = fields.Integer(attribute="high", required=True, allow_none=True)
    lag_ms = fields.Integer(required=True, allow_none=True)
    runs = fields.List(fields.Nested(RunSchema), required=True)

    @post_dump(pass_original=True)
    def mark(self, told: dict[str, Any], page: UnitPage, **_: Any) -> dict[str, Any]:
        """Say of each occasion whether it looks like an open door: that takes the readings beside it."""
        doors = page.like_an_open_door
        for limits, against in zip(told["limits"], page.against, strict=True):
            for occasion, each in zip(limits["occasions"], against.occasions, strict=True):
                occasion["like_an_open_door"] = each in doors
        return told
