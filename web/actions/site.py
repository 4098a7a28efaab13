"""What people say of the site itself: its organisations and places, where its probes hang, what agitates."""

from collections.abc import Mapping

from ledger.append import Draft
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import format_instant, parse_instant
from ledger.read.moving import may_speak
from ledger.read.probes import may_place
from ledger.read.reader import Reader
from web.actions.signing import declare, record
from web.context import asking, now_ms


def add_organisation(fields: Mapping[str, object]) -> Refused | None:
    """Register an organisation."""
    return declare(kinds.OrganisationAdded, fields)


def add_place(fields: Mapping[str, object]) -> Refused | None:
    """Register a place or a box."""
    return declare(kinds.PlaceAdded, fields)


def place_probe(probe: str, place: str | None, *, time: str | None) -> Refused | None:
    """Say that a probe hangs in a place, or (None) in none, since now or since an earlier instant."""
    if time is not None and parse_instant(time) > now_ms():
        return Refused("time.ahead", f"it is {format_instant(now_ms())} now; a probe cannot be moved later")
    user, now = asking(), now_ms()
    where = {} if place is None else {"place": place}
    draft = Draft(kinds.ProbePlaced, {"probe": probe, **where, "by": user.person}, time=time)

    def check(reader: Reader) -> Refused | None:
        return may_place(reader, probe, place, organisation=user.organisation, now_ms=now)

    return record([draft], check)


def report_agitation(
    kind: type[kinds.AgitationStopped | kinds.AgitationResumed], place: str, *, time: str | None
) -> Refused | None:
    """Say that the agitation of a place stands, or runs again, since now or since an earlier instant."""
    if time is not None and parse_instant(time) > now_ms():
        return Refused("time.ahead", f"it is {format_instant(now_ms())} now; nothing can be said of what comes")
    user = asking()
    draft = Draft(kind, {"place": place, "by": user.person}, time=time)
    return record([draft], lambda reader: may_speak(reader, place, organisation=user.organisation))
