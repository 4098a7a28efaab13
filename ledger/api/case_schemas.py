"""How the API and `xuemai recall show` spell cases of recall and lookback."""

from typing import Any

import msgspec
from marshmallow import Schema, fields

from ledger.api.lookback_schemas import FoundSchema
from ledger.api.schemas import Instant, ObservedSchema


class ToldSchema(Schema):
    """A notice to a consignee."""

    organisation = fields.String(attribute="notice.organisation", required=True)
    units = fields.Function(lambda told: sorted(told.notice.units), required=True)
    sent = Instant(attribute="notice.sent_ms", required=True)
    acknowledged = Instant(attribute="notice.acknowledged_ms", required=True, allow_none=True)
    due = fields.Date(attribute="due.due", required=True)
    days_late = fields.Integer(attribute="due.days_late", required=True)


class LeftSchema(Schema):
    """What is still to be done in a case."""

    units = fields.List(fields.String(), required=True)
    untold = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
    unanswered = fields.List(fields.String(), required=True)


class ListedCaseSchema(Schema):
    """A case: its opening and its end as their events say them, what it touches, and what is still to be done."""

    case = fields.String(attribute="case.opened.case", required=True)
    opened = fields.Function(lambda page: _fields(page.case.opened), required=True)
    closed = fields.Function(lambda page: _fields(page.case.closed), required=True)
    due = fields.Date(attribute="due.due", required=True)
    days_late = fields.Integer(attribute="due.days_late", required=True)
    withdrawn = fields.Function(lambda page: sorted(page.case.withdrawn), required=True)
    left = fields.Nested(LeftSchema, required=True)
    notices = fields.List(fields.Nested(ToldSchema), attribute="told", required=True)
    affected = fields.Nested(FoundSchema, attribute="found", required=True, allow_none=True)
    as_of = Instant(attribute="now_ms", required=True)
    log_size = fields.Integer(required=True)


class CaseSchema(ObservedSchema, ListedCaseSchema):
    """The same as an answer of its own."""


class NoticePageSchema(Schema):
    """What an organisation was told in a case."""

    case = fields.String(attribute="opened.case", required=True)
    sort = fields.String(attribute="opened.sort", required=True)
    reason = fields.String(attribute="opened.reason", required=True)
    by = fields.String(attribute="opened.organisation", required=True)
    closed = fields.Boolean(attribute="is_closed", required=True)
    notice = fields.Nested(ToldSchema, attribute="told", required=True)
    as_of = Instant(attribute="now_ms", required=True)
    log_size = fields.Integer(required=True)


class CasesSchema(ObservedSchema):
    """The cases that one leads, and what one was told in others'."""

    cases = fields.List(fields.Nested(ListedCaseSchema), required=True)
    notices = fields.List(fields.Nested(NoticePageSchema), required=True)


def _fields(event: object) -> Any:
    return None if event is None else msgspec.to_builtins(event)
