"""What persons say that no device says: where a probe hangs (探头位置), and whether an agitator (振荡) runs.

Each is one act of the site's own stream, checked inside the transaction that writes it. Whether a person's role
includes it is for the caller. There is no key: what was said last for an instant, and is said again, is said once.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ledger.acts.ordering import Acting
from ledger.append import Draft, Recorder
from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.ids import format_instant, parse_instant
from ledger.read.history import as_said
from ledger.read.moving import may_speak
from ledger.read.probes import may_place

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.read.reader import Reader

Says: TypeAlias = Literal["stopped", "resumed"]
SAYS: Final[dict[Says, type[kinds.AgitationStopped | kinds.AgitationResumed]]] = {
    "stopped": kinds.AgitationStopped,
    "resumed": kinds.AgitationResumed,
}
"""What can be said of an agitator, and the kind of event that says it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the log has.

    Attributes:
        recorded: the event with its place there.
        repeated: whether it had been said before.
    """

    recorded: Recorded
    repeated: bool


def place_probe(recorder: Recorder, probe: str, place: str | None, *, time: str | None, who: Acting) -> Told | Refused:
    """Say that a probe hangs in a place, or (None) in none, since now or since an earlier instant.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """
    now_ms = recorder.clock.now_ms()
    where = {} if place is None else {"place": place}
    draft = Draft(kinds.ProbePlaced, {"probe": probe, **where, "by": who.person}, time=time)

    def check(reader: "Reader") -> Refused | None:
        return may_place(reader, probe, place, organisation=who.organisation, now_ms=now_ms)

    return _say(recorder, probe, draft, check)


def report_agitation(recorder: Recorder, says: Says, place: str, *, time: str | None, who: Acting) -> Told | Refused:
    """Say that the agitation of a place stands, or runs again, since now or since an earlier instant.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """
    draft = Draft(SAYS[says], {"place": place, "by": who.person}, time=time)
    return _say(recorder, place, draft, lambda reader: may_speak(reader, place, organisation=who.organisation))


def _say(recorder: Recorder, subject: str, draft: Draft, check: "Callable[[Reader], Refused | None]") -> Told | Refused:
    now_ms = recorder.clock.now_ms()
    if draft.time is not None and parse_instant(draft.time) > now_ms:
        return Refused("time.ahead", f"it is {format_instant(now_ms)} now; nothing can be said of what comes")
    before: list[Recorded] = []

    def once(reader: "Reader") -> Refused | None:
        refused = check(reader)
        if refused is None and draft.time is not None:
            before.extend(_said(reader, subject, draft))
        return refused or (Refused("said.before", "the same was said of this instant before") if before else None)

    answer = recorder.record("site", [draft], once)
    if before:
        return Told(before[0], repeated=True)
    return answer if isinstance(answer, Refused) else Told(answer[0], repeated=False)


def _said(reader: "Reader", subject: str, draft: Draft) -> list[Recorded]:
    """What was said last of a subject for the draft's instant, if it is the same."""
    at_ms = parse_instant(draft.time or "")
    there = as_said(reader.history.at_place(subject, start_ms=at_ms, end_ms=at_ms))
    alike = kinds.ProbePlaced if draft.kind is kinds.ProbePlaced else tuple(SAYS.values())
    last = [each for each in there if isinstance(each.event, alike)][-1:]
    place = draft.fields.get("place")
    return [each for each in last if type(each.event) is draft.kind and each.event.place == place]
