"""Receiving a consignment (核收): its manifest beside what the sweep and the scanner found, and the signed act."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core.checklist import Wording
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.core.ids import format_instant, is_id, parse_instant
from ledger.read import consignments, reasons, receiving, returns
from ledger.read.receiving import Receipt
from ledger.read.sweeping import Swept
from ledger.read.values import Named
from web.actions.steps import record_step
from web.blueprint import pages
from web.checking import asked_for, read_answers
from web.context import asking, now_ms, record_denial, scope, shared, speech
from web.forms import identified

_UNITS_AN_EVENT = 50
"""An event has at most 4096 bytes; a unit takes up to 40 of them."""


@pages.get("/consignments/<note>/receipt")
def receipt(note: str) -> str:
    """The manifest against the sweep at a place, as it goes."""
    return _page(_name(note), _swept(request.args.get("place", ""), request.args.get("since", ""), ""), None)


@pages.post("/consignments/<note>/receipt")
def receipt_post(note: str) -> Response | str | tuple[str, int]:
    """Look at what was scanned by hand too, or record what is received."""
    name, typed = _name(note), request.form
    swept = _swept(typed.get("place", ""), typed.get("since", ""), typed.get("texts", ""))
    if "record" not in typed:
        return _page(name, swept, None)
    answered = read_answers(asked_for(shared().site, "received"), typed, speech())
    refused = None if answered.wrong else _record(name, swept, answered.fields)
    if answered.wrong or refused is not None:
        return _page(name, swept, refused, answered.wrong), 422
    return redirect(
        url_for("pages.receipt", note=name.removeprefix("consignment:"), place=swept.place, since=typed.get("since")),
        303,
    )


def _record(name: str, swept: Swept, answers: Mapping[str, object]) -> Refused | None:
    """Sign for the units; what is refused says why, in words or by an item of the checklist that is not met."""
    typed = request.form
    units = list(dict.fromkeys(identified("unit", line) for line in typed.get("units", "").split()))
    outcome, reason = typed.get("outcome", ""), typed.get("reason", "").strip()
    if swept.place is None or not units or any(not is_id(unit, "unit") for unit in units):
        return Refused("receipt.fields", "expected a place of your own and at least one unit, one a line")
    if outcome not in {"accepted", "held", "refused"}:
        return Refused("receipt.reason", "expected accepted, held or refused; what is refused says why")
    about = {"dispatch_note": name, "outcome": outcome, "place": swept.place} | ({"reason": reason} if reason else {})
    about |= {"code": typed["code"]} if outcome == "refused" and typed.get("code") else {}
    drafts: list[dict[str, object]] = [
        {**about, **answers, "units": units[first : first + _UNITS_AN_EVENT]}
        for first in range(0, len(units), _UNITS_AN_EVENT)
    ]
    return record_step("received", drafts, time=None, second_password="")


def _swept(place: str, since: str, texts: str) -> Swept:
    own = asking().organisation
    with shared().reading() as reader:
        theirs = reader.organisation_of(place)
    if place and (theirs is None or own not in {None, theirs}):
        abort(404)
    try:
        since_ms = parse_instant(since) if since else None
    except FormatError:
        abort(400)
    return Swept(place=place or None, since_ms=since_ms, texts=texts.splitlines(), scope=scope())


def _page(name: str, swept: Swept, refused: Refused | None, wrong: Mapping[str, str] = MappingProxyType({})) -> str:
    own = asking().organisation
    with shared().reading() as reader:
        if not consignments.visible(reader, name, scope()):
            record_denial(name)
            abort(404)
        found, problem = _found(name, swept)
        goes_back = returns.is_return(reader, name)
        places, organisations = reader.places, reader.organisations
    return render_template(
        "receipt.html",
        number=name.removeprefix("consignment:"),
        found=found,
        problem=problem,
        goes_back=goes_back,
        refusals=_refusals(),
        refused=refused,
        typed=request.form,
        texts=swept.texts,
        wrong=wrong,
        checklist=asked_for(shared().site, "received"),
        places=_own(places.values(), own),
        place=None if swept.place is None else places[swept.place],
        to=None if found is None else organisations.get(found.to),
        now=format_instant(now_ms()),
        since=None if swept.since_ms is None else format_instant(swept.since_ms),
        may_receive=asking().may_assert("received"),
        differences=() if found is None else _differences(found),
    )


def _found(name: str, swept: Swept) -> tuple[Receipt | None, str]:
    """The receipt, or why there is none: a mistake in the file of boxes is said, not hidden."""
    with shared().reading() as reader:
        try:
            return receiving.receipt(reader, name, swept, now_ms=now_ms()), ""
        except ConfigError as error:
            return None, str(error)


def _refusals() -> Sequence[Wording]:
    """The site's reasons for refusing; none where the list cannot be read, which is said when one is needed."""
    try:
        return reasons.refusals(shared().site)
    except ConfigError:
        return ()


def _differences(found: Receipt) -> Sequence[tuple[str, str, tuple[str, ...]]]:
    """What differs: its name, its tone, and what it is about; nothing that is empty."""
    told = found.comparison
    every = (
        ("missing", "warning", tuple(unit for unit in told.missing if unit in found.outstanding)),
        ("extra", "stop", told.extra),
        ("unknown", "unknown", told.unknown),
        ("duplicate", "stop", told.duplicate),
        ("wrong_group", "stop", told.wrong_group),
        ("differing", "stop", told.differing),
    )
    return [each for each in every if each[2]]


def _own(places: Iterable[Named], own: str | None) -> list[Named]:
    return sorted((each for each in places if own in {None, each.organisation}), key=lambda each: each.id)


def _name(note: str) -> str:
    name = f"consignment:{note.removeprefix('consignment:')}"
    if not is_id(name, "consignment"):
        abort(404)
    return name
