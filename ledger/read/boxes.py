"""Transport boxes (运输箱): their state, what lies in each, the newest reading in it, and how long it still keeps."""

from dataclasses import dataclass, replace
from typing import Final

from ledger.core import kinds
from ledger.core.ids import is_id, parse_instant
from ledger.read import consignments
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.read.receiving import qualification
from ledger.read.values import Named, UnitSummary
from ledger.rules.boxes import Boxed, fold_box, left_ms
from ledger.store.tables import units

LOOKED_BACK_MS: Final = 86_400_000
"""A reading of a day ago says nothing of a box."""
_MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box.

    Attributes:
        place: the box, as it is registered.
        boxed: its state.
        contents: the units in it that the asking user may see, by name.
        probe: the probe that read in it last; else that which was packed with it; None: none is known.
        read_ms: when that was; None: not in the last day.
        centi_celsius: what it read.
        minutes: how long it is qualified to keep; None: it is not.
        left_ms: how long it still keeps; negative: overdue; None: not known.
    """

    place: Named
    boxed: Boxed
    contents: tuple[UnitSummary, ...]
    probe: str | None
    read_ms: int | None
    centi_celsius: int | None
    minutes: int | None
    left_ms: int | None


def boxes(reader: Reader, organisation: str | None, *, now_ms: int) -> tuple[Box, ...]:
    """The boxes of an organisation (None: of all), and those of others that hold what it may see; by name.

    Raises:
        ConfigError: the site's file of boxes cannot be read.
    """
    found = []
    for place in sorted(reader.places.values(), key=lambda each: each.id):
        if is_id(place.id, "box"):
            box = _box(reader, place, organisation, now_ms=now_ms)
            if organisation in {None, place.organisation} or box.contents:
                found.append(box)
    return tuple(found)


def _box(reader: Reader, place: Named, organisation: str | None, *, now_ms: int) -> Box:
    inside = reader.units(organisation=organisation, also=(units.c.place == place.id,), limit=_MOST)
    told = recorded(reader.history.told_of(place.id, until_ms=now_ms))
    boxed = fold_box(told, is_empty=not inside)
    if boxed.note is not None and not consignments.visible(reader, boxed.note, organisation):
        boxed = replace(boxed, note=None)  # what another organisation was sent in the same box is theirs
    minutes = qualification(reader).minutes_of(place.id)
    probe, read_ms, centi = _reading(reader, place.id, now_ms)
    return Box(
        place=place,
        boxed=boxed,
        contents=tuple(sorted(inside, key=lambda each: each.unit)),
        probe=probe or boxed.probe,
        read_ms=read_ms,
        centi_celsius=centi,
        minutes=minutes,
        left_ms=left_ms(boxed, minutes=minutes, now_ms=now_ms),
    )


def _reading(reader: Reader, box: str, now_ms: int) -> tuple[str | None, int | None, int | None]:
    """The newest reading in a box that can be relied on: probe, instant, centi-degrees."""
    newest: tuple[str | None, int | None, int | None] = (None, None, None)
    for each in recorded(reader.history.segments(box, start_ms=now_ms - LOOKED_BACK_MS, end_ms=now_ms)):
        if isinstance(each.event, kinds.TemperatureSegment) and each.event.quality == "good" and each.event.readings:
            offset, centi = each.event.readings[-1]
            at_ms = parse_instant(each.event.time) + offset
            if newest[1] is None or at_ms > newest[1]:
                newest = (each.event.probe, at_ms, centi)
    return newest
