"""The cold chain of one unit, computed anew from its full passport: where it was, joined with what the probes read.

Written from docs/format.md and docs/custody.md alone, so that a mistake of the ledger's arithmetic cannot hide here
too. A reading stands until the next, at most ten minutes; limits are inclusive; a segment that is not good, or whose
clock cannot be trusted, says nothing for as long as it lasts; of what nothing was read, `silences` tells. Only what
lies between the unit's first instant and `until` counts.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from firmware_mocks import silences
from firmware_mocks.mounted import Mark, instant, marks
from firmware_mocks.silences import MAX_GAP_MS, Judgement
from firmware_mocks.stillness import longest_still


@dataclass(frozen=True, slots=True)
class Figures:
    """What a policy pack says of one component.

    Attributes:
        limits: by phase, centi-degrees, inclusive.
        longest_still_ms: how long it may lie still at a stretch where it is stored; None: it need not be kept moving.
    """

    limits: Mapping[str, tuple[int, int]]
    longest_still_ms: int | None = None


RED_CELLS = Figures({"store": (200, 600), "transport": (200, 1000)})
"""The figures of the policy pack that the demo site enforces."""
_ARRIVALS = {"collected", "opening", "stored", "moved", "received", "returned", "unpacked", "issued",
             "returned_to_bank", "tag_arrived"}  # fmt: skip
_DEPARTURES = {"removed", "tag_left"}
_ENDS = {"transfused", "discarded"}
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stay:
    """The unit was at `place` from `since_ms` until `until_ms`."""

    place: str
    since_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What follows from the passport.

    Attributes:
        out_ms: time out of limits.
        verdict: `out`, `unknown` or `ok`.
        stays: where the unit was.
        stated_out_ms: what the site's statement says.
        stated_verdict: the verdict in it.
    """

    out_ms: int
    verdict: str
    stays: tuple[Stay, ...]
    stated_out_ms: int
    stated_verdict: str


def recompute(passport: bytes, figures: Figures = RED_CELLS) -> Recomputed:
    """Everything about the unit that a full passport is about.

    Args:
        passport: its bytes.
        figures: by what the unit is judged.

    Raises:
        ValueError: it carries no exposure statement about its unit.
    """
    document = json.loads(passport)
    unit = document["subject"]
    events = list(_events(document))
    statements = [event for event in events if event["kind"] == "exposure_stated" and event["unit"] == unit]
    if not statements:
        raise ValueError(f"the passport of {unit} states no exposure")
    stated = statements[-1]
    until_ms = instant(stated["until"]) if "until" in stated else 0
    phases = {event["place"]: event.get("phase") for event in events if event["kind"] == "place_added"}
    segments = [event for event in events if event["kind"] == "temperature_segment"]
    placed = [event for event in events if event["kind"] == "probe_placed"]
    whereabouts = tuple(stays(events, unit, until_ms=until_ms))
    out_ms = 0
    for stay in whereabouts:
        limits = figures.limits.get(phases.get(stay.place) or "")
        if limits is not None:
            out_ms += outside(marks(stay.place, segments, placed), limits, stay.since_ms, stay.until_ms)
    way = list(
        silences.stretches(
            whereabouts,
            marks_of=lambda place: marks(place, segments, placed),
            limits_of=lambda place: _judgement(phases.get(place), figures),
            until_ms=until_ms,
        )
    )
    found = silences.verdict(way)
    if found == "ok" and figures.longest_still_ms is not None:
        still_ms = longest_still(whereabouts, events, needs=lambda place: phases.get(place) == "store")
        found = "unknown" if still_ms > figures.longest_still_ms else found
    return Recomputed(out_ms, found, whereabouts, stated["out_ms"], stated["verdict"])


def _judgement(phase: str | None, figures: Figures) -> Judgement:
    return "unjudged" if phase is None else figures.limits.get(phase, "no limits")


def stays(events: Iterable[Event], unit: str, *, until_ms: int) -> Iterator[Stay]:
    """Where the unit was, by the time at which things happened."""
    place: str | None = None
    since_ms = 0
    for at_ms, arrived, left in _moves(events, unit):
        if left == "any shelf" and place is not None and place.startswith("box:"):
            continue
        if left is not None and left not in {place, "anywhere", "any shelf"}:
            continue
        if arrived == place and arrived is not None:
            continue
        if place is not None and since_ms < min(at_ms, until_ms):
            yield Stay(place, since_ms, min(at_ms, until_ms))
        place, since_ms = arrived, at_ms
    if place is not None and since_ms < until_ms:
        yield Stay(place, since_ms, until_ms)


def outside(standing: Iterable[Mark], limits: tuple[int, int], since_ms: int, until_ms: int) -> int:
    """Milliseconds of a stay under a standing reading beyond the limits.

    Args:
        standing: the place's marks, in order.
        limits: lowest and highest allowed.
        since_ms: the stay's start.
        until_ms: its end.
    """
    ordered = list(standing)
    total = 0
    for number, (at_ms, centi) in enumerate(ordered):
        following_ms = ordered[number + 1][0] if number + 1 < len(ordered) else at_ms + MAX_GAP_MS
        if not isinstance(centi, int) or limits[0] <= centi <= limits[1]:
            continue
        start, end = max(at_ms, since_ms), min(following_ms, at_ms + MAX_GAP_MS, until_ms)
        total += max(0, end - start)
    return total


def _events(document: Mapping[str, Any]) -> Iterator[Event]:
    """Every carried event, in the order of the log, with where it stands in it."""
    for batch in document["batches"]:
        for position, body in zip(batch["positions"], batch["events"], strict=True):
            yield json.loads(body) | {"log_place": (batch["index"], position)}


def _moves(events: Iterable[Event], unit: str) -> Iterator[tuple[int, str | None, str | None]]:
    """(when, where to, where from): `to` None for a departure, `from` None for an arrival.

    What is dispatched leaves any shelf, and travels in its box if it is in one.
    """
    for event in sorted(events, key=lambda each: (each["time"], each["log_place"])):
        moved = _born_or_consumed(event, unit) if event["kind"] == "prepared" else _moved(event, unit)
        if moved is not None:
            yield instant(event["time"]), *moved


def _born_or_consumed(event: Event, unit: str) -> tuple[str | None, str | None] | None:
    if unit in event["parents"]:
        return None, "anywhere"
    return (event.get("place"), None) if any(child["unit"] == unit for child in event["children"]) else None


def _moved(event: Event, unit: str) -> tuple[str | None, str | None] | None:
    kind, place = event["kind"], event.get("place")
    if not _is_about(event, unit):
        return None
    if kind == "packed":
        return event["box"], None
    if kind in _ARRIVALS and place is not None:
        return place, None
    if kind in _DEPARTURES:
        return None, place or "anywhere"
    if kind == "dispatched":
        return None, "any shelf"
    return (None, "anywhere") if kind in _ENDS else None


def _is_about(event: Event, unit: str) -> bool:
    """A passport carries tag events only of tags that were the unit's; other units' events name their unit."""
    if event["kind"] in {"tag_arrived", "tag_left"}:
        return True
    return unit == event.get("unit") or unit in event.get("units", ())


def readings_of(segments: Iterable[Event]) -> Iterator[tuple[str, int, int]]:
    """(probe, when in ms, centi-degrees) of every reading in the segments."""
    for segment in segments:
        start_ms = instant(segment["time"])
        for offset, centi in segment["readings"]:
            yield segment["probe"], start_ms + offset, centi
