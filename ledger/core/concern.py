"""Whose list an event is on: the one rule that the ledger, the auditor and every verifier share (docs/format.md §13).

The unit map commits, for every unit, donation, tag, box, probe and key, to the list of the events that concern it. This
module says which events those are, in log order, and nothing of how a list is hashed (`unitmap`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from ledger.core import custody, kinds
from ledger.core.errors import FormatError
from ledger.core.events import Judged
from ledger.core.ids import parse_id
from ledger.core.kinds import AnyEvent

MAPPED = ("unit:", "din:", "tag:", "box:", "probe:", "key:")
"""How the identifiers begin that have a list."""

LEFT_OUT = frozenset({"exposure_stated"})
"""Kinds on nobody's list: what the site itself derives from the rest, stated anew for every passport."""

MAX_NAMED_BY_DEFECT = 100
"""An event that nobody understands is on at most as many lists, so that no producer fills the map with one event."""


class TagPointers:
    """Which unit each tag points to, as events go by in log order."""

    def __init__(
        self,
        before: Callable[[str], str | None] = lambda _tag: None,
        *,
        known: Mapping[str, str | None] | None = None,
    ) -> None:
        """Begin at some place of the log.

        Args:
            before: the unit that a tag pointed to there; None for none. Asked once for a tag that is not `known`.
            known: what `pointing` answered there.
        """
        self._before = before
        self._units: dict[str, str | None] = dict(known or {})

    def pointing(self) -> dict[str, str | None]:
        """Every tag that was spoken of, with the unit that it points to now."""
        return self._units.copy()

    def follow(self, event: AnyEvent) -> str | None:
        """Take one understood event; answer the unit that a seen tag points to."""
        match event:
            case (
                kinds.TagArrived()
                | kinds.TagLeft()
                | kinds.UnknownTagSeen()
                | kinds.TagUncertain()
                | kinds.TagMemoryRead()
            ):
                return self._unit_of(event.tag)
            case kinds.TagAssociated():
                self._units[event.tag] = event.unit
            case kinds.TagRemoved() if self._unit_of(event.tag) == event.unit:
                self._units[event.tag] = None
            case _:
                pass
        return None

    def _unit_of(self, tag: str) -> str | None:
        if tag not in self._units:
            self._units[tag] = self._before(tag)
        return self._units[tag]


def understood(judged: Judged, *, accepts_simulated: bool) -> AnyEvent | None:
    """The event, if it counts as understood on this site; simulated time counts on a demo alone (docs/format.md §2)."""
    event = judged.event
    if event is not None and event.clock == "simulated" and not accepts_simulated:
        return None
    return event


def lists_of(event: AnyEvent | None, *, kind: str, body: bytes, pointers: TagPointers) -> tuple[str, ...]:
    """The subjects whose lists an event is on, each once.

    Args:
        event: the event; None if it is not understood.
        kind: the kind that it says it is.
        body: its bytes.
        pointers: the tags as of this event; it is taken into them.
    """
    if event is None:
        found: Iterable[str] = named_by_defect(body)
    else:
        unit = pointers.follow(event)
        found = custody.subjects(event) if unit is None else _resolved(event, unit)
    return () if kind in LEFT_OUT else tuple(subject for subject in found if subject.startswith(MAPPED))


def _resolved(event: AnyEvent, unit: str) -> Iterator[str]:
    """What a sighting is about once its tag points to a unit: the unit instead of the tag."""
    yield unit
    yield from (subject for subject in custody.subjects(event) if subject not in {unit, getattr(event, "tag", None)})


def named_by_defect(body: bytes) -> list[str]:
    """The identifiers among an event's values, or in a list there, in the order of their spelling; at most 100.

    So an event that is not understood still shows where it may belong.
    """
    value = msgspec.json.decode(body)
    found = {
        text
        for each in (value.values() if isinstance(value, dict) else ())
        for text in (each if isinstance(each, list) else (each,))
        if isinstance(text, str) and _is_identifier(text)
    }
    return sorted(found)[:MAX_NAMED_BY_DEFECT]


def _is_identifier(text: str) -> bool:
    try:
        parse_id(text)
    except FormatError:
        return False
    return True
