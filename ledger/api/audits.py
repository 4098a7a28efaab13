"""`/v1/log/batches`, `/v1/audits`, `/v1/map/…`: what an auditor of the unit map replays, and cosignatures handed in.

The bodies are told to auditors of the whole site alone. Whether a cosignature is one of a root of this log is decided
by the store; whom to believe, by those who verify passports.
"""

from typing import Annotated

import msgspec
from flask import Response, abort, request
from marshmallow import Schema, fields, validate

from ledger.api.asked import read_json
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking, refuse, scope
from ledger.api.problems import problem
from ledger.api.services import services
from ledger.append import Rejected
from ledger.core.errors import FormatError, Refused
from ledger.core.note import format_base64
from ledger.core.unitmap import BUCKETS
from ledger.read import mapping

MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""An answer holds whole batches until it is larger; at least one, if there is one."""

SHOWN_ROOTS = 100
BATCHES_TYPE = "application/x-ndjson"
_BODY = {
    "required": True,
    "description": '`{"as_of_size": …, "vkey": "…", "line": "…"}`: a `cosignature/v1` line over the root\'s note.',
    "content": {"application/json": {"schema": {"type": "object"}}},
}

blueprint = described_blueprint("audits", __name__, description="Auditors of the unit map")


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


class Cosignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an auditor hands in.

    Attributes:
        as_of_size: the root's log size.
        vkey: the auditor's verifier key.
        line: the signature line, ended by a newline.
    """

    as_of_size: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
    vkey: Annotated[str, msgspec.Meta(max_length=300)]
    line: Annotated[str, msgspec.Meta(max_length=600)]


@described(
    blueprint,
    "/v1/log/batches",
    Answer({"type": "string"}, "Batches in wire form, one after the other", content_type=BATCHES_TYPE),
    Asked(query=ReplayQuerySchema),
)
def replay(query: dict[str, int]) -> Response:
    """Whole batches with their events' bytes, from a log index on, below the latest checkpoint's size."""
    _require_whole_site()
    with services().reading() as reader:
        latest = reader.checkpoint()
        size = 0 if latest is None else latest[0]
        told = b"".join(mapping.wires(reader, query["start"], size, at_most=MAX_ANSWER_BYTES))
    return Response(told, content_type=BATCHES_TYPE)


@described(blueprint, "/v1/audits", Answer(RootsSchema, "The latest roots and who cosigned them"))
def roots() -> dict[str, object]:
    """The latest roots of the unit map, and the auditors who cosigned each."""
    with services().reading() as reader:
        found = mapping.roots(reader.connection, limit=SHOWN_ROOTS)
    return {"roots": [{"as_of_size": size, "root": root, "auditors": names} for size, root, names in found]}


@described(blueprint, "/v1/audits", Answer(KeptSchema, "It is kept"), Asked(method="POST", body=_BODY))
def cosign() -> dict[str, object] | Response:
    """Hand in an auditor's cosignature of a root; passports carry the latest of each auditor."""
    _require_whole_site()
    try:
        given = read_json(request.get_data(cache=False), Cosignature)
    except FormatError as error:
        return problem(400, f"expected as_of_size, vkey and line; {error}")
    try:
        refused = services().ledger.keep_audit(as_of_size=given.as_of_size, vkey=given.vkey, line=given.line)
    except Rejected as rejected:
        return problem(rejected.status, rejected.reason, more={"step": rejected.step}, headers={"Retry-After": "1"})
    if isinstance(refused, Refused):
        return problem(422, refused.reason, more={"step": refused.step})
    return {"as_of_size": given.as_of_size}


@described(
    blueprint,
    "/v1/map/buckets",
    Answer({"type": "string"}, "65,536 roots of 32 bytes", content_type="application/octet-stream"),
    Asked(query=MapQuerySchema),
)
def bucket_roots(query: dict[str, int]) -> Response:
    """The roots of the unit map's buckets as of a root's log size, so that a difference can be named."""
    _require_whole_site()
    with services().reading() as reader:
        dense = mapping.dense_as_of(reader.connection, query["as_of_size"])
    hashes = b"".join(dense.get(bucket) for bucket in range(BUCKETS))
    return Response(hashes, content_type="application/octet-stream")


@described(blueprint, "/v1/map/entries", Answer(BucketSchema, "The bucket's entries"), Asked(query=BucketQuerySchema))
def bucket(query: dict[str, int]) -> dict[str, object]:
    """The entries of one bucket as of a root's log size."""
    _require_whole_site()
    with services().reading() as reader:
        found = mapping.bucket_as_of(reader.connection, query["bucket"], query["as_of_size"])
    return {
        "entries": [
            {"path": format_base64(path), "count": listed.count, "head": format_base64(listed.head)}
            for path, listed in found
        ]
    }


def _require_whole_site() -> None:
    """Bodies of every organisation are told to somebody who is of none."""
    if scope() is not None:
        refuse(asking(), "log.replay")
        abort(403, "expected an auditor of the whole site, not of one organisation")
