"""Whether agitators (振荡) run, as persons say: the list, and the form that says it anew."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.acts.monitoring import SAYS, Says
from ledger.core.errors import FormatError, Refused
from ledger.read.monitored import agitator_words
from web.actions.site import report_agitation
from web.blueprint import pages
from web.context import asking, shared, speech
from web.monitored import monitored


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
        return _page(Refused("fields", str(error))), 422
    word: Says | None = next((each for each in SAYS if each == says), None)
    refused = (
        Refused("fields", f"says: expected one of {', '.join(SAYS)}, came {says!r}")
        if word is None
        else report_agitation(word, place, time=time)
    )
    if refused is not None:
        return _page(refused), 422
    return redirect(url_for("pages.agitation"), 303)


def _page(refused: Refused | None) -> str:
    with shared().reading() as reader:
        places, told = reader.places, agitator_words(reader, asking().organisation)
    return render_template(
        "agitation.html",
        told=told,
        names=places,
        places=monitored(places, of=asking().organisation),
        typed=request.form,
        refused=refused,
    )
