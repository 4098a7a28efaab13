"""What the probes read in the four weeks before the played day: one day of each cabinet, lived through again and again.

A cabinet's day comes out of `thermal`, once; every further one repeats it with a little unrest of its own, so that
four weeks of six probes take a second. Nothing here is out of limits: the one excursion of the demo is the played
night's.
"""

import random
from collections.abc import Iterator
from functools import cache

from firmware_mocks import thermal
from firmware_mocks.past_gateway import Segment
from firmware_mocks.site_plan import BOX, FREEZER, FRIDGE_1, FRIDGE_2, HOSPITAL_FRIDGE, INCUBATOR

EVERY_MS = 300_000
_PHASE_MS = 240_000
"""Readings are taken at 4, 9, 14 … minutes past the hour."""
_DAY_MS = 86_400_000
_A_DAY = _DAY_MS // EVERY_MS
_UNREST_CENTI = 5
_COLD_ROOM_CELSIUS, _ROAD_CELSIUS = 4.2, 22.0
_ON_THE_ROAD = range(8 * 12, 9 * 12 + 6)
"""Of a day in UTC, in steps of five minutes: from four to half past five in the afternoon, where the site is."""

PROBES = {
    "gw-centre": (
        (FRIDGE_1, "probe:gw-centre/fridge-1", "fridge"),
        (FRIDGE_2, "probe:gw-centre/fridge-2", "fridge"),
        (FREEZER, "probe:gw-centre/freezer-1", "freezer"),
        (INCUBATOR, "probe:gw-centre/incubator-1", "platelet_incubator"),
    ),
    "gw-hospital": ((HOSPITAL_FRIDGE, "probe:gw-hospital/fridge-1", "fridge"),),
    "gw-van": ((BOX, "probe:gw-van/box-12", "transport_box"),),
}
"""Gateway to (place, probe, cabinet) of everything that it watches."""


def segments(gateway: str, *, after_ms: int, until_ms: int) -> list[Segment]:
    """What every probe of a gateway read after one instant and until another, both Unix milliseconds."""
    first, last = ((instant - _PHASE_MS) // EVERY_MS for instant in (after_ms, until_ms))
    times = [step * EVERY_MS + _PHASE_MS for step in range(first + 1, last + 1)]
    if not times:
        return []
    return [
        Segment(place, probe, [(at_ms, centi(probe, kind, at_ms)) for at_ms in times])
        for place, probe, kind in PROBES[gateway]
    ]


def centi(probe: str, kind: str, at_ms: int) -> int:
    """Hundredths of a degree that a probe in a cabinet of this kind reads at an instant on the five minutes."""
    unrest = random.Random(f"{probe} {at_ms}").randint(-_UNREST_CENTI, _UNREST_CENTI)
    return _day(probe, kind)[at_ms % _DAY_MS // EVERY_MS] + unrest


@cache
def _day(probe: str, kind: str) -> tuple[int, ...]:
    return tuple(_lived(probe, kind))


def _lived(probe: str, kind: str) -> Iterator[int]:
    """One day of a cabinet, in hundredths of a degree; a box is a cabinet that is carried out once."""
    cabinet, seed = thermal.CABINETS[kind], sum(probe.encode())
    state = thermal.begin(cabinet, seed=seed, start_celsius=_COLD_ROOM_CELSIUS if kind == "transport_box" else None)
    for step in range(_A_DAY):
        ambient = cabinet.ambient_celsius
        if kind == "transport_box":
            ambient = _ROAD_CELSIUS if step in _ON_THE_ROAD else _COLD_ROOM_CELSIUS
        yield round(thermal.celsius(state, probe="air", seed=seed) * 100)
        conditions = thermal.Conditions(ambient)
        state = thermal.advance(cabinet, conditions, state, elapsed_ms=EVERY_MS, seed=seed)
