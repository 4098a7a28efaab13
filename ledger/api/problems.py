"""Every error as `application/problem+json` (RFC 9457), with an id by which the server's log finds it again."""

import json
import secrets
import traceback
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from flask import Response, g, request
from marshmallow import Schema, fields, validate
from werkzeug.exceptions import HTTPException, InternalServerError

CONTENT_TYPE = "application/problem+json"
_log = structlog.get_logger("ledger.api")
_KEPT_HEADERS = frozenset({"Allow", "Retry-After", "WWW-Authenticate"})


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


def problem(
    status: int,
    detail: str,
    *,
    kind: str = "about:blank",
    more: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error as its response.

    Args:
        status: the HTTP status.
        detail: what was expected, what came, what to do.
        kind: a URN of the sort of problem.
        more: further members of the object.
        headers: further headers.
    """
    body = body_of(status, detail, kind=kind, more=more or {}, instance=g.get("instance"))
    response = Response(body, status=status, content_type=CONTENT_TYPE)
    response.headers.update(headers or {})
    response.headers["Cache-Control"] = "no-store"
    return response


def body_of(status: int, detail: str, *, kind: str, more: Mapping[str, object], instance: str | None = None) -> bytes:
    """An error's bytes, with the id under which the log has it, or a new one."""
    body = {
        "type": kind,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance or _instance(),
        **more,
    }
    # ASCII escapes: a lone surrogate in what came must not make the answer fail.
    return json.dumps(body).encode()


def problem_of(error: HTTPException) -> Response:
    """What werkzeug, Flask or webargs refused; keeps `Allow` with a 405."""
    status = error.code or 500
    if isinstance(error, InternalServerError):
        return problem(500, "something went wrong here; the server's log has it under this instance's id")
    more = {"errors": messages} if (messages := getattr(error, "data", {}).get("messages")) else None
    headers = {name: value for name, value in error.get_headers() if name in _KEPT_HEADERS}
    return problem(status, error.description or HTTPStatus(status).phrase, more=more, headers=headers)


def log_failure(error: BaseException) -> None:
    """Log what failed under an id, which the answer then carries.

    The traceback is text: structlog's own would show local variables, passwords and event bodies among them.
    """
    g.instance = _instance()
    trace = "".join(traceback.format_exception(error))
    _log.error("request failed", instance=g.instance, method=request.method, endpoint=request.endpoint, trace=trace)


def _instance() -> str:
    return f"urn:xuemai:error:{secrets.token_hex(8)}"
