"""`/v1/cold-chain/judgement`: a temperature logger's file judged as `xuemai coldchain judge` does. Nothing is kept."""

from collections.abc import Mapping

from flask import request
from marshmallow import Schema, ValidationError, fields, validate

from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.saying import refuse
from ledger.api.services import services
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.exchange.judged import as_json
from ledger.read import logger_files
from ledger.read.logger_files import MOST_BEFORE, judge_file
from ledger.rules.dating import zone_of
from ledger.rules.pack import PHASES, Phase

logger_routes = described_blueprint("logger_files", __name__, description="Loggers' files")

_BODY = {
    "required": True,
    "description": "The file, as it is: CSV as docs/packs.md lists, at most 1 MiB. It is judged and not kept.",
    "content": {"text/csv": {"schema": {"type": "string"}}},
}
_STANDINGS = ("verified", "confirmed", "unverified")
_LONGEST_NAME = 64


def _require_zone(name: str) -> None:
    try:
        zone_of(name)
    except ConfigError as error:
        raise ValidationError(str(error)) from error


class JudgementQuerySchema(Schema):
    """As what the file is judged."""

    pack = fields.String(
        load_default=None,
        validate=validate.Length(max=_LONGEST_NAME),
        metadata={"description": "a pack at hand; the one in force if none is named"},
    )
    component = fields.String(required=True, validate=validate.Length(max=_LONGEST_NAME))
    phase = fields.String(required=True, validate=validate.OneOf(PHASES))
    before = fields.Integer(
        load_default=0,
        validate=validate.Range(0, MOST_BEFORE),
        metadata={"description": "accepted excursions, or spells out of control, that the unit had before"},
    )
    timezone = fields.String(
        load_default=None,
        validate=[validate.Length(max=_LONGEST_NAME), _require_zone],
        metadata={"description": "of times that name none, e.g. Asia/Shanghai; else the site's"},
    )


class ReturnSchema(Schema):
    """Whether the unit may come back into stock, by which rule of the pack (none: it is silent)."""

    decision = fields.String(required=True, validate=validate.OneOf(["yes", "no", "undecided"]))
    reason = fields.String(required=True)
    rule = fields.String(required=True, allow_none=True)
    figures = fields.String(required=True, allow_none=True, validate=validate.OneOf(_STANDINGS))


class JudgementSchema(Schema):
    """The verdict on a file: degrees Celsius and minutes, as `xuemai coldchain judge` prints it."""

    verdict = fields.String(required=True, validate=validate.OneOf(["ok", "out", "unknown"]))
    minutes_out = fields.Raw(required=True, metadata={"type": "number"})
    min = fields.Float(required=True, allow_none=True)
    max = fields.Float(required=True, allow_none=True)
    reason = fields.String(required=True)
    pack = fields.String(required=True)
    version = fields.String(required=True)
    component = fields.String(required=True)
    minutes = fields.Raw(required=True, metadata={"type": "number"})
    minutes_unknown = fields.Raw(required=True, metadata={"type": "number"})
    limits = fields.String(required=True, allow_none=True)
    figures = fields.String(required=True, allow_none=True, validate=validate.OneOf(_STANDINGS))
    quarantine = fields.Boolean(required=True)
    allowance = fields.String(required=True, allow_none=True)
    returning = fields.Nested(ReturnSchema, required=True, allow_none=True, attribute="return", data_key="return")
    encoding = fields.String(required=True)


@described(
    logger_routes,
    "/v1/cold-chain/judgement",
    Answer(JudgementSchema, "The verdict"),
    Asked(method="POST", query=JudgementQuerySchema, body=_BODY),
)
def judge(query: Mapping[str, object]) -> Mapping[str, object]:
    """Judge a temperature logger's file by a policy pack. Neither the file nor the verdict is kept."""
    octets = request.get_data(cache=False)
    asked = _asked(query, site_zone=services().site.timezone)
    with services().reading() as reader:
        try:
            judged = judge_file(reader, octets, asked)
        except ConfigError as error:
            refuse(Refused("logger.pack", str(error)))
        except FormatError as error:
            refuse(Refused("logger.file", str(error)))
    return as_json(judged.logged, judged.encoding)


def _asked(query: Mapping[str, object], *, site_zone: str) -> logger_files.Asked:
    pack, zone = query["pack"], query["timezone"]
    phase: Phase = next(each for each in PHASES if each == query["phase"])
    return logger_files.Asked(
        pack=None if pack is None else str(pack),
        component=str(query["component"]),
        phase=phase,
        before=int(str(query["before"])),
        zone=zone_of(site_zone if zone is None else str(zone)),
    )
