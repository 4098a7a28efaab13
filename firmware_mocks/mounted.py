"""What one place's probes read while they hung there: of segments, and of what persons said of where probes hang.

Written from docs/format.md and docs/custody.md alone. A segment names its place; a person's word counts for more; and
what a probe read while it spoke of another place, too, counts for none. From when it hangs elsewhere it is `gone`.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from firmware_mocks.silences import MAX_GAP_MS

Event: TypeAlias = Mapping[str, Any]
Mark: TypeAlias = tuple[int, int | Literal["gone"] | None]
"""(when, centi-degrees; None where a stretch begins of which nothing can be said; `gone`: nobody reads it any more)."""
_END = 1 << 60


def marks(place: str, segments: Sequence[Event], placed: Iterable[Event]) -> list[Mark]:
    """The marks of one place in order.

    Args:
        place: the place.
        segments: every `temperature_segment`, of whatever place.
        placed: every `probe_placed`.
    """
    said = sorted(placed, key=lambda each: each["time"])
    found: list[Mark] = []
    for segment in (each for each in segments if each["place"] == place):
        away = sorted(_away(segment, segments, [each for each in said if each["probe"] == segment["probe"]]))
        found += [mark for mark in _told(segment) if not any(begin <= mark[0] < end for begin, end in away)]
        found += [(max(begin, instant(segment["time"])), "gone") for begin, _ in away]
    return sorted(set(found), key=lambda mark: (mark[0], mark[1] != "gone", mark[1] is not None))


def instant(text: str) -> int:
    """RFC 3339 as Unix milliseconds."""
    moment = dt.datetime.fromisoformat(text)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)


def _told(segment: Event) -> Iterator[Mark]:
    start_ms = instant(segment["time"])
    if segment["quality"] == "good" and segment.get("clock") != "unsynchronised":
        yield from ((start_ms + offset, centi) for offset, centi in segment["readings"])
    else:
        yield start_ms, None


def _away(segment: Event, segments: Iterable[Event], said: Sequence[Event]) -> Iterator[tuple[int, int]]:
    """When the segment's probe is known to be elsewhere: a person said so, or it spoke of another place."""
    ends = [*(instant(each["time"]) for each in said[1:]), _END]
    for each, end_ms in zip(said, ends, strict=False):
        if each.get("place") != segment["place"] and end_ms > instant(segment["time"]):
            yield instant(each["time"]), end_ms
    for other in segments:
        if other["probe"] == segment["probe"] and other["place"] != segment["place"] and other["readings"]:
            start_ms, end_ms = instant(other["time"]), instant(other["until"])
            if end_ms > instant(segment["time"]) and start_ms <= instant(segment["until"]) + 3 * MAX_GAP_MS:
                yield start_ms, end_ms
