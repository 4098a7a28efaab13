"""One rule for gaps: the unit's page, the station's list, a logger's file and the outside reference say the same.

A unit stands in one refrigerator beside one probe. What the probe read is given to each of them in its own form.
"""

import json
from itertools import pairwise

from hypothesis import event, given, settings
from hypothesis import strategies as st

from firmware_mocks import recompute
from ledger.core.ids import format_instant
from ledger.rules.exposure import Exposure, Stay, Track, Way, judge, judge_log, judge_many
from ledger.rules.files import pack_text
from ledger.rules.pack_file import parse_pack

MINUTE = 60_000
BEGAN_MS = 1_767_225_600_000
CN = parse_pack(pack_text("cn"))
FRIDGE, UNIT = "place:a/fridge", "unit:A999926000001.E0001V00"
Samples = list[tuple[int, int]]

steps = st.sampled_from([1, 1, 1, 2, 5, 9, 10, 10, 11, 20, 21, 40])
readings = st.lists(st.tuples(steps, st.sampled_from([400, 400, 400, 400, 200, 600, 601, 199])), min_size=1, max_size=8)


def samples_of(read: list[tuple[int, int]]) -> Samples:
    at_ms, found = BEGAN_MS, []
    for minutes, centi in read:
        found.append((at_ms, centi))
        at_ms += minutes * MINUTE
    return found


def holes_of(samples: Samples, told: int) -> tuple[tuple[int, int, str], ...]:
    """The holes longer than so many minutes, from a reading to the next."""
    pairs = pairwise(samples)
    return tuple((one, other, "no reading") for (one, _), (other, _) in pairs if other - one > told * MINUTE)


def passport(track: Track, until_ms: int) -> bytes:
    start = track.start_ms
    events = [
        {"kind": "place_added", "time": format_instant(start), "place": FRIDGE, "phase": "store"},
        {"kind": "stored", "time": format_instant(start), "unit": UNIT, "place": FRIDGE},
        {
            "kind": "temperature_segment", "time": format_instant(start), "place": FRIDGE, "probe": "probe:p",
            "until": format_instant(until_ms), "quality": "good",
            "readings": [[at_ms - start, centi] for at_ms, centi in track.samples],
        },
        {
            "kind": "exposure_stated", "time": format_instant(until_ms), "unit": UNIT,
            "until": format_instant(until_ms), "out_ms": 0, "verdict": "unknown",
        },
    ]  # fmt: skip
    batches = [{"index": at, "positions": [0], "events": [json.dumps(each)]} for at, each in enumerate(events)]
    return json.dumps({"subject": UNIT, "batches": batches}).encode()


def minutes(found: Exposure) -> tuple[str, int, int]:
    return found.verdict, found.out_ms, found.unknown_ms


@settings(max_examples=300, deadline=None)
@given(readings)
def test_the_four_say_the_same_of_the_same_readings(read: list[tuple[int, int]]) -> None:
    samples = samples_of(read)
    until_ms = samples[-1][0] + 1
    track = Track(probe="log", start_ms=BEGAN_MS, end_ms=until_ms, samples=tuple(samples))
    stays, tracks = [Stay(FRIDGE, "store", BEGAN_MS)], {FRIDGE: [track]}
    alone = judge(stays, tracks, pack=CN, component="RBC_AS", until_ms=until_ms)
    (together,) = judge_many([Way(stays, "RBC_AS")], tracks, pack=CN, until_ms=until_ms)
    logged = judge_log(samples, pack=CN, component="RBC_AS", phase="store")
    outside = recompute.recompute(passport(track, until_ms))
    event(alone.verdict)
    assert minutes(alone) == minutes(together) == minutes(logged)
    assert (outside.verdict, outside.out_ms) == minutes(alone)[:2]


@settings(max_examples=300, deadline=None)
@given(readings, st.integers(2, 40))
def test_that_a_hole_was_told_shows_it_and_changes_no_verdict(read: list[tuple[int, int]], told: int) -> None:
    samples = samples_of(read)
    until_ms = samples[-1][0] + 1
    quiet = Track(probe="a", start_ms=BEGAN_MS, end_ms=until_ms, samples=tuple(samples))
    telling = Track(probe="a", start_ms=BEGAN_MS, end_ms=until_ms, samples=tuple(samples), gaps=holes_of(samples, told))
    stays = [Stay(FRIDGE, "store", BEGAN_MS)]
    one, other = (
        judge(stays, {FRIDGE: [track]}, pack=CN, component="RBC_AS", until_ms=until_ms) for track in (quiet, telling)
    )
    assert one.out_ms == other.out_ms
    assert one.verdict == other.verdict
    assert other.unknown_ms >= one.unknown_ms


@settings(max_examples=300, deadline=None)
@given(readings)
def test_unknown_is_exactly_what_lies_between_readings_too_far_apart(read: list[tuple[int, int]]) -> None:
    """Each reading stands ten minutes; nothing is tolerated behind that."""
    samples = samples_of(read)
    found = judge_log(samples, pack=CN, component="RBC_AS", phase="store")
    apart = [other - one for (one, _), (other, _) in pairwise(samples)]
    assert found.unknown_ms == sum(max(0, each - 10 * MINUTE) for each in apart)
    assert found.tolerated_ms == 0
