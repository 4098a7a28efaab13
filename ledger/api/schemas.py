"""How the API spells what many of its answers have: RFC 3339 instants, places, units in a list, events."""

from typing import Any

import msgspec
from flask import has_app_context
from marshmallow import Schema, fields, missing
from typing_extensions import override

from ledger.api.services import services
from ledger.core.ids import format_instant


class Instant(fields.String):
    """Milliseconds since the Unix epoch, written as RFC 3339 in UTC with milliseconds."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**{"metadata": {"format": "date-time"}, **arguments})

    @override
    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else format_instant(value)


class EventFields(fields.Dict):
    """A decoded event's own fields, as its bytes have them."""

    @override
    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> dict[str, Any] | None:
        return None if value is None else msgspec.to_builtins(value)


class NamedSchema(Schema):
    """A place, box or organisation."""

    id = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    organisation = fields.String(required=True)
    phase = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    use = fields.String(allow_none=True)


class ProductSchema(Schema):
    """What the product code means in the site's catalogue."""

    code = fields.String(required=True)
    component = fields.String(required=True, allow_none=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)


class SummarySchema(Schema):
    """One unit in a list."""

    unit = fields.String(required=True)
    state = fields.String(required=True)
    on_hold = fields.Boolean(required=True)
    abo = fields.String(required=True, allow_none=True)
    rhd = fields.String(required=True, allow_none=True)
    expires = Instant(attribute="expires_ms", required=True, allow_none=True)
    place = fields.Nested(NamedSchema, required=True, allow_none=True)
    holder = fields.String(required=True, allow_none=True)
    changed = Instant(attribute="changed_ms", required=True)
    product = fields.Nested(ProductSchema, required=True)
    cold_chain_verdict = fields.String(attribute="verdict", required=True, allow_none=True)
    cold_chain_holds_back = fields.Boolean(attribute="held", required=True)


class StaySchema(Schema):
    """Where a unit was, and when."""

    place = fields.String(required=True)
    since = Instant(attribute="since_ms", required=True)
    until = Instant(attribute="until_ms", required=True, allow_none=True)


class HoldingSchema(Schema):
    """Who held a unit, and when; `transit` between a dispatch and its receipt."""

    holder = fields.String(required=True)
    since = Instant(attribute="since_ms", required=True)
    until = Instant(attribute="until_ms", required=True, allow_none=True)


class AsOfSchema(Schema):
    """For which instant and which size of the log an answer holds."""

    as_of = Instant(attribute="now_ms", required=True)
    log_size = fields.Integer(required=True)


class LateSchema(Schema):
    """A gateway whose data are late: until when they are known; null: they are not late."""

    gateway = fields.String(required=True)
    custody_until = Instant(attribute="custody_ms", required=True, allow_none=True)
    readings_until = Instant(attribute="readings_ms", required=True, allow_none=True)


LATE = LateSchema(many=True)


class _LateGateways(fields.List[Any]):
    """Asked of the ledger, and no part of what is answered with."""

    _CHECK_ATTRIBUTE = False

    @override
    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        # A command, which answers from a snapshot of its own, names them itself.
        return LATE.dump(services().late()) if has_app_context() else missing


class ObservedSchema(Schema):
    """An answer that rests on what gateways handed in; `late` names those whose data are late now."""

    late = _LateGateways(fields.Nested(LateSchema), dump_only=True)


class ErasureSchema(Schema):
    """That an event's bytes were erased, and by whom: `by` and `second` are pseudonyms."""

    time = Instant(attribute="time_ms", required=True)
    reason = fields.String(required=True)
    by = fields.String(required=True, allow_none=True)
    second = fields.String(required=True, allow_none=True)


class EventSchema(Schema):
    """One event of a unit's history, with its place in the log."""

    kind = fields.String(required=True)
    time = Instant(attribute="time_ms", required=True)
    place = fields.Nested(NamedSchema, required=True, allow_none=True)
    stream = fields.String(required=True)
    seq = fields.Integer(required=True)
    log_index = fields.Integer(attribute="recorded.log_index")
    position = fields.Integer(attribute="recorded.position")
    late = fields.Boolean(required=True)
    defect = fields.String(required=True, allow_none=True)
    event = EventFields(attribute="recorded.event")
    erasure = fields.Nested(ErasureSchema, required=True, allow_none=True)
