"""Exposure against a reference that asks, for every single millisecond, what the definition says.

The reference knows no intervals, no marks and no sweeps: it is slow, plain, and written from the definition. The
timelines are small, so that boundaries meet often.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Literal
from unittest.mock import patch

from hypothesis import event, given, settings
from hypothesis import strategies as st

from ledger.rules import timeline
from ledger.rules.exposure import Exposure, Stay, Track, Way, judge, judge_many
from ledger.rules.pack import ComponentRules, Limits, Pack, Phase

HORIZON = 40
SEVERITY = {"ok": 0, "gap": 1, "unknown": 2, "out": 3}
PHASES: Sequence[Phase | None] = ("store", "store", "store", "store", "transport", "transport", "ward", None)
Rules = Mapping[Phase, Limits]


@dataclass(frozen=True)
class Moment:
    """What the reference says of one millisecond."""

    state: str
    place: str | None = None
    patience: int = 0
    values: tuple[int, ...] = ()
    read: int | None = None
    silent: int | None = None


def severity_of(track: Track, limits: Limits, reading: tuple[int, int]) -> int:
    at, centi = reading
    if track.calibration_until_ms is not None and at > track.calibration_until_ms:
        return SEVERITY["unknown"]
    below = limits.low is not None and centi < limits.low
    above = limits.high is not None and centi > limits.high
    return SEVERITY["out" if below or above else "ok"]


def holes_of(track: Track) -> list[int]:
    """Where its declared gaps begin: just after the reading, if there is one at that instant."""
    read = {at for at, _ in track.samples}
    begun = [(start + 1 if start in read else start, end) for start, end, _ in track.gaps]
    return [start for start, end in begun if start < end]


def probe_at(tracks: Sequence[Track], limits: Limits, now: int) -> Moment | None:
    """One probe at one instant; None while it is not in the place."""
    tracks = sorted(tracks, key=lambda track: (track.start_ms, track.end_ms))
    removals = [
        next((later.end_ms for later in tracks[number:] if later.removed), None) for number in range(len(tracks))
    ]
    if not any(
        track.start_ms <= now and (gone is None or now < gone) for track, gone in zip(tracks, removals, strict=True)
    ):
        return None
    faults = [(track.start_ms, track.end_ms) for track in tracks if track.quality != "good"]
    holes = [hole for track in tracks if track.quality == "good" for hole in holes_of(track)]
    removed = [track.end_ms for track in tracks if track.removed]
    readings = [
        (at, severity_of(track, limits, (at, centi)), centi)
        for track in tracks
        if track.quality == "good"
        for at, centi in track.samples
        if at <= now and not any(start <= at < end for start, end in faults)
    ]
    last, severity, centi = max(readings, default=(-1, SEVERITY["gap"], 0))
    if any(last < start <= now for start, _ in faults) or severity == SEVERITY["unknown"]:
        return Moment("unknown")
    silent = any(last < end <= now for end in removed) or now - last >= limits.max_gap_ms
    if severity != SEVERITY["out"]:
        silent = silent or any(last < start <= now for start in holes)
    if severity == SEVERITY["gap"] or silent:
        return Moment("gap", silent=last if last >= came_at(tracks, now) else None)
    return Moment("out" if severity == SEVERITY["out"] else "ok", values=(centi,), read=last)


def came_at(tracks: Sequence[Track], now: int) -> int:
    """When a probe that is in the place now was put there: its first segment ever, or after it was taken away."""
    came: int | None = None
    for track in tracks:
        came = track.start_ms if came is None else came
        if track.removed:
            if came <= now < track.end_ms:
                return came
            came = None
    assert came is not None
    return came


def place_at(tracks: Sequence[Track], limits: Limits, now: int) -> Moment:
    """All probes of a place at one instant."""
    if not tracks:
        return Moment("unknown")
    probes = {track.probe for track in tracks}
    found = [probe_at([track for track in tracks if track.probe == probe], limits, now) for probe in sorted(probes)]
    standing = [moment for moment in found if moment is not None]
    state = max((moment.state for moment in standing), key=lambda state: SEVERITY[state], default="gap")
    return Moment(
        state,
        values=tuple(value for moment in standing for value in moment.values),
        read=min((moment.read for moment in standing if moment.read is not None), default=None),
        silent=min((moment.silent for moment in standing if moment.silent is not None), default=None),
    )


def unit_at(stays: Sequence[Stay], tracks: Mapping[str, Sequence[Track]], rules: Rules, now: int) -> Moment | None:
    """The unit at one instant, gaps undecided; None before its first stay."""
    begun = [stay for stay in sorted(stays, key=lambda stay: stay.start_ms) if stay.start_ms <= now]
    if not begun:
        return None
    stay = begun[-1]
    if stay.end_ms is not None and now >= stay.end_ms:
        return Moment("gap")
    if stay.phase is None:
        return Moment("unjudged", stay.place)
    limits = rules.get(stay.phase)
    if limits is None:
        return Moment("unknown", stay.place)
    moment = place_at(tracks.get(stay.place, ()), limits, now)
    return Moment(moment.state, stay.place, limits.max_gap_ms, moment.values, moment.read, moment.silent)


def decided(moments: Sequence[Moment], now: int, first: int) -> str:
    """The status of instant `first + now`, gaps decided by looking left and right."""
    if moments[now].state != "gap":
        return moments[now].state
    left, right = now, now
    while left >= 0 and moments[left].state == "gap":
        left -= 1
    while right < len(moments) and moments[right].state == "gap":
        right += 1
    if left < 0 or moments[left].state != "ok":
        return "unknown"
    read = last_read(moments[left], moments[left + 1])
    if right == len(moments):
        return "tolerated" if first + now < read + moments[left].patience else "unknown"
    if moments[right].state != "ok":
        return "unknown"
    patient = first + right - read <= min(moments[left].patience, moments[right].patience)
    return "tolerated" if patient else "unknown"


def last_read(before: Moment, silence: Moment) -> int:
    """The reading after which a gap begins: of the probe that fell silent, else of whatever stood until then."""
    assert before.read is not None, "in range is what was read"
    return before.read if silence.silent is None or silence.place != before.place else silence.silent


def limits_of(low: int | None, high: int | None, max_gap: int, tolerated_out: int = 0) -> Limits:
    return Limits(low=low, high=high, max_gap_ms=max_gap, tolerated_out_ms=tolerated_out, source="test", verified=True)


def pack_of(rules: Rules) -> Pack:
    return Pack(
        "test", "1", "nowhere", MappingProxyType({"test": "made up"}),
        MappingProxyType({"RBC_AS": ComponentRules(MappingProxyType(dict(rules)))}),
    )  # fmt: skip


instants = st.integers(0, HORIZON)
temperatures = st.sampled_from([400, 199, 601, 1001, 200, 600, 1000])
spans = st.tuples(instants, st.integers(0, 12)).map(lambda span: (span[0], span[0] + span[1]))
# Mostly good and well read, as in life: otherwise nearly every unit is unknown and the interesting joins stay rare.
qualities: st.SearchStrategy[Literal["good", "suspect", "fault"]] = st.sampled_from(["good"] * 6 + ["suspect", "fault"])  # type: ignore[list-item]  # literals in a list


@st.composite
def tracks_of_place(draw: st.DrawFn, names: Sequence[str]) -> list[Track]:
    tracks = []
    for _ in range(draw(st.integers(0, 4))):
        start, end = draw(spans)
        step = draw(st.integers(1, 4))
        usual = draw(st.sampled_from([200, 400, 600]))
        samples = dict.fromkeys(range(start, end + 1, step), usual)
        samples.update(draw(st.dictionaries(st.integers(start, max(start, end)), temperatures, max_size=2)))
        tracks.append(
            Track(
                probe=draw(st.sampled_from(names)),
                start_ms=start,
                end_ms=end,
                samples=tuple(samples.items()),
                quality=draw(qualities),
                gaps=tuple((*gap, "link") for gap in draw(st.lists(spans, max_size=1))),
                calibration_until_ms=draw(st.sampled_from([None, None, None, HORIZON // 2])),
                removed=draw(st.sampled_from([False, False, False, True])),
            )
        )
    return tracks


@st.composite
def sound_tracks(draw: st.DrawFn, names: Sequence[str]) -> list[Track]:
    """A place as it mostly is: read all the time, with a short gap or a warm minute now and then."""
    tracks = []
    for name in names[: draw(st.integers(1, len(names)))]:
        samples = dict.fromkeys(range(0, HORIZON + 1, draw(st.integers(1, 3))), draw(st.sampled_from([200, 400, 600])))
        samples.update(draw(st.dictionaries(instants, temperatures, max_size=3)))
        hole = draw(st.one_of(st.none(), st.tuples(instants, st.integers(0, 6))))
        if hole is not None:
            samples = {at: centi for at, centi in samples.items() if not hole[0] <= at < hole[0] + hole[1]}
        tracks.append(Track(probe=name, start_ms=0, end_ms=HORIZON, samples=tuple(samples.items())))
    return tracks


def any_place(names: Sequence[str]) -> st.SearchStrategy[list[Track]]:
    return st.one_of(sound_tracks(names), sound_tracks(names), tracks_of_place(names))


@st.composite
def all_stays(draw: st.DrawFn) -> list[Stay]:
    stays = []
    start = draw(st.integers(0, 15))
    for _ in range(draw(st.sampled_from([0, 1, 1, 2, 2, 2, 3, 4]))):
        end = start + draw(st.integers(0, 20))
        phase = draw(st.sampled_from(PHASES))
        place = draw(st.sampled_from(["fridge"] * 4 + ["box"] * 3 + ["table"]))
        stays.append(Stay(place, phase, start, draw(st.sampled_from([end, end, None]))))
        start = max(0, end + draw(st.integers(-3, 6)))
    return stays


all_limits = st.builds(limits_of, st.sampled_from([None, 200]), st.sampled_from([600, 1000]), st.integers(1, 8))
all_rules = st.fixed_dictionaries({"store": all_limits, "transport": all_limits})
all_tracks = st.fixed_dictionaries({"fridge": any_place(["a", "b"]), "box": any_place(["a"])})


def statuses(exposure: Exposure) -> dict[int, tuple[str, str | None]]:
    return {
        now: (spell.status, spell.place) for spell in exposure.spells for now in range(spell.start_ms, spell.end_ms)
    }


@settings(max_examples=400, deadline=None)
@given(all_stays(), all_tracks, all_rules, st.integers(0, HORIZON).map(lambda short: HORIZON - short))
def test_every_millisecond_is_as_the_definition_says(
    stays: list[Stay], tracks: dict[str, list[Track]], rules: dict[Phase, Limits], until: int
) -> None:
    exposure = judge(stays, tracks, pack=pack_of(rules), component="RBC_AS", until_ms=until)
    found = [(now, unit_at(stays, tracks, rules, now)) for now in range(until)]
    first = next((now for now, moment in found if moment is not None), until)
    moments = [moment for _, moment in found if moment is not None]
    judged = {
        first + number: (decided(moments, number, first), moment.place)
        for number, moment in enumerate(moments)
        if moment.state != "unjudged"
    }
    event(exposure.verdict)
    event(f"something tolerated: {exposure.tolerated_ms > 0}")
    assert statuses(exposure) == judged
    check_totals(exposure, judged)
    values = [value for moment in moments if moment.state != "unjudged" for value in moment.values]
    assert (exposure.lowest_centi, exposure.highest_centi) == (min(values, default=None), max(values, default=None))


def check_totals(exposure: Exposure, judged: Mapping[int, tuple[str, str | None]]) -> None:
    count = {
        name: sum(status == name for status, _ in judged.values()) for name in ("ok", "out", "unknown", "tolerated")
    }
    expected = "out" if count["out"] else "unknown" if count["unknown"] or not judged else "ok"
    assert exposure.verdict == expected
    assert (exposure.out_ms, exposure.unknown_ms, exposure.tolerated_ms) == (
        count["out"], count["unknown"], count["tolerated"],
    )  # fmt: skip
    assert exposure.covered_ms == count["ok"] + count["out"]
    assert exposure.judged_ms == len(judged)
    assert exposure.first_ms == min(judged, default=None)
    for one, other in pairwise(exposure.spells):
        assert one.end_ms <= other.start_ms
        same = (one.status, one.place, one.phase, one.reason) == (other.status, other.place, other.phase, other.reason)
        assert not (same and one.end_ms == other.start_ms), "adjacent equal spells are merged"


many_ways = st.lists(all_stays(), max_size=5)


@settings(max_examples=300, deadline=None)
@given(many_ways, all_tracks, all_rules, st.integers(0, HORIZON), st.sampled_from([1, 2, 3, 256]))
def test_units_judged_together_are_judged_as_each_alone(
    ways: list[list[Stay]], tracks: dict[str, list[Track]], rules: dict[Phase, Limits], until: int, block: int
) -> None:
    """To the last field: what many units look up is what one unit works out for itself, however it is kept."""
    pack = pack_of(rules)
    with patch.object(timeline, "BLOCK", block):
        together = list(judge_many([Way(stays, "RBC_AS") for stays in ways], tracks, pack=pack, until_ms=until))
    assert together == [judge(stays, tracks, pack=pack, component="RBC_AS", until_ms=until) for stays in ways]


readings = st.dictionaries(instants, temperatures, min_size=1).map(lambda found: tuple(sorted(found.items())))


@settings(max_examples=150, deadline=None)
@given(readings, st.lists(instants, max_size=5), all_limits)
def test_where_segments_are_cut_changes_nothing(
    samples: tuple[tuple[int, int], ...], cuts: list[int], limits: Limits
) -> None:
    edges = sorted({0, HORIZON + 1, *cuts})
    segments = [
        Track(probe="a", start_ms=start, end_ms=end, samples=tuple(pair for pair in samples if start <= pair[0] < end))
        for start, end in pairwise(edges)
    ]
    whole = Track(probe="a", start_ms=0, end_ms=HORIZON + 1, samples=samples)
    stays = [Stay("fridge", "store", 0)]
    pack = pack_of({"store": limits})
    one = judge(stays, {"fridge": [whole]}, pack=pack, component="RBC_AS", until_ms=HORIZON)
    many = judge(stays, {"fridge": segments}, pack=pack, component="RBC_AS", until_ms=HORIZON)
    assert one == many


@settings(max_examples=150, deadline=None)
@given(all_stays(), all_tracks, all_rules, tracks_of_place(["c"]))
def test_one_more_probe_never_makes_a_unit_look_better(
    stays: list[Stay], tracks: dict[str, list[Track]], rules: dict[Phase, Limits], more: list[Track]
) -> None:
    if not tracks["fridge"]:
        return
    pack = pack_of(rules)
    before = judge(stays, tracks, pack=pack, component="RBC_AS", until_ms=HORIZON)
    after = judge(stays, {**tracks, "fridge": tracks["fridge"] + more}, pack=pack, component="RBC_AS", until_ms=HORIZON)
    assert after.out_ms >= before.out_ms


@settings(max_examples=150, deadline=None)
@given(all_stays(), all_tracks, all_rules, st.data())
def test_a_lost_reading_never_turns_unknown_into_ok(
    stays: list[Stay], tracks: dict[str, list[Track]], rules: dict[Phase, Limits], data: st.DataObject
) -> None:
    """Of one probe with no reading taken away that was out: losing data can only lose knowledge."""
    pack = pack_of(rules)
    before = judge(stays, tracks, pack=pack, component="RBC_AS", until_ms=HORIZON)
    number = data.draw(st.integers(0, max(0, len(tracks["fridge"]) - 1)))
    blinded = [
        Track(probe=track.probe, start_ms=track.start_ms, end_ms=track.end_ms, samples=(), quality="fault")
        if place == number and track.start_ms < track.end_ms
        else track
        for place, track in enumerate(tracks["fridge"])
    ]
    after = judge(stays, {**tracks, "fridge": blinded}, pack=pack, component="RBC_AS", until_ms=HORIZON)
    if before.verdict == "unknown":
        assert after.verdict != "ok"
