"""What people say of the site itself: its organisations and places, where its probes hang, what agitates."""

from collections.abc import Callable, Mapping

from ledger.acts import monitoring
from ledger.acts.ordering import Acting
from ledger.append import Rejected
from ledger.core import kinds
from ledger.core.errors import Refused
from web.actions.signing import declare
from web.context import asking, shared


def add_organisation(fields: Mapping[str, object]) -> Refused | None:
    """Register an organisation."""
    return declare(kinds.OrganisationAdded, fields)


def add_place(fields: Mapping[str, object]) -> Refused | None:
    """Register a place or a box."""
    return declare(kinds.PlaceAdded, fields)


def place_probe(probe: str, place: str | None, *, time: str | None) -> Refused | None:
    """Say that a probe hangs in a place, or (None) in none, since now or since an earlier instant."""
    return _said(lambda who: monitoring.place_probe(shared().ledger, probe, place, time=time, who=who))


def report_agitation(says: monitoring.Says, place: str, *, time: str | None) -> Refused | None:
    """Say that the agitation of a place stands, or runs again, since now or since an earlier instant."""
    return _said(lambda who: monitoring.report_agitation(shared().ledger, says, place, time=time, who=who))


def _said(say: Callable[[Acting], monitoring.Told | Refused]) -> Refused | None:
    user = asking()
    try:
        answer = say(Acting(user.person, user.organisation))
    except Rejected as error:
        return Refused(error.step, error.reason)
    return answer if isinstance(answer, Refused) else None
