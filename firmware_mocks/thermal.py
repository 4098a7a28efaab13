"""How warm it is in a blood fridge, a freezer, a platelet incubator and a transport box.

A cabinet is one body (walls and content) that leaks towards the room and is driven by a thermostat with hysteresis,
plus a short-lived warm layer of air above it, made by an open door or a defrost heater. Two probes hang in it, each a
first-order lag of the air: one in the air itself (time constant 40 s), one in a bottle that is buffered like a blood
bag (7 min).

`advance` is a pure function of cabinet, conditions, state, elapsed time and seed. It works in fixed sub-steps of ten
seconds and carries the rest over, so that the same span in any number of pieces ends in the same state.

The figures: compressor period 29 min and about 0.2 degrees a minute, from a 14-day one-minute log of a freezer at
-19.5; its defrost every 41 h keeps the air above -10 for 27 to 42 minutes with peaks of -2 to +8. A fridge leaks with
215 min, so that 70 minutes without compressor take it from 4 to about 9 degrees.
"""

import math
import random
from dataclasses import dataclass, replace
from typing import Literal

STEP_SECONDS = 10
LONGEST_GAP_SECONDS = 7 * 24 * 3600
_STEP_MINUTES = STEP_SECONDS / 60
_AIR_PROBE_MINUTES = 40 / 60
_LOAD_PROBE_MINUTES = 7.0
_DOOR_WARM_MINUTES = 1.0
_DOOR_SETTLE_MINUTES = 2.0
_DOOR_AIR_SHARE = 0.25
_HEATER_MINUTES = 12.0
_HEATER_CELSIUS = 24.0
_PROBE_NOISE_CELSIUS = 0.03

Probe = Literal["air", "load"]


@dataclass(frozen=True, slots=True)
class Cabinet:
    """The fixed properties of a kind of cabinet. Rates are degrees Celsius a minute, with the leak not yet deducted.

    Attributes:
        kind: its name in options.
        ambient_celsius: the room it usually stands in.
        leak_minutes: time constant towards the room, door shut.
        door_leak_minutes: the same, door open.
        cooling: rate while the compressor runs; 0 for a passive box.
        heating: rate while the heater runs; 0 where there is none.
        cool_from: cooling starts at or above this.
        cool_to: and ends at or below this.
        heat_from: heating starts at or below this.
        heat_to: and ends at or above this.
        defrost_hours: mean time between automatic defrosts; 0 for none.
        defrost_minutes: mean time that the defrost heater is on.
    """

    kind: str
    ambient_celsius: float
    leak_minutes: float
    door_leak_minutes: float
    cooling: float
    heating: float
    cool_from: float
    cool_to: float
    heat_from: float = -273.0
    heat_to: float = -273.0
    defrost_hours: float = 0.0
    defrost_minutes: float = 27.0


CABINETS = {
    cabinet.kind: cabinet
    for cabinet in (
        Cabinet("fridge", 22.0, 215.0, 60.0, 0.2, 0.0, 4.75, 3.45),
        Cabinet("freezer", 22.0, 260.0, 90.0, 0.4, 0.0, -28.6, -31.4),
        Cabinet("frostfree_freezer", 22.0, 207.0, 90.0, 0.4, 0.0, -18.1, -20.9, defrost_hours=41.0),
        Cabinet("platelet_incubator", 25.0, 60.0, 25.0, 0.15, 0.15, 22.4, 22.0, 21.6, 22.0),
        Cabinet("transport_box", 22.0, 1500.0, 60.0, 0.0, 0.0, 4.6, 3.8),
    )
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """What people and power do to a cabinet."""

    ambient_celsius: float
    door_open: bool = False
    compressor_works: bool = True


@dataclass(frozen=True, slots=True)
class ThermalState:
    """Everything that the next step depends on.

    Attributes:
        body: walls and content, degrees Celsius; what the thermostat feels.
        warm_air: how much warmer the air is than the body.
        air_probe: the air probe's own temperature.
        load_probe: the buffered probe's own temperature.
        driving: -1 cooling, 0 resting, 1 heating.
        steps: sub-steps done since the start.
        carried_ms: elapsed time that did not fill a sub-step yet.
        defrosts: defrosts begun so far.
        defrost_in_seconds: until the next begins; negative where there is none.
        defrost_left_seconds: heater time left; 0 when not defrosting.
    """

    body: float
    warm_air: float
    air_probe: float
    load_probe: float
    driving: int
    steps: int = 0
    carried_ms: int = 0
    defrosts: int = 0
    defrost_in_seconds: float = -1.0
    defrost_left_seconds: float = 0.0


def begin(cabinet: Cabinet, *, seed: int, start_celsius: float | None = None) -> ThermalState:
    """A settled cabinet, at a point of its cycle that the seed decides, or at a given temperature."""
    generator = random.Random(f"{seed}:begin:{cabinet.kind}")
    body = generator.uniform(cabinet.cool_to, cabinet.cool_from)
    driving = generator.choice((-1, 0)) if cabinet.cooling > 0 else 0
    if start_celsius is not None:
        body, driving = start_celsius, 0
    defrost_in = _defrost_in_seconds(cabinet, seed=seed, defrosts=0)
    return ThermalState(body, 0.0, body, body, driving, defrost_in_seconds=defrost_in)


def advance(
    cabinet: Cabinet, conditions: Conditions, state: ThermalState, *, elapsed_ms: int, seed: int
) -> ThermalState:
    """The state after `elapsed_ms` under constant conditions.

    More than a week at once is taken as a week: by then every cabinet has settled. Time that runs backwards is none.
    """
    span = state.carried_ms + min(max(elapsed_ms, 0), LONGEST_GAP_SECONDS * 1000)
    steps, carried = divmod(span, STEP_SECONDS * 1000)
    for _ in range(steps):
        state = _step(cabinet, conditions, state, seed)
    return replace(state, carried_ms=carried)


def start_defrost(cabinet: Cabinet, state: ThermalState, *, seed: int) -> ThermalState:
    """The same moment with the defrost heater just switched on."""
    generator = random.Random(f"{seed}:defrost:{state.defrosts}")
    seconds = (cabinet.defrost_minutes + generator.uniform(-2.0, 2.0)) * 60
    following = _defrost_in_seconds(cabinet, seed=seed, defrosts=state.defrosts + 1)
    return replace(
        state, defrosts=state.defrosts + 1, defrost_left_seconds=seconds, defrost_in_seconds=following, driving=0
    )


def celsius(state: ThermalState, *, probe: Probe, seed: int) -> float:
    """What a probe feels now, with the small noise of a real one; the same again within a sub-step."""
    felt = state.air_probe if probe == "air" else state.load_probe
    return felt + random.Random(f"{seed}:noise:{probe}:{state.steps}").gauss(0.0, _PROBE_NOISE_CELSIUS)


def _step(cabinet: Cabinet, conditions: Conditions, state: ThermalState, seed: int) -> ThermalState:
    """Ten seconds."""
    if 0 <= state.defrost_in_seconds < STEP_SECONDS and state.defrost_left_seconds <= 0:
        state = start_defrost(cabinet, state, seed=seed)
    defrosting = state.defrost_left_seconds > 0
    driving = 0 if defrosting or not conditions.compressor_works else _thermostat(cabinet, state)
    leak = cabinet.door_leak_minutes if conditions.door_open else cabinet.leak_minutes
    rate = {-1: -cabinet.cooling, 0: 0.0, 1: cabinet.heating}[driving]
    body = state.body + _approach(conditions.ambient_celsius - state.body, leak) + rate * _STEP_MINUTES
    warm_air = state.warm_air + _warming(conditions, state, defrosting)
    air = body + warm_air
    return ThermalState(
        body=body,
        warm_air=warm_air,
        air_probe=state.air_probe + _approach(air - state.air_probe, _AIR_PROBE_MINUTES),
        load_probe=state.load_probe + _approach(air - state.load_probe, _LOAD_PROBE_MINUTES),
        driving=driving,
        steps=state.steps + 1,
        defrosts=state.defrosts,
        defrost_in_seconds=state.defrost_in_seconds - STEP_SECONDS if state.defrost_in_seconds >= 0 else -1.0,
        defrost_left_seconds=max(0.0, state.defrost_left_seconds - STEP_SECONDS),
    )


def _warming(conditions: Conditions, state: ThermalState, defrosting: bool) -> float:  # noqa: FBT001  a state, not a mode
    """How much the warm layer of air grows in a step."""
    if defrosting:
        return _approach(_HEATER_CELSIUS - state.warm_air, _HEATER_MINUTES)
    if conditions.door_open:
        target = _DOOR_AIR_SHARE * (conditions.ambient_celsius - state.body)
        return _approach(target - state.warm_air, _DOOR_WARM_MINUTES)
    # A door's draught is gone in minutes; a heater's warmth sits in the coil and leaves as slowly as it came.
    settle = _DOOR_SETTLE_MINUTES if state.warm_air < _HEATER_CELSIUS / 4 else _HEATER_MINUTES
    return _approach(-state.warm_air, settle)


def _thermostat(cabinet: Cabinet, state: ThermalState) -> int:
    if cabinet.cooling > 0 and state.body >= cabinet.cool_from:
        return -1
    if cabinet.heating > 0 and state.body <= cabinet.heat_from:
        return 1
    if state.driving < 0 and state.body > cabinet.cool_to:
        return -1
    if state.driving > 0 and state.body < cabinet.heat_to:
        return 1
    return 0


def _approach(distance: float, minutes: float) -> float:
    """The part of a distance that a first-order lag covers in a step; exact, so never unstable."""
    return distance * (1 - math.exp(-_STEP_MINUTES / minutes))


def _defrost_in_seconds(cabinet: Cabinet, *, seed: int, defrosts: int) -> float:
    if cabinet.defrost_hours <= 0:
        return -1.0
    return cabinet.defrost_hours * 3600 * random.Random(f"{seed}:interval:{defrosts}").uniform(0.95, 1.05)
