"""Orders (订血): the list, the form by which a hospital orders, and the page from which a station supplies one."""

from collections.abc import Mapping
from functools import partial
from itertools import groupby
from typing import Final, get_args

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.acts.ordering import Cause, Urgency, Wanted
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.core.ids import is_id
from ledger.core.kinds import Measure, OrderLine
from ledger.read import ordering
from ledger.read import orders as read
from ledger.read.orders import Order
from ledger.read.reader import Reader
from ledger.read.values import Product
from ledger.rules.allocation import Proposal
from ledger.rules.lines import amount_of
from ledger.rules.ordering import LIVE
from ledger.rules.picking import Compared
from ledger.rules.supply import GROUPS
from web import order_words
from web.actions import orders as order_actions
from web.blueprint import pages
from web.context import asking, now_ms, printed_names, record_denial, scope, shared, speech
from web.scans import bags

_ROWS: Final = 8
"""Lines of an order on one form."""


@pages.get("/orders")
def orders() -> str:
    """The orders of the reader's organisation: those that are open, or with `?all=1` the latest."""
    live = "all" not in request.args
    with shared().reading() as reader:
        found = read.orders(reader, organisation=scope(), live=live)
        named = _named(reader)
    may_order = asking().may_assert("ordered")
    return render_template("orders.html", orders=found, live=live, may_order=may_order, at_ms=now_ms(), **named)


@pages.get("/orders/new")
def new_order() -> str:
    """The form by which a hospital orders."""
    return _new({}, None)


@pages.post("/orders/new")
def place_order() -> Response | tuple[str, int]:
    """Place the order, or say what stands against it."""
    typed = dict(request.form.items())
    wanted = _wanted(typed)
    answer = wanted if isinstance(wanted, Refused) else order_actions.place(wanted)
    if isinstance(answer, Refused):
        return _new(typed, answer), 422
    return _to(answer)


@pages.get("/orders/<name>")
def order(name: str) -> str:
    """An order: how far it is filled, what is proposed, the pick list, and what comes next."""
    return _page(name, None)


@pages.get("/orders/<name>/pick-list")
def pick_list(name: str) -> str:
    """The pick list (拣货单) to be printed, sorted by place."""
    with shared().reading() as reader:
        found, named = _found(reader, name), _named(reader)
    if scope() not in {None, found.placed.to}:
        abort(404)
    by_place = groupby(found.to_pick, lambda claim: found.bags[claim.unit].place or "")
    placed = [(place, list(claims)) for place, claims in by_place]
    return render_template("pick_list.html", order=found, by_place=placed, at_ms=now_ms(), **named)


@pages.post("/orders/<name>/cancel")
def cancel_order(name: str) -> Response | tuple[str, int]:
    """Cancel what is open of it."""
    cause = next((each for each in get_args(Cause) if each == request.form.get("cause")), None)
    unsaid = Refused("order.fields", "expected a cause")
    refused = unsaid if cause is None else order_actions.cancel(_spelt(name), cause)
    return _after(name, refused)


@pages.post("/orders/<name>/allocate")
def allocate_order(name: str) -> Response | tuple[str, int]:
    """Allocate the bags that were ticked, and those that were scanned for a line."""
    chosen: dict[str, int] = {}
    for each in request.form.getlist("bag"):
        unit, _, line = each.partition("=")
        chosen[unit] = _number(line)
    further = _scanned(request.form.get("further", ""))
    if isinstance(further, Refused):
        return _after(name, further)
    chosen |= dict.fromkeys(further, _number(request.form.get("line", "")))
    if not chosen:
        return _after(name, Refused("check.scans", "expected at least one bag"))
    return _after(name, order_actions.allocate(_spelt(name), chosen))


@pages.post("/orders/<name>/check")
def check_order(name: str) -> Response | str | tuple[str, int]:
    """Hold what was scanned against the pick list; with `sign`, record the check."""
    typed = request.form.get("scans", "")
    scanned = _scanned(typed)
    if isinstance(scanned, Refused):
        return _page(name, scanned, scans=typed), 422
    with shared().reading() as reader:
        found = _found(reader, name)
        compared = ordering.compared(reader, found, scanned, now_ms=now_ms())
    if "sign" not in request.form:
        return _page(name, None, scans=typed, compared=compared)
    refused = order_actions.check(_spelt(name), scanned)
    return _to(name) if refused is None else (_page(name, refused, scans=typed, compared=compared), 422)


@pages.post("/orders/<name>/send")
def send_order(name: str) -> Response | tuple[str, int]:
    """Dispatch it under the next number, and show the note."""
    boxes = [f"box:{each.removeprefix('box:')}" for each in request.form.get("boxes", "").split()]
    if not all(is_id(each, "box") for each in boxes):
        return _after(name, Refused("order.fields", "expected numbers of transport boxes"))
    answer = order_actions.send(_spelt(name), place=request.form.get("place", ""), boxes=boxes)
    if isinstance(answer, Refused):
        return _after(name, answer)
    return redirect(url_for("pages.consignment", note=answer.removeprefix("consignment:")), 303)


def _page(name: str, refused: Refused | None, *, scans: str = "", compared: Compared | None = None) -> str:
    with shared().reading() as reader:
        found, named = _found(reader, name), _named(reader)
        supplies = scope() in {None, found.placed.to} and asking().may_assert("dispatched")
        proposal, problem = _proposed(reader, found) if supplies else (Proposal((), ()), "")
        places = [each for each in reader.places.values() if each.organisation == found.placed.to]
    return render_template(
        "order.html",
        order=found,
        live=found.state in LIVE,
        supplies=supplies,
        proposal=proposal,
        problem=problem,
        refused=refused,
        scans=scans,
        compared=compared,
        checked=bool(found.to_pick) and all(each.checked_by for each in found.to_pick),
        own_places=sorted((each for each in places if is_id(each.id, "place")), key=lambda each: each.id),
        causes=get_args(Cause),
        may_cancel=asking().may_assert("order_cancelled"),
        people=printed_names(),
        why_step=lambda refused: Refused(refused.rule, refused.reason),
        **named,
    )


def _proposed(reader: Reader, found: Order) -> tuple[Proposal, str]:
    try:
        return read.propose(reader, found, now_ms=now_ms()), ""
    except ConfigError as error:
        return Proposal((), ()), str(error)


def _new(typed: Mapping[str, str], refused: Refused | None) -> str:
    with shared().reading() as reader:
        named = _named(reader)
        organisations = reader.organisations.values()
    return render_template(
        "order_new.html",
        typed=typed,
        refused=refused,
        rows=range(1, _ROWS + 1),
        groups=list(GROUPS),
        hospitals=[each for each in organisations if each.role == "hospital" and scope() in {None, each.id}],
        stations=[each for each in organisations if each.role == "blood_centre"],
        urgencies=get_args(Urgency),
        now=speech().typed_moment(now_ms()),
        **named,
    )


def _wanted(typed: Mapping[str, str]) -> Wanted | Refused:
    """What the form says."""
    lines: list[OrderLine] = []
    try:
        for row in range(1, _ROWS + 1):
            said = [typed.get(f"{name}-{row}", "").strip() for name in ("component", "group", "amount")]
            if said[2]:
                lines.append(_line(*said))
        wanted_by = speech().instant_of(typed.get("wanted_by", "").strip())
    except FormatError as error:
        return Refused("order.fields", str(error))
    urgency: Urgency = next((each for each in get_args(Urgency) if each == typed.get("urgency")), "routine")
    hospital, station = typed.get("organisation", ""), typed.get("to", "")
    if not lines or not is_id(hospital, "org") or not is_id(station, "org"):
        return Refused("order.fields", "expected a hospital, a station and at least one line with an amount")
    return Wanted(organisation=hospital, station=station, wanted_by=wanted_by, lines=lines, urgency=urgency)


def _line(component: str, group: str, amount: str) -> OrderLine:
    """One row of the form; `component` carries its measure, as `RBC_AS/U`."""
    name, _, counted = component.rpartition("/")
    measure = next((each for each in get_args(Measure) if each == counted), None)
    if not name or measure is None or group not in GROUPS:
        raise FormatError(f"expected a component, a group and an amount in each line; got {component!r} {group!r}")
    abo, rhd = GROUPS[group]
    return OrderLine(component=name, abo=abo, rhd=rhd, amount=amount_of(amount, measure), measure=measure)  # type: ignore[arg-type]  # as GROUPS has them


def _scanned(text: str) -> list[str] | Refused:
    """The bags that were scanned, a line each, or two for two scans."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    with shared().reading() as reader:
        try:
            return bags(lines, reading=shared().labels, unit_of_tag=partial(_unit_of_tag, reader))
        except FormatError as error:
            return Refused("check.scans", str(error))


def _unit_of_tag(reader: Reader, tag: str) -> str | None:
    found = reader.find(tag, organisation=scope()) if reader.knows_tag(tag) else ()
    return found[0] if found else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _ROWS else 0


def _found(reader: Reader, name: str) -> Order:
    found = read.order(reader, _spelt(name), organisation=scope())
    if found is None:
        record_denial(name)
        abort(404)
    return found


def _named(reader: Reader) -> dict[str, object]:
    """What every page about orders calls things."""
    components: dict[tuple[str, Measure], Product] = {}
    for code, each in sorted(reader.catalogue.products.items()):
        components.setdefault((each.component, each.measure), Product(code, each.component, each.zh, each.en))
    by_component = {component: product for (component, _), product in components.items()}
    named: dict[str, object] = {"about": order_words, "places": reader.places, "organisations": reader.organisations}
    return {**named, "components": components, "product_of": by_component}


def _after(name: str, refused: Refused | None) -> Response | tuple[str, int]:
    return _to(name) if refused is None else (_page(name, refused), 422)


def _to(name: str) -> Response:
    return redirect(url_for("pages.order", name=name.removeprefix("order:")), 303)


def _spelt(name: str) -> str:
    return f"order:{name.removeprefix('order:')}"
