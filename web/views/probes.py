"""Where probes hang, as persons say: the list, and the form that says it anew."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core.errors import FormatError, Refused
from ledger.read.calibrations import calibrations
from ledger.read.monitored import probe_words
from web.actions.site import place_probe
from web.blueprint import pages
from web.context import asking, now_ms, shared, speech
from web.monitored import monitored

_TAKEN_OUT = "out"


@pages.get("/probes")
def probes() -> str:
    """What was said of each probe, the newest first."""
    return _page(None)


@pages.post("/probes")
def say_where() -> Response | tuple[str, int]:
    """Say that a probe hangs in a place, or in none, since now or since an earlier time."""
    probe, place, typed = (request.form.get(name, "").strip() for name in ("probe", "place", "time"))
    try:
        time = speech().instant_of(typed) if typed else None
    except FormatError as error:
        return _page(Refused("fields", str(error))), 422
    refused = place_probe(probe, None if place == _TAKEN_OUT else place, time=time)
    if refused is not None:
        return _page(refused), 422
    return redirect(url_for("pages.probes"), 303)


def _page(refused: Refused | None) -> str:
    with shared().reading() as reader:
        places, told = reader.places, probe_words(reader, asking().organisation)
        calibrated = calibrations(reader, asking().organisation, now_ms=now_ms())
    return render_template(
        "probes.html",
        told=told,
        calibrated=calibrated,
        names=places,
        places=monitored(places, of=asking().organisation),
        taken_out=_TAKEN_OUT,
        typed=request.form,
        refused=refused,
    )
