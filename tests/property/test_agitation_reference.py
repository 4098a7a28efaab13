"""Bags that walk between agitators that stop and run: the ledger's rules and the outside reference agree."""

import json

from hypothesis import event, given, settings
from hypothesis import strategies as st

from firmware_mocks import recompute
from ledger.core.ids import format_instant
from ledger.rules.agitation import Said, standstills
from ledger.rules.exposure import Stay, Track, Way, judge, judge_many
from ledger.rules.files import pack_text
from ledger.rules.pack_file import parse_pack

LONGEST_STILL = 15
PACK = parse_pack(
    'pack = "ours"\nversion = "1"\nderives = "cn"\n[sources]\nsop = "Procedure"\n[components.PLT]\n'
    f'agitation = {{ minutes = {LONGEST_STILL}, source = "sop", verified = true }}\n',
    lambda _: pack_text("cn"),
)
FIGURES = recompute.Figures({"store": (2000, 2400)}, longest_still_ms=LONGEST_STILL * 60_000)
UNIT = "unit:A999926000001.A0002V00"
PLACES = ("place:a", "place:b", "place:c")
BEGAN_MS, MINUTE, UNTIL = 1_772_409_600_000, 60_000, 100

moves = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 4), st.sampled_from(PLACES)), min_size=1, max_size=5)
words = st.lists(
    st.tuples(st.integers(0, UNTIL), st.sampled_from(PLACES[:2]), st.sampled_from(["stopped", "stopped", "resumed"])),
    max_size=7,
)


def at(minute: int) -> str:
    return format_instant(BEGAN_MS + minute * MINUTE)


def passport(way: list[tuple[str, int, int]], said: list[tuple[int, str, str]]) -> bytes:
    readings = [[minute * MINUTE, 2200] for minute in range(0, UNTIL, 2)]
    events: list[dict[str, object]] = [
        *({"kind": "place_added", "time": at(0), "place": place, "phase": "store"} for place in PLACES),
        *({"kind": f"agitation_{what}", "time": at(minute), "place": place} for minute, place, what in said),
        *(
            {"kind": "temperature_segment", "time": at(0), "until": at(UNTIL), "place": place, "probe": place,
             "quality": "good", "readings": readings}
            for place in PLACES
        ),
        *({"kind": "stored", "time": at(start), "unit": UNIT, "place": place} for place, start, _ in way),
        *({"kind": "removed", "time": at(end), "unit": UNIT, "place": place} for place, _, end in way),
        {"kind": "exposure_stated", "time": at(UNTIL), "unit": UNIT, "until": at(way[-1][2]), "out_ms": 0,
         "verdict": "unknown"},
    ]  # fmt: skip
    batches = [{"index": number, "positions": [0], "events": [json.dumps(each)]} for number, each in enumerate(events)]
    return json.dumps({"subject": UNIT, "batches": batches}).encode()


def walked(told: list[tuple[int, int, str]]) -> list[tuple[str, int, int]]:
    """(where, from minute, to minute): each stay of at least a minute, then a walk of some minutes."""
    way, now = [], 0
    for stays, walks, place in told:
        way.append((place, now, now + stays))
        now += stays + walks + 1
    return [(place, start, min(end, UNTIL)) for place, start, end in way if start < UNTIL]


@settings(max_examples=300, deadline=None)
@given(moves, words)
def test_the_reference_and_the_rules_say_the_same(
    told: list[tuple[int, int, str]], said: list[tuple[int, str, str]]
) -> None:
    way = walked(told)
    stays = [Stay(place, "store", BEGAN_MS + start * MINUTE, BEGAN_MS + end * MINUTE) for place, start, end in way]
    samples = tuple((BEGAN_MS + minute * MINUTE, 2200) for minute in range(0, UNTIL, 2))
    until_ms = BEGAN_MS + UNTIL * MINUTE
    tracks = {place: [Track(probe=place, start_ms=BEGAN_MS, end_ms=until_ms, samples=samples)] for place in PLACES}
    stood = {
        place: standstills(
            [
                Said(BEGAN_MS + minute * MINUTE, what == "resumed")
                for minute, here, what in sorted(said, key=lambda each: each[0])
                if here == place
            ]
        )
        for place in PLACES[:2]
    }
    ended_ms = BEGAN_MS + way[-1][2] * MINUTE
    found = judge(stays, tracks, pack=PACK, component="PLT", until_ms=ended_ms, stood=stood)
    (together,) = judge_many([Way(stays, "PLT")], tracks, pack=PACK, until_ms=ended_ms, stood=stood)
    outside = recompute.recompute(passport(way, said), FIGURES)
    event(f"{found.verdict}, lost: {any(spell.reason == 'agitation-lost' for spell in found.spells)}")
    assert found == together
    assert (outside.verdict, outside.out_ms) == (found.verdict, found.out_ms)
