"""`/healthz`, `/readyz`, `/metrics`: for those who run the site. The first two reveal nothing about what it holds."""

import os

from flask import Blueprint, Response

from ledger.api.guard import bearer, is_local, refuse, unauthorised
from ledger.api.metrics import CONTENT_TYPE
from ledger.api.problems import problem
from ledger.api.services import services
from ledger.append import Rejected
from ledger.read import cosigned

METRICS = "metrics.read"
MIN_FREE_BYTES = 16 * 1024 * 1024

blueprint = Blueprint("operations", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
def readyz() -> Response:
    """The writer answers, its disk takes writes, and a checkpoint is signed; or 503 and which of them fails."""
    failing = _failing()
    if failing is not None:
        return problem(503, f"not ready: {failing}", headers={"Retry-After": "5"})
    return Response("ready\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics: to this machine, or to a token with the permission `metrics.read`."""
    if not is_local():
        user = bearer()
        if user is None:
            return unauthorised()
        if not user.may(METRICS):
            refuse(user, METRICS)
            return problem(403, f"expected a role with the permission {METRICS}")
    with services().reading() as reader:
        latest = reader.checkpoint()
        size = reader.log_size()
        witnessed = cosigned.latest_witnessed(reader)
    shared = services()
    standings = () if shared.cosigning is None else shared.cosigning.standings
    shared.metrics.set_trust(
        witnessed_size=0 if witnessed is None else witnessed[0],
        witnesses_failing=sum(1 for each in standings if each.problem),
        standstill=shared.ledger.standstill is not None,
    )
    text = services().metrics.exposition(log_size=size, checkpoint_size=0 if latest is None else latest[0])
    return Response(text, content_type=CONTENT_TYPE)


def _failing() -> str | None:
    shared = services()
    disk = os.statvfs(shared.site.directory)
    if disk.f_flag & os.ST_RDONLY or disk.f_bavail * disk.f_frsize < MIN_FREE_BYTES:
        return "storage"
    try:
        # The writer's own thread answers this; it writes nothing where the log did not grow.
        return None if shared.ledger.sign_checkpoint() else "checkpoint"
    except Rejected as rejected:
        return f"history: {rejected.reason}" if rejected.step == "history" else rejected.step
