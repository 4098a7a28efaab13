"""`/v1/units/<unit>/evidence`: the files that assessments of a unit rest on, and a copy of each, which is audited."""

from dataclasses import dataclass

from flask import Response, abort
from marshmallow import Schema, fields

from ledger.api.documents import Answer, described, described_blueprint
from ledger.api.guard import asking, no_such_unit, refuse
from ledger.api.saying import audited
from ledger.api.schemas import AsOfSchema, Instant
from ledger.api.services import services
from ledger.api.units import visible
from ledger.read import evidence
from ledger.read.evidence import Kept

files = described_blueprint("evidence", __name__, description="What assessments rest on")


class LoggedSchema(Schema):
    """What the readings of a file say of the unit, had it been beside the logger all the time; centi-degrees."""

    first = Instant(attribute="first_ms", required=True)
    last = Instant(attribute="last_ms", required=True)
    readings = fields.Integer(required=True)
    lowest_centi_celsius = fields.Integer(attribute="lowest_centi", required=True)
    highest_centi_celsius = fields.Integer(attribute="highest_centi", required=True)
    phase = fields.String(required=True, allow_none=True)
    out_ms = fields.Integer(required=True, allow_none=True)
    encoding = fields.String(
        required=True, metadata={"description": "as which it was read; gb18030 is assumed of what is not UTF-8"}
    )


class FileSchema(Schema):
    """A file beside an assessment, which its stream and number name; `told` null: no program can read it."""

    stream = fields.String(required=True)
    seq = fields.Integer(required=True)
    sha256 = fields.String(attribute="kept.sha256", required=True, metadata={"description": "in hex"})
    what = fields.String(attribute="kept.what", required=True)
    octets = fields.Integer(attribute="kept.octets", required=True)
    told = fields.Nested(LoggedSchema, attribute="kept.told", required=True, allow_none=True)


class FilesSchema(AsOfSchema):
    """The files beside a unit's assessments."""

    unit = fields.String(required=True)
    files = fields.List(fields.Nested(FileSchema), required=True)


@dataclass(frozen=True, slots=True)
class File:
    """A file beside an assessment."""

    stream: str
    seq: int
    kept: Kept


@dataclass(frozen=True, slots=True)
class Files:
    """The files beside a unit's assessments."""

    unit: str
    files: tuple[File, ...]
    now_ms: int
    log_size: int


@described(files, "/v1/units/<unit>/evidence", Answer(FilesSchema, "The files"))
def of_unit(unit: str) -> Files:
    """The files that assessments of a unit rest on, and what their readings say."""
    with visible(unit) as reader:
        page = reader.unit_page(unit, now_ms=services().clock.now_ms())
        if page is None:
            no_such_unit(unit)
        found = evidence.evidence_of(reader, page)
    told = (File(stream, seq, each) for (stream, seq), kept in found.items() for each in kept)
    return Files(unit, tuple(told), page.now_ms, page.log_size)


@described(
    files,
    "/v1/units/<unit>/evidence/<sha256>",
    Answer({"type": "string", "format": "binary"}, "The file", content_type="application/octet-stream"),
)
def copy(unit: str, sha256: str) -> Response:
    """A file, verbatim, by its SHA-256 in hex; the audit says who took it. Nobody here vouches what is in it."""
    with visible(unit) as reader:
        found = evidence.copy_of(reader, unit, sha256)
    if found is None:
        refuse(asking(), "unit.read", subject=unit[:80])
        abort(404, "no assessment of this unit names such a file that is still kept")
    audited("evidence_read", unit, sha256)
    response = Response(found.document, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
