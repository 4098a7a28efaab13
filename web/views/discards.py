"""Discards (报废): asked for with a reason of the site's list, approved by quality, counted at the hand-over."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.accounts.permissions import VALUE_OPEN
from ledger.acts.discarding import DISPOSAL, counted, reason_fields
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.core.ids import is_id, parse_instant
from ledger.read import discards as read
from ledger.read.reader import Reader
from ledger.read.sweeping import Swept
from ledger.rules.discarding import Reason
from ledger.rules.stocktake import Difference
from ledger.withheld.disclosure import disclose
from web.actions import steps as step_actions
from web.actions.steps import record_step
from web.blueprint import pages
from web.context import address, asking, now_ms, scope, shared, speech, wall_ms
from web.forms import identified


@pages.get("/discards")
def discards() -> str:
    """What awaits disposal, with what the asking user may do about it."""
    return _page(None, None)


@pages.post("/discards/request")
def request_discard() -> Response | tuple[str, int]:
    """Ask for units to be discarded."""
    typed = request.form
    units = list(dict.fromkeys(identified("unit", line) for line in typed.get("units", "").split()))
    if not units or any(not is_id(unit, "unit") for unit in units):
        return _page(Refused("discard.units", "expected at least one unit, one a line"), None), 422
    told = typed.get("reason", "").strip()
    about = {**_reason(typed.get("code", "")), **({"reason": told} if told else {})}
    refused = record_step(
        "discard_requested", [{"unit": unit, **about} for unit in units], time=None, second_password=""
    )
    return _answer(refused)


@pages.post("/discards/reasons")
def open_reasons() -> str:
    """Show the withheld reasons to laboratory and quality; the audit says so first."""
    with shared().reading() as reader:
        units = [each.unit.unit for each in read.waiting(reader, scope()) if each.withheld]
        entries = {unit: reader.entries_about(unit) for unit in units}
    opened: dict[str, str] = {}
    for unit, about in entries.items():
        found = disclose(
            shared().ledger.withheld,
            [each for each in about if each.kind == "discard_requested"],
            shared().accounts,
            user=asking(),
            address=address(),
            subject=unit,
            now_ms=wall_ms(),
        )
        if not isinstance(found, Refused):
            opened.update((unit, each.value) for each in found)
    return _page(None, None, opened)


@pages.post("/discards/approve")
def approve_discard() -> Response | tuple[str, int]:
    """Approve what somebody else asked for."""
    units = request.form.getlist("unit")
    if not units or any(not is_id(unit, "unit") for unit in units):
        return _page(Refused("discard.units", "expected at least one unit"), None), 422
    refused = record_step("discard_approved", [{"unit": unit} for unit in units], time=None, second_password="")
    return _answer(refused)


@pages.post("/discards/hand-over")
def hand_over_discards() -> Response | str | tuple[str, int]:
    """Count what is handed over for disposal; sign for it once it is what was approved."""
    typed = request.form
    swept = _swept(typed.get("place", ""), typed.get("since", ""), typed.get("texts", ""))
    if isinstance(swept, Refused):
        return _page(swept, None), 422
    with shared().reading() as reader:
        told = counted(reader, swept, now_ms=now_ms())
    if "record" not in typed:
        return _page(None, told)
    return _answer(step_actions.hand_over_discards(swept, told, number=typed.get("hand_over", "").strip()), told)


def _reason(code: str) -> Mapping[str, object]:
    """The fields of a reason: one that could lead to a donor is withheld."""
    with shared().reading() as reader:
        return reason_fields(reader, code, asking().organisation)


def _answer(refused: Refused | None, told: Difference | None = None) -> Response | tuple[str, int]:
    if refused is not None:
        return _page(refused, told), 422
    return redirect(url_for("pages.discards"), 303)


def _swept(place: str, since: str, texts: str) -> Swept | Refused:
    own = asking().organisation
    with shared().reading() as reader:
        named = reader.places.get(place)
    if place and (named is None or named.use != DISPOSAL or own not in {None, named.organisation}):
        abort(404)
    try:
        since_ms = parse_instant(since if since.endswith("Z") else speech().instant_of(since)) if since else None
    except FormatError as error:
        return Refused("fields", str(error))
    return Swept(place=place or None, since_ms=since_ms, texts=texts.splitlines(), scope=scope())


def _page(refused: Refused | None, told: Difference | None, opened: Mapping[str, str] = MappingProxyType({})) -> str:
    user, own = asking(), asking().organisation
    with shared().reading() as reader:
        found = read.waiting(reader, scope())
        listed, problem = _reasons(reader)
        places = [each for each in reader.places.values() if each.use == DISPOSAL and own in {None, each.organisation}]
    return render_template(
        "discards.html",
        asked=[each for each in found if not each.requested.may_go],
        approved=[each for each in found if each.requested.may_go],
        reasons=listed,
        words={each.code: each for each in listed},
        problem=problem,
        refused=refused,
        told=told,
        opened=opened,
        may_open=user.may(VALUE_OPEN) and any(each.withheld for each in found),
        typed=request.form,
        unit=request.args.get("unit", ""),
        places=sorted(places, key=lambda each: each.id),
        now=speech().typed_moment(now_ms()).replace("T", " "),
        may_ask=user.may_assert("discard_requested") and own is not None,
        may_approve=user.may_assert("discard_approved"),
        may_dispose=user.may_assert("discarded"),
        own_person=user.person,
    )


def _reasons(reader: Reader) -> tuple[tuple[Reason, ...], str]:
    """The site's reasons, or why there are none."""
    try:
        return read.reasons(reader), ""
    except ConfigError as error:
        return (), str(error)
