"""Gateways: which keys speak for them, and the approval of a new one by a person who compared its fingerprint."""

import json

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.keys import check_possession, fingerprint
from ledger.core.note import format_vkey
from web.actions import approve_key
from web.blueprint import pages
from web.context import shared

_MAX_CHARACTERS = 4000
_FIELDS = ("gateway", "vkey", "key", "proof")


@pages.get("/gateways")
def gateways() -> str:
    """Keys and streams."""
    return _page({}, None)


@pages.post("/gateways")
def approve_gateway() -> Response | tuple[str, int] | str:
    """Show the fingerprint of what was pasted; with `approve`, let the key in."""
    read = _read(request.form.get("enrolment", ""))
    if isinstance(read, Refused):
        return _page({}, read), 422
    if request.form.get("approve") != "yes":
        return _page(read, None)
    refused = approve_key(vkey=read["vkey"], producer=read["gateway"], proof=read["proof"])
    if refused is not None:
        return _page(read, refused), 422
    return redirect(url_for("pages.gateways"), 303)


def _read(text: str) -> dict[str, str] | Refused:
    """The enrolment that `xuemai gateway enroll` printed, checked as far as it speaks for itself."""
    try:
        pasted = json.loads(text[:_MAX_CHARACTERS])
    except (ValueError, RecursionError):
        return Refused("enrolment", "expected the JSON text that `xuemai gateway enroll` printed")
    if not isinstance(pasted, dict) or any(not isinstance(pasted.get(name), str) for name in _FIELDS):
        return Refused("enrolment", f"expected an object with {', '.join(_FIELDS)}")
    read = {name: str(pasted[name]) for name in _FIELDS}
    if fingerprint(read["vkey"]) != read["key"]:
        return Refused("enrolment", f"expected key {fingerprint(read['vkey'])}; got {read['key']}")
    held = check_possession(origin=shared().site.origin, vkey=read["vkey"], proof=read["proof"])
    return held if isinstance(held, Refused) else read


def _page(pending: dict[str, str], refused: Refused | None) -> str:
    with shared().reading() as reader:
        entries = reader.history.of_stream("site")
        producers = reader.producers()
    events = [entry.recorded.event for entry in entries if entry.recorded is not None]
    revoked = {event.key for event in events if isinstance(event, kinds.KeyRevoked)}
    keys = [event for event in events if isinstance(event, kinds.KeyAdded | kinds.KeyRotated)]
    site = shared().site
    return render_template(
        "gateways.html",
        origin=site.origin,
        site_name=site.name,
        receipt_key=format_vkey(site.verifier("receipt")),
        log_key=format_vkey(site.verifier("log")),
        url=request.url_root.rstrip("/"),
        keys=keys,
        revoked=revoked,
        producers=producers,
        witnesses=_witnesses(),
        pending=pending,
        groups=[pending["key"][4 + at : 12 + at] for at in range(0, 64, 8)] if pending else [],
        enrolment=request.form.get("enrolment", ""),
        refused=refused,
    )


def _witnesses() -> list[tuple[str, int, str]]:
    """Each outside witness: its name, the size that it cosigned last, and why it does not now; empty: it does."""
    cosigning = shared().cosigning
    return [(each.witness.name, each.cosigned, each.problem) for each in cosigning.standings] if cosigning else []
