"""For how long at a stretch a unit lay still, computed anew from what persons said of the agitators.

Written from docs/custody.md alone: it goes through every instant at which something changed, and asks of each what the
latest word on the place where the unit was then is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from firmware_mocks.mounted import instant
from firmware_mocks.silences import Whereabouts

KINDS = {"agitation_stopped", "agitation_resumed"}
Event = Mapping[str, Any]


def longest_still(stays: Sequence[Whereabouts], events: Iterable[Event], *, needs: Callable[[str], bool]) -> int:
    """The longest interruption in ms; 0: none.

    Args:
        stays: where the unit was.
        events: in the order of the log; those of other kinds say nothing here.
        needs: whether the unit must be kept moving in a place.
    """
    words = [(instant(each["time"]), each["place"], each["kind"]) for each in events if each["kind"] in KINDS]
    edges = {at_ms for at_ms, _, _ in words} | {edge for stay in stays for edge in (stay.since_ms, stay.until_ms)}
    begun_ms: int | None = None
    longest_ms = 0
    for now_ms, then_ms in pairwise(sorted(edges)):
        here = [stay.place for stay in stays if stay.since_ms <= now_ms < stay.until_ms]
        if not here:
            continue
        said = sorted((word for word in words if word[0] <= now_ms and word[1] == here[0]), key=lambda word: word[0])
        if not needs(here[0]) or not said or said[-1][2] == "agitation_resumed":
            begun_ms = None
            continue
        begun_ms = now_ms if begun_ms is None else begun_ms
        longest_ms = max(longest_ms, then_ms - begun_ms)
    return longest_ms
