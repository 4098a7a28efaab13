"""`POST /add-checkpoint`: a partner's log asks this site, as its witness, to cosign (c2sp.org/tlog-witness).

The log's signature is its credential, so that there is neither token nor cookie.
"""

from flask import Blueprint, Response, abort, request

from ledger.api.problems import problem
from ledger.api.services import services
from ledger.core.witness import Declined
from ledger.witness import WitnessStorageError

COSIGNATURE_TYPE = "text/plain; charset=utf-8"
SIZE_TYPE = "text/x.tlog.size"
"""Of a 409 whose body is the size that was cosigned last."""

_RETRY_AFTER_SECONDS = "1"

blueprint = Blueprint("witness", __name__)


@blueprint.post("/add-checkpoint")
def add_checkpoint() -> Response:
    """Cosign a checkpoint that continues what was cosigned last, or say why not."""
    witness = services().witness
    if witness is None:
        abort(404, "this site witnesses no log")
    try:
        answer = witness.add_checkpoint(request.get_data(cache=False), now_seconds=services().wall.now_ms() // 1000)
    except WitnessStorageError as error:
        return problem(503, str(error), headers={"Retry-After": _RETRY_AFTER_SECONDS})
    if isinstance(answer, Declined):
        return _declined(answer)
    return Response(answer, content_type=COSIGNATURE_TYPE)


def _declined(declined: Declined) -> Response:
    if declined.size is not None:
        return Response(f"{declined.size}\n", status=declined.status, content_type=SIZE_TYPE)
    return problem(declined.status, declined.reason)
