"""Organisations, places and boxes: the register that everything else points to."""

from collections.abc import Callable, Mapping

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core.errors import Refused
from web.actions.site import add_organisation as declare_organisation
from web.actions.site import add_place as declare_place
from web.blueprint import pages
from web.context import shared, speech

ROLES = ("blood_centre", "hospital", "courier", "authority")
PHASES = ("store", "transport", "uncontrolled", "ward")
USES = ("isolation", "disposal", "exit")


@pages.get("/places")
def places() -> str:
    """The register."""
    return _page(None)


@pages.post("/places/organisations")
def add_organisation() -> Response | tuple[str, int]:
    """Register an organisation."""
    return _add(declare_organisation, ("organisation", "role", "name_zh", "name_en"))


@pages.post("/places")
def add_place() -> Response | tuple[str, int]:
    """Register a place, or a box."""
    return _add(declare_place, ("place", "organisation", "phase", "name_zh", "name_en", "use"))


def _add(
    declare: Callable[[Mapping[str, object]], Refused | None], names: tuple[str, ...]
) -> Response | tuple[str, int]:
    fields: dict[str, object] = {name: text for name in names if (text := request.form.get(name, "").strip())}
    refused = declare(fields)
    if refused is not None:
        return _page(refused), 422
    return redirect(url_for("pages.places"), 303)


def _page(refused: Refused | None) -> str:
    with shared().reading() as reader:
        organisations, registered = reader.organisations, reader.places
    return render_template(
        "places.html",
        organisations=sorted(organisations.values(), key=lambda each: each.id),
        places=sorted(registered.values(), key=lambda each: (each.organisation, each.id)),
        roles=ROLES,
        organisation_names={name: speech().name(each) for name, each in organisations.items()},
        phases=PHASES,
        uses=USES,
        typed=request.form,
        refused=refused,
    )
