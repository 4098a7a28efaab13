"""`GET /v1/log/keys`: which key of the log handed over to which, for gateways that follow."""

import msgspec
from flask import Response

from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.services import services
from ledger.read.keys import handovers

_HANDOVERS = {
    "type": "object",
    "required": ["handovers"],
    "properties": {"handovers": {"type": "array", "items": {"type": "string"}}},
}

blueprint = described_blueprint("logkeys", __name__, description="Which key of the log follows which")


@described(blueprint, "/v1/log/keys", Answer(_HANDOVERS, "Hand-overs as C2SP signed notes"), Asked(signed=True))
def of_log() -> Response:
    """Each hand-over from a key of checkpoints or receipts to the next, as both keys signed it, in log order."""
    with services().reading() as reader:
        told = [raw.decode() for raw in handovers(reader, origin=services().site.origin)]
    body = msgspec.json.encode({"handovers": told})
    return Response(body, content_type="application/json", headers={"Cache-Control": "no-store"})
