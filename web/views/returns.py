"""Returns (退血): what a hospital sends back, what is on its way, and what a station decides of each unit that came."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.acts.returning import Decision, SendingBack
from ledger.core.checklist import Wording
from ledger.core.errors import ConfigError, Refused
from ledger.core.ids import is_id
from ledger.read import consignments, discards, reasons
from ledger.read import returns as read
from ledger.read.reader import Reader
from ledger.read.returns import ReturnNote
from ledger.read.values import Named
from ledger.rules.discarding import UNSUITABLE
from web import context
from web.actions import returns as return_actions
from web.blueprint import pages
from web.forms import identified

OUTCOMES = ("accepted", "held", "refused")


@pages.get("/returns")
def returns() -> str:
    """What is to go back, and what is on its way."""
    return _page(None)


@pages.post("/returns")
def send_back() -> Response | tuple[str, int]:
    """Send units back under a number of their own."""
    typed = request.form
    units = list(dict.fromkeys(identified("unit", line) for line in typed.get("units", "").split()))
    if not units or any(not is_id(unit, "unit") for unit in units):
        return _page(Refused("return.units", "expected at least one unit, one a line")), 422
    box = typed.get("box", "").strip()
    sent = return_actions.send_back(
        SendingBack(
            units=units,
            to=typed.get("to", ""),
            place=typed.get("place", ""),
            code=typed.get("code") or None,
            reason=typed.get("reason", "").strip() or None,
            box=identified("box", box) if box else None,
            seal=typed.get("seal", "").strip() or None,
        )
    )
    if isinstance(sent, Refused):
        return _page(sent), 422
    return redirect(url_for("pages.consignment", note=sent.removeprefix("consignment:")), 303)


@pages.get("/consignments/<note>/return")
def take_back(note: str) -> str:
    """What the pack says of each unit that came back."""
    return _note_page(_name(note), None)


@pages.post("/consignments/<note>/return")
def take_back_post(note: str) -> Response | tuple[str, int]:
    """Record what is decided of the units for which an outcome was chosen."""
    name, typed = _name(note), request.form
    decided, wrong = _decided(typed)
    refused = wrong or return_actions.take_back(
        name,
        decided,
        place=typed.get("place", ""),
        second=typed.get("second", "").strip(),
        second_password=typed.get("second_password", ""),
    )
    if refused is not None:
        return _note_page(name, refused), 422
    return redirect(url_for("pages.take_back", note=note), 303)


def _decided(typed: Mapping[str, str]) -> tuple[dict[str, Decision], Refused | None]:
    """Unit → decision, of the rows in which an outcome was chosen; each needs to say how the seal was found."""
    found: dict[str, Decision] = {}
    for unit in request.form.getlist("unit"):
        outcome, seal = typed.get(f"outcome.{unit}", ""), typed.get(f"seal.{unit}", "")
        if outcome not in OUTCOMES:
            continue
        if seal not in {"intact", "broken"}:
            return {}, Refused("return.seal", f"how was the seal of {unit} found?")
        found[unit] = Decision(
            outcome="accepted" if outcome == "accepted" else "held" if outcome == "held" else "refused",
            seal="intact" if seal == "intact" else "broken",
            reason=typed.get("reason"),
            code=typed.get("code") or None,
        )
    return found, None if found else Refused("return.units", "expected an outcome of one unit at least")


def _page(refused: Refused | None) -> str:
    own = context.asking().organisation
    with context.shared().reading() as reader:
        to_send = read.to_send(reader, context.scope())
        why = {each.unit: read.why(reader, each.unit) for each in to_send}
        notes = [found for note in read.on_the_way(reader, context.scope()) if (found := _visible(reader, note))]
        places, organisations = reader.places, reader.organisations
        listed, problem = _listed(reader)
    stations = [each for each in organisations.values() if each.role == "blood_centre" and each.id != own]
    return render_template(
        "returns.html",
        to_send=to_send,
        why=why,
        words=_words(listed),
        refusals=_words(_refusals()),
        notes=notes,
        listed=listed,
        problem=problem,
        refused=refused,
        typed=request.form,
        unit=request.args.get("unit", ""),
        places=_own(places, own, "place"),
        boxes=_boxes(places),
        stations=sorted(stations, key=lambda each: each.id),
        organisations=organisations,
        may_send=context.asking().may_assert("returned") and bool(stations),
    )


def _note_page(name: str, refused: Refused | None) -> str:
    own = context.asking().organisation
    with context.shared().reading() as reader:
        found = _visible(reader, name)
        if found is None:
            context.record_denial(name)
            abort(404)
        places, organisations = reader.places, reader.organisations
        try:
            codes = [each for each in discards.reasons(reader) if each.code != UNSUITABLE and not each.confidential]
        except ConfigError:
            codes = []
        listed, _ = _listed(reader)
    return render_template(
        "take_back.html",
        number=name.removeprefix("consignment:"),
        found=found,
        refused=refused,
        typed=request.form,
        places=_own(places, found.to, "place"),
        organisations=organisations,
        named=places,
        codes=codes,
        words=_words(listed),
        refusals=_words(_refusals()),
        may_take=context.asking().may_assert("received") and own in {None, found.to},
        printed_names=context.printed_names(),
    )


def _visible(reader: Reader, note: str) -> ReturnNote | None:
    if not consignments.visible(reader, note, context.scope()):
        return None
    return read.return_note(reader, note, now_ms=context.now_ms())


def _listed(reader: Reader) -> tuple[tuple[Wording, ...], str]:
    """The site's reasons, or why there are none."""
    try:
        return reasons.returns(reader.site), ""
    except ConfigError as error:
        return (), str(error)


def _refusals() -> tuple[Wording, ...]:
    try:
        return reasons.refusals(context.shared().site)
    except ConfigError:
        return ()


def _words(listed: tuple[Wording, ...]) -> Mapping[str, str]:
    zh = context.speech().language == "zh"
    return MappingProxyType({each.code: each.zh if zh else each.en for each in listed})


def _own(places: Mapping[str, Named], own: str | None, sort: str) -> list[Named]:
    found = (each for each in places.values() if own in {None, each.organisation} and is_id(each.id, sort))
    return sorted(found, key=lambda each: each.id)


def _boxes(places: Mapping[str, Named]) -> list[Named]:
    """Every box: a station's own goes back to it."""
    return sorted((each for each in places.values() if is_id(each.id, "box")), key=lambda each: each.id)


def _name(note: str) -> str:
    name = f"consignment:{note.removeprefix('consignment:')}"
    if not is_id(name, "consignment"):
        abort(404)
    return name
