"""`GET /v1/erasures/<gateway>`: what of its events a gateway still has to erase, signed with the receipt key."""

import re

from flask import Response, abort

from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.services import services
from ledger.core.ids import NAME_PATTERN

_NAME = re.compile(rf"{NAME_PATTERN}\Z")
_LIST = Answer({"type": "string"}, "The list, a C2SP signed note", content_type="text/plain")

blueprint = described_blueprint("erasures", __name__, description="What gateways still have to erase")


@described(blueprint, "/v1/erasures/<gateway>", _LIST, Asked(signed=True))
def of_gateway(gateway: str) -> Response:
    """The list; empty for a gateway that has nothing to erase, or that nobody knows."""
    if not _NAME.match(gateway):
        abort(404, "expected a gateway's name")
    with services().reading() as reader:
        listed = reader.unconfirmed_erasures(gateway)
    signed = services().ledger.sign_erasures(gateway, listed)
    return Response(signed, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
