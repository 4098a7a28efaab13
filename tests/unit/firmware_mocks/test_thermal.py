"""Cabinets behave as the measured ones do, and the same whichever way time is cut."""

from dataclasses import replace
from itertools import pairwise

import pytest

from firmware_mocks import thermal
from firmware_mocks.thermal import CABINETS, Conditions

MINUTE_MS = 60_000
ROOM = Conditions(22.0)


def minutes(
    kind: str, count: int, *, conditions: Conditions = ROOM, state: thermal.ThermalState | None = None, seed: int = 1
) -> list[thermal.ThermalState]:
    state = state or thermal.begin(CABINETS[kind], seed=seed)
    states = []
    for _ in range(count):
        state = thermal.advance(CABINETS[kind], conditions, state, elapsed_ms=MINUTE_MS, seed=seed)
        states.append(state)
    return states


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fridge_swings_between_3_4_and_4_8_degrees(seed: int) -> None:
    air = [state.air_probe for state in minutes("fridge", 600, seed=seed)]
    assert 3.3 < min(air) < 3.7
    assert 4.5 < max(air) < 4.9


def test_a_buffered_probe_swings_less_than_an_air_probe() -> None:
    states = minutes("fridge", 600)[60:]
    air, load = [s.air_probe for s in states], [s.load_probe for s in states]
    assert max(load) - min(load) < 0.6 * (max(air) - min(air))


@pytest.mark.parametrize("probe", ["air_probe", "load_probe"])
def test_seventy_minutes_without_compressor_take_a_fridge_to_nine_degrees_and_it_comes_back(probe: str) -> None:
    start = minutes("fridge", 120)[-1]
    failed = minutes("fridge", 70, conditions=replace(ROOM, compressor_works=False), state=start)
    warm = [getattr(state, probe) for state in failed]
    assert warm[0] < 5
    assert 8.0 < warm[-1] < 10.0
    assert any(5.9 < value < 6.1 for value in warm)
    mended = minutes("fridge", 90, state=failed[-1])
    assert getattr(mended[-1], probe) < 4.9


def test_a_freezer_cycles_about_every_29_minutes() -> None:
    states = minutes("freezer", 600)
    starts = [at for at, (a, b) in enumerate(pairwise(states)) if a.driving == 0 and b.driving == -1]
    assert all(26 <= b - a <= 32 for a, b in pairwise(starts))
    steps = sorted(abs(b.air_probe - a.air_probe) for a, b in pairwise(states))
    assert 0.15 < steps[len(steps) // 2] < 0.25


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_defrost_comes_about_every_41_hours_and_keeps_it_above_minus_ten_for_half_an_hour(seed: int) -> None:
    states = minutes("frostfree_freezer", 100 * 60, seed=seed)
    warm = [at for at, state in enumerate(states) if state.air_probe > -10]
    second = next(at for at in warm if at - warm[0] > 600)
    assert 38 < (second - warm[0]) / 60 < 44
    first = [at for at in warm if at < second]
    assert 27 <= len(first) <= 42
    assert -2 < max(states[at].air_probe for at in first) < 8


def test_a_door_warms_the_air_fast_and_the_load_slowly() -> None:
    start = thermal.begin(CABINETS["fridge"], seed=1, start_celsius=4.0)
    opened = minutes("fridge", 3, conditions=replace(ROOM, door_open=True), state=start)[-1]
    assert opened.air_probe > 6.0
    assert opened.load_probe < 6.0


def test_platelets_stay_between_20_and_24_degrees_in_a_warm_and_in_a_cool_room() -> None:
    for ambient in (18.0, 26.0):
        air = [s.air_probe for s in minutes("platelet_incubator", 600, conditions=Conditions(ambient))]
        assert min(air) > 21.0
        assert max(air) < 23.0


def test_a_transport_box_only_warms() -> None:
    states = minutes("transport_box", 12 * 60)
    assert all(b.body > a.body for a, b in pairwise(states))
    assert states[4 * 60].air_probe < 10 < states[-1].air_probe


def test_the_same_span_in_any_pieces_ends_in_the_same_state() -> None:
    cabinet = CABINETS["fridge"]
    start = thermal.begin(cabinet, seed=7)
    whole = thermal.advance(cabinet, ROOM, start, elapsed_ms=3_600_123, seed=7)
    pieces, left = start, 3_600_123
    for size in [1, 4_999, 9_999, 10_001, 600_000, 3_600_123]:
        piece_ms = min(size, left)
        pieces = thermal.advance(cabinet, ROOM, pieces, elapsed_ms=piece_ms, seed=7)
        left -= piece_ms
    assert pieces == whole


def test_time_that_runs_backwards_is_no_time() -> None:
    start = thermal.begin(CABINETS["fridge"], seed=7)
    assert thermal.advance(CABINETS["fridge"], ROOM, start, elapsed_ms=-5_000, seed=7) == start


def test_a_probe_is_noisy_but_repeatable() -> None:
    states = minutes("fridge", 30)
    shown = [thermal.celsius(state, probe="air", seed=1) for state in states]
    assert shown == [thermal.celsius(state, probe="air", seed=1) for state in states]
    errors = {round(value - state.air_probe, 6) for value, state in zip(shown, states, strict=True)}
    assert len(errors) == 30
    assert max(map(abs, errors)) < 0.15
