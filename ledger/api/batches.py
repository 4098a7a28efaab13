"""`POST /v1/batches`: a batch comes in, its receipt goes out.

The hot path: no schema library, the bytes go to the writer as they came. The batch's signature is its credential, so
that there is neither token nor cookie. What refuses a batch, and what the gateway does then, is docs/format.md §5.
`xuemai serve` takes batches that wait at once another way, with the same answers: `intake`.
"""

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from ledger.api import intake
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.edge import MAX_INGEST_BYTES
from ledger.api.held import held_by_the_asking
from ledger.api.problems import problem
from ledger.api.services import services
from ledger.append import Rejected

_BODY = {
    "required": True,
    "description": 'NDJSON: `{"note": …}`, then each event\'s bytes on a line; a batch of at most 1 MiB.',
    "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
}
_RECEIPT = Answer({"type": "string"}, "The receipt, a C2SP signed note", content_type="text/plain")

blueprint = described_blueprint("batches", __name__, description="Events from gateways")


@described(blueprint, intake.BATCHES_PATH, _RECEIPT, Asked(method="POST", body=_BODY, signed=True))
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
        return _response(intake.refusal_of(rejected))
    counted.count_batch("accepted")
    return _response(intake.receipt_of(receipt))


def _response(answer: intake.Answer) -> Response:
    response = Response(answer.body, status=answer.status, content_type=answer.content_type)
    response.headers.update(answer.headers)
    return response


def _too_large() -> Response:
    more = {"step": "size", "retry": "stop"}
    detail = f"expected at most {MAX_INGEST_BYTES} bytes; nothing was read"
    return problem(413, detail, kind="urn:xuemai:refused:size", more=more)
