"""A probe that is moved about, told by persons and by gateways: the ledger's rules and the outside reference agree."""

import json
from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from firmware_mocks import recompute
from ledger.core.ids import format_instant
from ledger.rules.exposure import Stay, Track, Way, judge, judge_many
from ledger.rules.files import pack_text
from ledger.rules.moved import Placement, absences
from ledger.rules.pack_file import parse_pack

CN = parse_pack(pack_text("cn"))
UNIT = "unit:A999926000001.A0002V00"
HERE, THERE = "place:f-07", "place:f-08"
BEGAN_MS, MINUTE = 1_772_409_600_000, 60_000
LONGEST = 120

stretches = st.lists(
    st.tuples(st.sampled_from([HERE, HERE, THERE]), st.integers(0, 90), st.integers(1, 30), st.sampled_from([1, 4, 8])),
    min_size=1,
    max_size=4,
)
words = st.lists(st.tuples(st.integers(0, LONGEST), st.sampled_from([HERE, THERE, None])), max_size=3)


def passport(segments: list[tuple[str, Track]], said: list[Placement], until_ms: int) -> bytes:
    start = format_instant(BEGAN_MS)
    events: list[dict[str, object]] = [
        {"kind": "place_added", "time": start, "place": HERE, "phase": "store"},
        {"kind": "stored", "time": start, "unit": UNIT, "place": HERE},
        *(
            {"kind": "probe_placed", "time": format_instant(each.since_ms), "probe": "probe:p"}
            | ({} if each.place is None else {"place": each.place})
            for each in said
        ),
        *(
            {
                "kind": "temperature_segment", "time": format_instant(track.start_ms), "place": place,
                "probe": "probe:p", "until": format_instant(track.end_ms), "quality": "good",
                "readings": [[at_ms - track.start_ms, centi] for at_ms, centi in track.samples],
            }
            for place, track in segments
        ),
        {
            "kind": "exposure_stated", "time": format_instant(until_ms), "unit": UNIT,
            "until": format_instant(until_ms), "out_ms": 0, "verdict": "unknown",
        },
    ]  # fmt: skip
    batches = [{"index": at, "positions": [0], "events": [json.dumps(each)]} for at, each in enumerate(events)]
    return json.dumps({"subject": UNIT, "batches": batches}).encode()


def segment(start: int, length: int, step: int, *, centi: int) -> Track:
    start_ms, end_ms = BEGAN_MS + start * MINUTE, BEGAN_MS + (start + length) * MINUTE
    samples = tuple((at_ms, centi) for at_ms in range(start_ms, end_ms, step * MINUTE))
    return Track(probe="probe:p", start_ms=start_ms, end_ms=end_ms, samples=samples)


@settings(max_examples=400, deadline=None)
@given(stretches, words, st.integers(5, LONGEST), st.sampled_from([400, 700]))
def test_the_reference_and_the_rules_say_the_same(
    told: list[tuple[str, int, int, int]], said: list[tuple[int, str | None]], lasted: int, centi: int
) -> None:
    until_ms = BEGAN_MS + lasted * MINUTE
    segments = [(place, segment(start, length, step, centi=centi)) for place, start, length, step in told]
    placements = [Placement(BEGAN_MS + at * MINUTE, place) for at, place in sorted(said, key=lambda each: each[0])]
    elsewhere = [(track.start_ms, track.end_ms) for place, track in segments if place == THERE]
    here = [
        replace(track, absent=absences(track, HERE, placements=placements, elsewhere=elsewhere))
        for place, track in segments
        if place == HERE
    ]
    stays, tracks = [Stay(HERE, "store", BEGAN_MS)], {HERE: here}
    found = judge(stays, tracks, pack=CN, component="RBC_AS", until_ms=until_ms)
    (together,) = judge_many([Way(stays, "RBC_AS")], tracks, pack=CN, until_ms=until_ms)
    outside = recompute.recompute(passport(segments, placements, until_ms))
    event(f"{found.verdict}, moved: {any(spell.reason == 'probe-moved' for spell in found.spells)}")
    assert found == together
    assert (outside.verdict, outside.out_ms) == (found.verdict, found.out_ms)
