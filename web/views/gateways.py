"""Gateways: which keys speak for them, and the approval of a new one by a person who compared its fingerprint."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core import enrolment
from ledger.core.enrolment import Enrolment
from ledger.core.errors import Refused
from ledger.core.keys import grouped
from ledger.core.note import format_vkey
from ledger.read.keys import key_standings
from web.actions.keys import approve_key
from web.blueprint import pages
from web.context import now_ms, shared

AHEAD_MS = 30_000
"""An event cannot happen later than now: by so much, its producer's clock and this one's differ."""


@pages.get("/gateways")
def gateways() -> str:
    """Keys and streams."""
    return _page(None, None)


@pages.post("/gateways")
def approve_gateway() -> Response | tuple[str, int] | str:
    """Show the fingerprint of what was pasted; with `approve`, let the key in."""
    read = enrolment.read(request.form.get("enrolment", ""), origin=shared().site.origin)
    if isinstance(read, Refused):
        return _page(None, read), 422
    if request.form.get("approve") != "yes":
        return _page(read, None)
    refused = approve_key(read)
    if refused is not None:
        return _page(read, refused), 422
    return redirect(url_for("pages.gateways"), 303)


def _page(pending: Enrolment | None, refused: Refused | None) -> str:
    with shared().reading() as reader:
        standings = key_standings(reader)
        producers = reader.producers()
    site = shared().site
    return render_template(
        "gateways.html",
        origin=site.origin,
        site_name=site.name,
        receipt_key=format_vkey(site.verifier("receipt")),
        log_key=format_vkey(site.verifier("log")),
        url=request.url_root.rstrip("/"),
        keys=standings,
        producers=producers,
        now_ms=now_ms(),
        ahead_ms=AHEAD_MS,
        witnesses=_witnesses(),
        pending=pending,
        groups=grouped(pending.key).split() if pending else [],
        enrolment=request.form.get("enrolment", ""),
        refused=refused,
    )


def _witnesses() -> list[tuple[str, int, str]]:
    """Each outside witness: its name, the size that it cosigned last, and why it does not now; empty: it does."""
    cosigning = shared().cosigning
    return [(each.witness.name, each.cosigned, each.problem) for each in cosigning.standings] if cosigning else []
