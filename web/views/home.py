"""The home page, and the list of units."""

from collections.abc import Mapping

from flask import render_template, request

from ledger.read import cosigned, listing, overview
from ledger.read.calibrations import calibrations
from ledger.read.lateness import late_gateways, stopped_streams
from ledger.read.listing import Wanted
from web import present
from web.blueprint import pages
from web.context import now_ms, scope, shared, speech
from web.lateness import late_words
from web.words.states import STATES

_LIST = 200


@pages.get("/")
def home() -> str:
    """What needs attention first, then the stock."""
    with shared().reading() as reader:
        found = overview.home(reader, organisation=scope(), now_ms=now_ms())
        witnessed = cosigned.latest_witnessed(reader)
        calibrated, places = calibrations(reader, scope(), now_ms=found.now_ms), reader.places
    return render_template(
        "home.html",
        home=found,
        witnessed=_size(witnessed) if shared().site.outside.witnesses else None,
        stopped=stopped_streams(found.producers),
        late=late_words(late_gateways(found.producers, found.now_ms), "both", speech()),
        calibrations=[(places[each.place], each) for each in calibrated if each.is_soon],
        counts=_counts(found.counts),
    )


@pages.get("/units")
def units() -> str:
    """The units that the reader's organisation holds, by state, as the figures count them; or all that it may see."""
    state, is_held = request.args.get("state", ""), request.args.get("cold_chain") == "held"
    wanted, at_ms = state if state in STATES else None, now_ms()
    is_all = request.args.get("all") == "1" or scope() is None
    with shared().reading() as reader:
        if is_held:
            names = reader.held_units(organisation=scope(), now_ms=at_ms)[:_LIST]
            found = overview.in_short(reader, names, organisation=scope(), now_ms=at_ms)
        else:
            asked = Wanted(state=wanted, holder=None if is_all else scope())
            listed = listing.listed(reader, asked, organisation=scope(), limit=_LIST)
            found = reader.with_verdicts(listed, now_ms=at_ms)
        counted = overview.counts(reader, organisation=scope())
    return render_template(
        "units.html",
        units=found,
        state=wanted,
        counts=_counts(counted),
        limit=_LIST,
        is_held=is_held,
        is_all=is_all,
    )


def _size(checkpoint: tuple[int, bytes] | None) -> int:
    return 0 if checkpoint is None else checkpoint[0]


def _counts(found: Mapping[str, int]) -> list[tuple[str, str, str, int]]:
    """State, its word, its tone, how many, in the order of a unit's life."""
    order = list(STATES)
    states = sorted(found, key=lambda state: order.index(state) if state in order else len(order))
    return [(state, present.state_word(state, speech()), present.state_tone(state), found[state]) for state in states]
