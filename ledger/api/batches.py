"""`POST /v1/batches`: a batch comes in, its receipt goes out.

The hot path: no schema library, the bytes go to the writer as they came. The batch's signature is its credential, so
that there is neither token nor cookie. What refuses a batch, and what the gateway does then, is docs/format.md §5.
"""

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.edge import MAX_INGEST_BYTES
from ledger.api.held import held_by_the_asking
from ledger.api.problems import problem
from ledger.api.services import services
from ledger.append import Rejected
from ledger.core.note import format_base64

RECEIPT_TYPE = "text/plain; charset=utf-8"
_RETRY_AFTER_SECONDS = "1"
_BODY = {
    "required": True,
    "description": 'NDJSON: `{"note": …}`, then each event\'s bytes on a line; a batch of at most 1 MiB.',
    "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
}
_RECEIPT = Answer({"type": "string"}, "The receipt, a C2SP signed note", content_type="text/plain")

blueprint = described_blueprint("batches", __name__, description="Events from gateways")


@described(blueprint, "/v1/batches", _RECEIPT, Asked(method="POST", body=_BODY, signed=True))
def accept() -> Response:
    """Store a signed batch of events durably and answer with its receipt; sent again it gets the same one."""
    counted = services().metrics
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return problem(415, "expected a body without content encoding", more={"step": "envelope", "retry": "stop"})
    try:
        wire = request.get_data(cache=False)
        services().ledger.confront(held_by_the_asking())
        receipt = services().ledger.append_batch(wire)
    except RequestEntityTooLarge:
        counted.count_batch("size")
        return _too_large()
    except Rejected as rejected:
        counted.count_batch(rejected.step)
        return _rejected(rejected)
    counted.count_batch("accepted")
    return Response(receipt, content_type=RECEIPT_TYPE)


def _rejected(rejected: Rejected) -> Response:
    more: dict[str, object] = {"step": rejected.step, "retry": rejected.retry}
    if rejected.head is not None:
        head = rejected.head
        more["head"] = {
            "stream": head.stream,
            "last_seq": head.last_seq,
            "previous": format_base64(head.previous),
        }
    wait = {"Retry-After": _RETRY_AFTER_SECONDS} if rejected.status in {503, 507} else {}
    kind = f"urn:xuemai:refused:{rejected.step}"
    return problem(rejected.status, rejected.reason, kind=kind, more=more, headers=wait)


def _too_large() -> Response:
    more = {"step": "size", "retry": "stop"}
    detail = f"expected at most {MAX_INGEST_BYTES} bytes; nothing was read"
    return problem(413, detail, kind="urn:xuemai:refused:size", more=more)
