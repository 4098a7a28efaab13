"""Stock-take (盘点): a place is chosen, what lies there is read or scanned, the difference looked at, and signed."""

from collections.abc import Iterable

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core.errors import FormatError, Refused
from ledger.core.ids import format_instant, parse_instant
from ledger.read import stocktaking
from ledger.read.stocktaking import Take
from ledger.read.sweeping import Swept
from ledger.read.values import Named
from web import context
from web.actions.steps import sign_stock_take
from web.blueprint import pages

_LISTS = (("missing", "warning"), ("misplaced", "stop"), ("wrong_state", "stop"), ("unknown", "unknown"))
"""What may differ, in the order in which it is shown, and its tone."""


@pages.get("/stock/take")
def stock_take() -> str | tuple[str, int]:
    """Choose a place; where one is named, what differs there so far."""
    swept, unread = _swept(request.args.get("place", ""), request.args.get("since", ""), "")
    return (_page(swept, unread), 422) if unread else _page(swept, None)


@pages.post("/stock/take")
def stock_take_post() -> Response | str | tuple[str, int]:
    """Compare what was scanned too, or sign what is shown."""
    typed = request.form
    swept, unread = _swept(typed.get("place", ""), typed.get("since", ""), typed.get("texts", ""))
    if unread is not None:
        return _page(swept, unread), 422
    if "record" not in typed:
        return _page(swept, None)
    refused = _sign(swept, typed.get("looked_at", ""))
    if refused is not None:
        return _page(swept, refused), 422
    return redirect(url_for("pages.stock_take", place=swept.place), 303)


def _sign(swept: Swept, looked_at: str) -> Refused | None:
    told = _told(swept)
    if told is None:
        return Refused("stocktake.place", "expected a place of your own")
    return sign_stock_take(swept, told, looked_at=looked_at)


def _told(swept: Swept) -> Take | None:
    if swept.place is None:
        return None
    with context.shared().reading() as reader:
        return stocktaking.take(reader, swept.place, swept, now_ms=context.now_ms())


def _swept(place: str, since: str, texts: str) -> tuple[Swept, Refused | None]:
    """What was swept; without its time where that cannot be read, which the refusal says."""
    own, said = context.asking().organisation, context.speech()
    with context.shared().reading() as reader:
        theirs = reader.organisation_of(place)
    if place and (theirs is None or own not in {None, theirs}):
        abort(404)
    since_ms, unread = None, None
    try:
        since_ms = parse_instant(since if since.endswith("Z") else said.instant_of(since)) if since else None
    except FormatError as error:
        unread = Refused("fields", str(error))
    return Swept(place=place or None, since_ms=since_ms, texts=texts.splitlines(), scope=context.scope()), unread


def _page(swept: Swept, refused: Refused | None) -> str:
    own, now = context.asking().organisation, context.now_ms()
    told = _told(swept)
    with context.shared().reading() as reader:
        places = reader.places
        taken = () if swept.place is None else stocktaking.signed(reader, swept.place, now_ms=now)
    return render_template(
        "stock_take.html",
        told=told,
        begun=swept.since_ms is not None or any(line.strip() for line in swept.texts),
        differences=() if told is None else _differences(told),
        refused=refused,
        texts=swept.texts,
        places=_own(places.values(), own),
        place=None if swept.place is None else places[swept.place],
        since=None if swept.since_ms is None else format_instant(swept.since_ms),
        since_ms=swept.since_ms,
        now=format_instant(now),
        now_ms=now,
        taken=taken,
        printed_names=context.printed_names(),
    )


def _differences(told: Take) -> list[tuple[str, str, tuple[str, ...]]]:
    """What differs: its name, its tone, and what it is about; nothing that is empty."""
    about = {
        "missing": told.difference.missing,
        "misplaced": told.astray.misplaced,
        "wrong_state": told.astray.wrong_state,
        "unknown": told.difference.unknown,
    }
    return [(name, tone, about[name]) for name, tone in _LISTS if about[name]]


def _own(places: Iterable[Named], own: str | None) -> list[Named]:
    return sorted((each for each in places if own in {None, each.organisation}), key=lambda each: each.id)
