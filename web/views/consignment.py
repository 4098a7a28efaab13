"""The page of a dispatch note, to be printed and to travel with the bags, and its passport."""

from collections.abc import Mapping
from typing import Literal

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import is_id
from ledger.read import consignments, passports
from ledger.read.consignments import NotePage
from ledger.read.passports import NotYetError
from ledger.read.values import Named
from web import context
from web.actions import orders as order_actions
from web.actions.passports import issue_passport
from web.blueprint import pages
from web.download import passport_file, passport_page_file
from web.qr import qr_code
from web.words.cold_chain import COLD_CHAIN

MAX_SIZE = 2**53
"""No log of this site is as large; and the database has no larger numbers."""


@pages.get("/consignments/<note>")
def consignment(note: str) -> str:
    """Everything about one dispatch note, on one page that prints."""
    return _page(_name(note), None)


def _page(name: str, refused: Refused | None) -> str:
    with context.shared().reading() as reader:
        if not consignments.visible(reader, name, context.scope()):
            context.record_denial(name)
            abort(404)
        page = consignments.note_page(reader, name, now_ms=context.now_ms())
        if page is None:
            abort(404)
        places, organisations = reader.places, reader.organisations
    return render_template(
        "consignment.html",
        page=page,
        number=name.partition(":")[2],
        places=places,
        organisations=organisations,
        boxes=[(box, page.seals.get(box)) for box in dict.fromkeys(box for event in page.sent for box in event.boxes)],
        tones={"ok": "ok", "out": "stop", "unknown": "unknown", None: "unknown"},
        verdicts={verdict: context.speech().say(word) for verdict, word in COLD_CHAIN.items()},
        code=None if page.printed is None else qr_code(page.printed.format()),
        printed_names=context.printed_names(),
        refused=refused,
        hands_over=_hands_over(page, places),
    )


@pages.post("/consignments/<note>/hand-over")
def hand_over(note: str) -> Response | tuple[str, int]:
    """Record that everything on the note passed from hand to hand; the courier signs with the own password."""
    name, typed = _name(note), request.form
    passes: Literal["to_courier", "to_receiver"] = (
        "to_receiver" if typed.get("passes") == "to_receiver" else "to_courier"
    )
    courier, password = typed.get("courier", "").strip(), typed.get("courier_password", "")
    refused = order_actions.hand_over(name, passes, courier=courier, password=password, place=None)
    if refused is not None:
        return _page(name, refused), 422
    return redirect(url_for("pages.consignment", note=note), 303)


@pages.get("/consignments/<note>/passport")
def consignment_passport(note: str) -> Response:
    """The note's passport as a file; with `size` as of the checkpoint that was printed."""
    return passport_file(_issued(note), _name(note))


@pages.get("/consignments/<note>/passport.html")
def consignment_passport_page(note: str) -> Response:
    """The same passport as one page that verifies itself offline; a file to save, never a page of this site."""
    return passport_page_file(_issued(note), _name(note))


def _hands_over(page: NotePage, places: Mapping[str, Named]) -> tuple[str, ...]:
    """In which directions the asking user may record a hand-over now; what was received passes no further."""
    received = {unit for each in page.further if isinstance(each, kinds.Received) for unit in each.units}
    if received.issuperset(each.unit for each in page.units):
        return ()
    told = [each for each in page.further if isinstance(each, kinds.HandedOver)]
    if not context.asking().may_assert("handed_over") or any(each.passes == "to_receiver" for each in told):
        return ()
    own, last = context.scope(), page.sent[-1]
    sender = places[last.place].organisation if last.place is not None and last.place in places else None
    found = [("to_courier", own in {None, sender}), ("to_receiver", bool(told) and own in {None, last.to})]
    return tuple(way for way, may in found if may)


def _issued(note: str) -> bytes:
    name = _name(note)
    with context.shared().reading() as reader:
        if not consignments.visible(reader, name, context.scope()):
            context.record_denial(name)
            abort(404)
    size = request.args.get("size", type=int)
    if size is not None and not 0 < size < MAX_SIZE:
        abort(404)
    exported = issue_passport(name) if size is None else _as_of(name, size)
    if exported is None:
        abort(503 if size is None else 404)
    return exported


def _as_of(name: str, size: int) -> bytes | None:
    site = context.shared().site
    with context.shared().reading() as reader:
        try:
            return passports.export_at(reader, name, size, log_key=site.verifier("log"))
        except NotYetError:
            return None


def _name(note: str) -> str:
    name = f"consignment:{note.removeprefix('consignment:')}"
    if not is_id(name, "consignment"):
        abort(404)
    return name
