"""Corrections: what counts of a history, once what was wrong is struck out and what is right stands in its place.

A `corrected` event points at one that was wrong, and at the one that stands in its place, if any. Both stay in the log;
here it is decided which of them counts, and where in the order it counts. Who may correct what is
`ledger.rules.correction`; what a unit comes to by it is `ledger.folding.fold`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.events import WEB_STREAM
from ledger.core.kinds import AnyEvent

Said = tuple[str, int]
"""An event's stream and its number in it."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What the corrections of a history say, those that were withdrawn left out.

    Attributes:
        struck: what counts no more → the correction that says so.
        stands_for: what stands in another's place → that other.
    """

    struck: Mapping[Said, Said]
    stands_for: Mapping[Said, Said]

    def first(self, said: Said) -> Said:
        """The event whose place `said` has: through corrections of corrections, the one that was said first."""
        while said in self.stands_for:
            said = self.stands_for[said]
        return said


def said_as(event: AnyEvent) -> Said:
    """Where an event is said."""
    return event.stream, event.seq


def read(history: Iterable[Recorded]) -> Corrections:
    """Read the corrections of a history, the latest first: one that a later one strikes out says nothing.

    A correction strikes out what people said before it, and nothing else: what a device saw stays as it was seen.
    """
    told = [each for each in history if isinstance(each.event, kinds.Corrected)]
    struck: dict[Said, Said] = {}
    stands_for: dict[Said, Said] = {}
    for each in sorted(told, key=lambda entry: entry.log_place, reverse=True):
        event = each.event
        assert isinstance(event, kinds.Corrected)  # noqa: S101  chosen above; for the type checker
        own, wrong = said_as(event), (event.of_stream, event.of_seq)
        instead = None if event.instead is None else (WEB_STREAM, event.instead)
        if own in struck:
            if instead is not None:
                struck[instead] = struck[own]
        elif event.of_stream == WEB_STREAM and event.of_seq < event.seq:
            struck[wrong] = own
            if instead is not None:
                stands_for[instead] = wrong
    return Corrections(struck, stands_for)


def in_force(history: Sequence[Recorded]) -> Sequence[Recorded]:
    """The history with its corrections: what was wrong is gone, what is right has its place in the log.

    Something that stands for what is not in this history (a correction said that another unit was meant) keeps its own
    place, and is as late as it is.

    Args:
        history: in log order, each event once.
    """
    if kinds.Corrected not in {type(each.event) for each in history}:
        return history
    found = read(history)
    known = {said_as(each.event): each for each in history}
    counting = []
    for each in history:
        said = said_as(each.event)
        if said in found.struck:
            continue
        first = known.get(found.first(said), each)
        counting.append(structs.replace(each, log_index=first.log_index, position=first.position))
    return sorted(counting, key=lambda each: each.log_place)
