"""`/checkpoint` and `/tile/…`: what anyone may mirror and witness (c2sp.org/tlog-tiles). No event body is in it."""

import gzip

from flask import Blueprint, Response, abort, request

from ledger import publish
from ledger.api.held import held_by_the_asking
from ledger.api.problems import problem
from ledger.api.services import services
from ledger.append import Rejected
from ledger.core import tiles
from ledger.core.errors import FormatError
from ledger.read import cosigned

FOREVER = "public, max-age=31536000, immutable"
"""A full tile, or a partial one at its width, never changes."""

_RETRY_AFTER_SECONDS = "5"
BRIEFLY = "no-cache"
NOTE_TYPE = "text/plain; charset=utf-8"
TILE_TYPE = "application/octet-stream"

blueprint = Blueprint("log", __name__)


@blueprint.get("/checkpoint")
def checkpoint() -> Response:
    """The latest signed checkpoint with the cosignatures that it has by now.

    What the asking holds of this ledger is held against the log first.
    """
    try:
        services().ledger.confront(held_by_the_asking())
    except Rejected as rejected:
        more = {"step": rejected.step, "retry": rejected.retry}
        return problem(rejected.status, rejected.reason, more=more, headers={"Retry-After": _RETRY_AFTER_SECONDS})
    with services().reading() as reader:
        latest = cosigned.latest_published(reader)
    if latest is None:
        abort(404, "no checkpoint was signed yet")
    return _public(latest[1], content_type=NOTE_TYPE, caching=BRIEFLY)


@blueprint.get("/tile/<path:rest>")
def tile(rest: str) -> Response:
    """A tile, or a bundle of batch notes."""
    path = f"tile/{rest}"
    try:
        address = tiles.parse_path(path)
    except FormatError as error:
        abort(404, str(error))
    with services().reading() as reader:
        stored = publish.tile(reader.connection, path)
    if stored is None:
        abort(404, "expected an address within the latest checkpoint")
    if isinstance(address, tiles.Tile):
        return _public(stored, content_type=TILE_TYPE, caching=FOREVER)
    return _bundle(stored)


def _bundle(stored: bytes) -> Response:
    """A bundle, compressed for who can read that; a tile is hashes, which nothing makes smaller."""
    asked_for = request.accept_encodings["gzip"] > 0
    body = gzip.compress(stored, mtime=0) if asked_for else stored
    response = _public(body, content_type=TILE_TYPE, caching=FOREVER)
    # Kept for a year by caches between here and there, which must not give one form to who asked for the other.
    response.headers["Vary"] = "Accept-Encoding"
    if asked_for:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _public(body: bytes, *, content_type: str, caching: str) -> Response:
    response = Response(body, content_type=content_type)
    response.headers["Cache-Control"] = caching
    # Proofs are checked by programs and pages of other sites.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
