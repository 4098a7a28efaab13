"""Whether agitators (振荡) run, as persons say: the list, and the form that says it anew."""

from typing import Final

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core import kinds
from ledger.core.errors import FormatError, Refused
from web.actions.site import report_agitation
from web.blueprint import pages
from web.context import asking, shared, speech
from web.monitored import monitored

_SAYS: Final[dict[str, type[kinds.AgitationStopped | kinds.AgitationResumed]]] = {
    "stopped": kinds.AgitationStopped,
    "resumed": kinds.AgitationResumed,
}


@pages.get("/agitation")
def agitation() -> str:
    """What was said of each place's agitation, the newest first."""
    return _page(None)


@pages.post("/agitation")
def say_of_agitation() -> Response | tuple[str, int]:
    """Say that the agitation of a place stands, or runs again, since now or since an earlier time."""
    place, says, typed = (request.form.get(name, "").strip() for name in ("place", "says", "time"))
    try:
        time = speech().instant_of(typed) if typed else None
    except FormatError as error:
        return _page(Refused("field", str(error))), 422
    kind = _SAYS.get(says)
    refused = (
        Refused("field", f"says: expected one of {', '.join(_SAYS)}, came {says!r}")
        if kind is None
        else report_agitation(kind, place, time=time)
    )
    if refused is not None:
        return _page(refused), 422
    return redirect(url_for("pages.agitation"), 303)


def _page(refused: Refused | None) -> str:
    with shared().reading() as reader:
        places, said = reader.places, reader.agitation_said
    told = [(each.since_ms, place, each.runs) for place, words in said.items() for each in words]
    return render_template(
        "agitation.html",
        told=sorted(told, key=lambda each: (-each[0], each[1])),
        names=places,
        places=monitored(places, of=asking().organisation),
        typed=request.form,
        refused=refused,
    )
