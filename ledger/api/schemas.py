"""How the API spells the values of `ledger.read.values`: RFC 3339 instants, centi-degrees as integers named so."""

from typing import Any

import msgspec
from marshmallow import Schema, fields, validate
from typing_extensions import override

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


class Points(fields.List[Any]):
    """Readings: pairs of an instant and centi-degrees Celsius."""

    def __init__(self, **arguments: Any) -> None:
        pair = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}
        super().__init__(fields.Raw(), **{"metadata": {"items": pair}, **arguments})

    @override
    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> list[Any]:
        return [[format_instant(time_ms), centi_celsius] for time_ms, centi_celsius in value]


class HeadSchema(Schema):
    """Where a stream ends, so that a gateway can go on from there."""

    stream = fields.String(required=True)
    last_seq = fields.Integer(required=True)
    previous = fields.String(required=True, metadata={"description": "base64 SHA-256 of the last batch note's text"})


class ProblemSchema(Schema):
    """An error (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True, metadata={"description": "finds it in the server's log"})
    step = fields.String(metadata={"description": "of a refused batch: the check that it failed (docs/format.md §5)"})
    retry = fields.String(
        validate=validate.OneOf(["retry", "stop", "reseal"]),
        metadata={"description": "of a refused batch: what the gateway does"},
    )
    head = fields.Nested(HeadSchema)
    errors = fields.Dict(keys=fields.String())


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


class ForbidSchema(Schema):
    """What forbids a unit's use now."""

    rule = fields.String(attribute="step", required=True)
    reason = fields.String(required=True)


class DiscrepancySchema(Schema):
    """What a person should look at."""

    rule = fields.String(required=True)
    subject = fields.String(required=True)
    time = Instant(attribute="time_ms", required=True)
    text = fields.String(required=True)


class AsOfSchema(Schema):
    """For which instant and which size of the log an answer holds."""

    as_of = Instant(attribute="now_ms", required=True)
    log_size = fields.Integer(required=True)


class UnitSchema(AsOfSchema):
    """One unit: what it is, where it stands, where it was."""

    summary = fields.Nested(SummarySchema, required=True)
    din = fields.String(required=True)
    check = fields.String(required=True, metadata={"description": "ISO 7064 check character of the donation number"})
    volume_ml = fields.Integer(required=True, allow_none=True)
    container = fields.String(required=True, allow_none=True)
    collected = Instant(attribute="collected_ms", required=True, allow_none=True)
    stays = fields.List(fields.Nested(StaySchema), required=True)
    holdings = fields.List(fields.Nested(HoldingSchema), required=True)
    forbids = fields.List(fields.Nested(ForbidSchema), required=True)
    discrepancies = fields.List(fields.Nested(DiscrepancySchema), required=True)


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


class HistorySchema(AsOfSchema):
    """A unit's events, newest first, without temperature segments."""

    unit = fields.String(attribute="summary.unit", required=True)
    events = fields.List(fields.Nested(EventSchema), attribute="history", required=True)


class DisclosedSchema(Schema):
    """A value that an event withholds from the log, opened."""

    stream = fields.String(required=True)
    seq = fields.Integer(required=True)
    kind = fields.String(required=True)
    time = Instant(attribute="time_ms", required=True)
    commitment = fields.String(required=True)
    value = fields.String(required=True)


class WithheldSchema(Schema):
    """What a unit's events withhold, as far as the asking user may open it."""

    unit = fields.String(required=True)
    values = fields.List(fields.Nested(DisclosedSchema), required=True)


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


class EdgeSchema(Schema):
    """`parent` became `child`."""

    parent = fields.String(required=True)
    child = fields.String(required=True)
    kind = fields.String(required=True)
    time = Instant(attribute="time_ms", required=True)


class LineageSchema(AsOfSchema):
    """What a unit was made of and what became of it; `units` are those that the asking user may see."""

    unit = fields.String(required=True)
    edges = fields.List(fields.Nested(EdgeSchema), required=True)
    units = fields.List(fields.Nested(SummarySchema), required=True)


class TouchedSchema(AsOfSchema):
    """What a lot, a machine, a bag or a sample touched; `direct` are the units that it went into."""

    subject = fields.String(required=True)
    direct = fields.List(fields.String(), required=True)
    units = fields.List(fields.Nested(SummarySchema), required=True)
    events = fields.List(fields.Nested(EventSchema), required=True)


class InventorySchema(AsOfSchema):
    """Units that the asking user may see, latest change first."""

    units = fields.List(fields.Nested(SummarySchema), required=True)


class StockQuerySchema(Schema):
    """Of whom, by which columns, and of which instant."""

    by = fields.String(
        load_default="component,abo,rhd,state",
        validate=validate.Length(max=100),
        metadata={"description": "some of component, abo, rhd, place, holder, state, expires, with commas between"},
    )
    holder = fields.String(load_default=None, validate=validate.Length(max=80))
    at = fields.String(load_default=None, metadata={"description": "a past instant, as it happened"})
    known = fields.String(load_default=None, metadata={"description": "a past instant, as it was known then"})


class StockLineSchema(Schema):
    """Bags that are alike in every column that was asked for."""

    key = fields.List(fields.String(allow_none=True), required=True)
    bags = fields.Integer(required=True)
    amounts = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "U in hundredths, mL, dose"},
    )
    unmeasured = fields.Integer(required=True)
    earliest = Instant(attribute="earliest_ms", required=True, allow_none=True)


class StockSchema(Schema):
    """A counted stock: the instant for which it holds, and on what it rests."""

    at = Instant(attribute="at_ms", required=True)
    basis = fields.String(required=True, validate=validate.OneOf(["as it happened", "as it was known"]))
    log_size = fields.Integer(required=True)
    by = fields.List(fields.String(), required=True)
    lines = fields.List(fields.Nested(StockLineSchema), required=True)


class ReportedSchema(Schema):
    """Where a report stands in the log; `repeated` where the same had been recorded before."""

    kind = fields.String(required=True)
    time = fields.String(required=True)
    stream = fields.String(required=True)
    seq = fields.Integer(required=True)
    log_index = fields.Integer(required=True)
    repeated = fields.Boolean(required=True)


class SaidEventSchema(Schema):
    """An event that a request made, with its place in the log."""

    kind = fields.String(required=True)
    time = fields.String(required=True)
    stream = fields.String(required=True)
    seq = fields.Integer(required=True)
    log_index = fields.Integer(required=True)
    event = EventFields(required=True)


class RecordedSchema(Schema):
    """What a request recorded; `repeated` where the same request had been recorded before."""

    repeated = fields.Boolean(required=True)
    events = fields.List(fields.Nested(SaidEventSchema), required=True)


class BatchReleaseSchema(RecordedSchema):
    """How the units of a batch stand, and the rule that is against its release; empty: none is."""

    fit = fields.List(fields.String(), required=True)
    unfit = fields.List(fields.String(), required=True)
    undecided = fields.List(fields.String(), required=True)
    unaccounted = fields.List(fields.String(), required=True)
    refusal = fields.String(required=True)


class DifferenceSchema(Schema):
    """A sweep against what was expected: units, but for `unidentified`, which is what was read and leads to none."""

    found = fields.List(fields.String(), required=True)
    missing = fields.List(fields.String(), required=True)
    surplus = fields.List(fields.String(), required=True)
    unidentified = fields.List(fields.String(), attribute="unknown", required=True)
    agrees = fields.Boolean(required=True)


class HandedOverSchema(RecordedSchema):
    """A hand-over for disposal."""

    comparison = fields.Nested(DifferenceSchema, required=True)


class EnteredRowSchema(Schema):
    """A step of a paper record."""

    row = fields.Integer(required=True)
    kind = fields.String(required=True)
    time = fields.String(required=True)


class EnteredSchema(RecordedSchema):
    """Paper records: their rows, and the events that they became."""

    rows = fields.List(fields.Nested(EnteredRowSchema), required=True)


class ReceiptQuerySchema(Schema):
    """Where readers and scanners are listened to, and from when on."""

    place = fields.String(load_default=None, validate=validate.Length(max=300))
    since = fields.String(load_default=None, metadata={"description": "an instant; since the dispatch if not given"})


class ReceiptLineSchema(Schema):
    """One unit of a dispatch note: what its receipt said, `accepted`, `held`, `refused`, or null: still to come."""

    unit = fields.String(required=True)
    outcome = fields.String(required=True, allow_none=True)


class ComparisonSchema(Schema):
    """A manifest against what was found: units, but for `unknown`, which is what was read and leads to none."""

    found = fields.List(fields.String(), required=True)
    missing = fields.List(fields.String(), required=True)
    extra = fields.List(fields.String(), required=True)
    unidentified = fields.List(fields.String(), attribute="unknown", data_key="unknown", required=True)
    duplicate = fields.List(fields.String(), required=True)
    wrong_group = fields.List(fields.String(), required=True)
    differing = fields.List(fields.String(), required=True)
    agrees = fields.Boolean(required=True)


class HoldSchema(Schema):
    """Why a whole consignment is held back: `temperature` of a unit, `box-time` of a box, `transit-time` of all."""

    cause = fields.String(required=True)
    subject = fields.String(required=True)
    minutes = fields.Integer(required=True)
    limit = fields.Integer(required=True, allow_none=True)


class ReceiptSchema(Schema):
    """A consignment where it is received."""

    note = fields.String(required=True)
    to = fields.String(required=True)
    sent = Instant(attribute="sent_ms", required=True)
    place = fields.String(required=True, allow_none=True)
    since = Instant(attribute="since_ms", required=True)
    as_of = Instant(attribute="now_ms", required=True)
    units = fields.List(fields.Nested(ReceiptLineSchema), attribute="lines", required=True)
    comparison = fields.Nested(ComparisonSchema, required=True)
    holds = fields.List(fields.Nested(HoldSchema), required=True)
    outstanding = fields.List(fields.String(), required=True)
    proposed = fields.List(fields.String(), required=True)


class OrdersQuerySchema(Schema):
    """Which orders to list."""

    all = fields.Boolean(load_default=False, metadata={"description": "filled and cancelled ones, too"})


class OrderLineSchema(Schema):
    """One line of an order, and how far it is filled; amounts in hundredths of a U, millilitres or doses."""

    component = fields.String(attribute="line.component", required=True)
    abo = fields.String(attribute="line.abo", required=True)
    rhd = fields.String(attribute="line.rhd", required=True)
    amount = fields.Integer(attribute="line.amount", required=True)
    measure = fields.String(attribute="line.measure", required=True)
    bags = fields.Integer(required=True)
    allocated = fields.Integer(required=True)
    sent = fields.Integer(required=True)
    open = fields.Integer(attribute="open_amount", required=True)


class ListedBagSchema(Schema):
    """A bag on the pick list of an order."""

    unit = fields.String(required=True)
    line = fields.Integer(required=True)
    checked = fields.Boolean(attribute="is_checked", required=True)


class OrderSchema(Schema):
    """A hospital's order as it stands."""

    order = fields.String(required=True)
    organisation = fields.String(attribute="placed.organisation", required=True)
    to = fields.String(attribute="placed.to", required=True)
    placed = fields.String(attribute="placed.time", required=True)
    wanted_by = fields.String(attribute="placed.wanted_by", required=True)
    urgency = fields.String(attribute="placed.urgency", required=True)
    state = fields.String(required=True)
    lines = fields.List(fields.Nested(OrderLineSchema), attribute="filled", required=True)
    pick_list = fields.List(fields.Nested(ListedBagSchema), attribute="to_pick", required=True)
    dispatch_notes = fields.List(fields.String(), attribute="notes", required=True)


class ProposedBagSchema(Schema):
    """A bag that is proposed, or would have been."""

    unit = fields.String(required=True)
    abo = fields.String(required=True, allow_none=True)
    rhd = fields.String(required=True, allow_none=True)
    place = fields.String(required=True, allow_none=True)
    amount = fields.Integer(required=True, allow_none=True)
    expires = Instant(attribute="expires_ms", required=True, allow_none=True)


class ProposedSchema(Schema):
    """What is proposed for one line, and how much of it is missing then."""

    line = fields.Integer(attribute="number", required=True)
    bags = fields.List(fields.Nested(ProposedBagSchema), required=True)
    short = fields.Integer(required=True)


class PassedOverSchema(Schema):
    """A bag that would have come first, and why it may not be taken."""

    unit = fields.Function(lambda pair: pair[0].unit, required=True, metadata={"type": "string"})
    rule = fields.Function(lambda pair: pair[1].rule, required=True, metadata={"type": "string"})
    reason = fields.Function(lambda pair: pair[1].reason, required=True, metadata={"type": "string"})


class ProposalSchema(Schema):
    """What could be allocated to an order."""

    lines = fields.List(fields.Nested(ProposedSchema), required=True)
    passed_over = fields.List(fields.Nested(PassedOverSchema), required=True)


class OrdersSchema(Schema):
    """Some orders."""

    as_of = Instant(attribute="now_ms", required=True)
    orders = fields.List(fields.Nested(OrderSchema), required=True)


class AcceptedSchema(Schema):
    """A passport of another site's log that was accepted."""

    verdict = fields.String(attribute="found.verdict", required=True, validate=validate.OneOf(["valid", "warnings"]))
    origin = fields.String(attribute="found.origin", required=True)
    log_size = fields.Integer(attribute="found.log_size", required=True)
    sha256 = fields.String(required=True, metadata={"description": "base64 SHA-256 of its bytes"})
    units = fields.List(fields.String(), required=True)


class NotePassportQuerySchema(Schema):
    """In which form to answer."""

    format = fields.String(load_default="json", validate=validate.OneOf(("json", "html")))


class PassportQuerySchema(NotePassportQuerySchema):
    """In which form to answer, and how much to carry."""

    full = fields.Boolean(
        load_default=False,
        metadata={"description": "carry every temperature segment that the exposure statement rests on"},
    )


class InventoryQuerySchema(Schema):
    """Which units to list."""

    state = fields.String(load_default=None, validate=validate.Regexp(r"[a-z_]{1,40}\Z"))
    component = fields.String(load_default=None, validate=validate.Regexp(r"[A-Z][A-Z0-9_]{0,39}\Z"))
    abo = fields.String(load_default=None, validate=validate.OneOf(["A", "B", "AB", "O"]))
    rhd = fields.String(load_default=None, validate=validate.OneOf(["positive", "negative"]))
    place = fields.String(load_default=None, validate=validate.Regexp(r"(place|box):[A-Za-z0-9._/-]{1,260}\Z"))
    holder = fields.String(load_default=None, validate=validate.Regexp(r"(org:[A-Za-z0-9._-]{1,64}|transit)\Z"))
    limit = fields.Integer(load_default=100, strict=False, validate=validate.Range(min=1, max=500))


class ReplayQuerySchema(Schema):
    """From where on to answer."""

    start = fields.Integer(load_default=0, strict=False, validate=validate.Range(min=0, max=2**53 - 1))


class MapQuerySchema(Schema):
    """As of which root's log size; the newest if none is named."""

    as_of_size = fields.Integer(load_default=2**53 - 1, strict=False, validate=validate.Range(min=0, max=2**53 - 1))


class BucketQuerySchema(MapQuerySchema):
    """Which bucket."""

    bucket = fields.Integer(load_default=0, strict=False, validate=validate.Range(min=0, max=65_535))


class RootSchema(Schema):
    """A root of the unit map, and the auditors who cosigned it."""

    as_of_size = fields.Integer(required=True)
    root = fields.String(required=True, metadata={"description": "base64"})
    auditors = fields.List(fields.String(), required=True)


class RootsSchema(Schema):
    """The latest roots of the unit map, newest first."""

    roots = fields.List(fields.Nested(RootSchema), required=True)


class MapEntrySchema(Schema):
    """An entry of the unit map."""

    path = fields.String(required=True, metadata={"description": "base64 of the SHA-256 of the subject"})
    count = fields.Integer(required=True)
    head = fields.String(required=True, metadata={"description": "base64"})


class BucketSchema(Schema):
    """A bucket's entries in the order of their paths."""

    entries = fields.List(fields.Nested(MapEntrySchema), required=True)


class KeptSchema(Schema):
    """Of which root a cosignature was kept."""

    as_of_size = fields.Integer(required=True)
