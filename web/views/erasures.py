"""Erasures: what was erased, and the form by which a quality officer and an administrator erase an event together."""

from typing import Literal

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core.errors import Refused
from ledger.read.erasures import erased_events
from web.actions.erasures import erase_event
from web.blueprint import pages
from web.context import printed_names, shared

_SHOWN = 200
_MAX_SEQ = 2**53 - 1


@pages.get("/erasures")
def erasures() -> str:
    """What was erased so far, and the form."""
    return _page(None)


@pages.post("/erasures")
def erase() -> Response | tuple[str, int]:
    """Erase an event, if both persons sign."""
    form = request.form
    seq = form.get("seq", "").strip()
    if not (seq.isascii() and seq.isdecimal() and len(seq) < 17 and 0 < int(seq) <= _MAX_SEQ):
        return _page(Refused("fields", "expected the event's number in its stream, from 1")), 422
    what: Literal["body", "value"] = "value" if form.get("what") == "value" else "body"
    refused = erase_event(
        form.get("stream", "").strip(),
        int(seq),
        what,
        reason=form.get("reason", "").strip(),
        password=form.get("password", ""),
        colleague=form.get("colleague", "").strip(),
        colleague_password=form.get("colleague_password", ""),
    )
    return redirect(url_for("pages.erasures"), 303) if refused is None else (_page(refused), 422)


def _page(refused: Refused | None) -> str:
    with shared().reading() as reader:
        told = erased_events(reader, limit=_SHOWN)
    return render_template(
        "erasures.html", told=told, refused=refused, typed=request.form or request.args, printed_names=printed_names()
    )
