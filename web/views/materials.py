"""The page of a lot, a machine, a bag or a sample: what it touched, and recalling all of that."""

from collections.abc import Sequence

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core.errors import Refused
from ledger.read.materials import Touched, subject_of, touched
from ledger.rules.lifecycle import ENDS
from web.actions.steps import record_step
from web.blueprint import pages
from web.context import asking, now_ms, scope, shared

_UNITS_AN_EVENT = 50
"""An event has at most 4096 bytes; a unit takes up to 40 of them."""


@pages.get("/materials/<path:subject>")
def material(subject: str) -> str:
    """What it touched."""
    return _page(_found(subject), None)


@pages.post("/materials/<path:subject>/recall")
def recall_material(subject: str) -> Response | tuple[str, int]:
    """Recall every unit that it touched and that still exists."""
    if not asking().may_assert("recalled"):
        abort(403)
    found = _found(subject)
    units = _recallable(found)
    about = {"reason": request.form.get("reason", "").strip()} | (
        {"lot": subject} if subject.startswith("lot:") else {}
    )
    drafts = [
        {"units": list(units[first : first + _UNITS_AN_EVENT]), **about}
        for first in range(0, len(units), _UNITS_AN_EVENT)
    ]
    refused = record_step("recalled", drafts, time=None, second_password="") if drafts else None
    if refused is not None:
        return _page(found, refused), 422
    return redirect(url_for("pages.material", subject=subject), 303)


def _found(subject: str) -> Touched:
    if subject_of(subject) != subject:
        abort(404)
    with shared().reading() as reader:
        found = touched(reader, subject, organisation=scope(), now_ms=now_ms())
    if found is None:
        abort(404)
    return found


def _recallable(found: Touched) -> Sequence[str]:
    """Those that a recall can still reach; the others' fates stand on the page."""
    return [each.unit for each in found.units if each.state not in {*ENDS, "recalled"}]


def _page(found: Touched, refused: Refused | None) -> str:
    recallable = len(_recallable(found)) if asking().may_assert("recalled") else 0
    return render_template(
        "material.html", found=found, recallable=recallable, refused=refused, reason=request.form.get("reason", "")
    )
