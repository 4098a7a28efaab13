"""Segments and excursions of one probe; in every story, readings in = readings in segments + faults + repeats."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.doubt import Kept
from gateway.limits import Beyond, ExcursionBegan, ExcursionOver
from gateway.temperature import Hole, Outcome, ProbeLog, ProbeRule, SegmentClosed
from gateway.wire.items import Reading, lost

MINUTE = 60_000
RULE = ProbeRule("probe:gw-centre/p1", "place:centre/fridge-1", "air", MINUTE, 200, 600)


class Story:
    """A probe that reads once a minute; the reading at minute -1 makes it known."""

    def __init__(self, rule: ProbeRule = RULE) -> None:
        self.log = ProbeLog(rule)
        self.outcomes: list[Outcome] = []
        self.read(-1, 400)
        self.minute = 0

    def read(self, minute: float, centi: int, **more: object) -> list[Outcome]:
        return self._tell(self.log.read(Reading("p1", centi, **more), round((minute + 1) * MINUTE)))  # type: ignore[arg-type]

    def fault(self, minute: float, reason: str = "crc NO") -> list[Outcome]:
        return self._tell(self.log.read(lost("p1", reason), round((minute + 1) * MINUTE)))

    def close(self, minute: float) -> list[SegmentClosed]:
        self._tell(self.log.close(round((minute + 1) * MINUTE)))
        counts = self.log.counts
        assert (
            counts.readings
            == sum(len(each.readings) for each in self.segments) + counts.faults + counts.repeats + counts.stale
        )
        return self.segments

    @property
    def segments(self) -> list[SegmentClosed]:
        return [each for each in self.outcomes if isinstance(each, SegmentClosed)]

    @property
    def excursions(self) -> list[Outcome]:
        return [each for each in self.outcomes if not isinstance(each, SegmentClosed)]

    def _tell(self, outcomes: list[Outcome]) -> list[Outcome]:
        self.outcomes += outcomes
        return outcomes


def test_segments_of_a_quiet_hour_join_without_a_hole() -> None:
    story = Story()
    for minute in range(60):
        story.read(minute, 400 + minute % 7)
    segments = story.close(60)
    assert [each.quality for each in segments] == ["suspect", "good", "good", "good", "good"]
    assert all(before.until_ms == after.start_ms for before, after in pairwise(segments))
    assert all(not each.gaps for each in segments)
    assert all(each.readings[0][0] == 0 for each in segments)
    assert segments[1].until_ms - segments[1].start_ms == 15 * MINUTE


def test_a_crossing_closes_the_segment_and_is_told_at_once() -> None:
    story = Story()
    story.read(0, 550)
    story.read(1, 600)
    assert story.excursions == [], "limits are inclusive"
    told = story.read(2, 601)
    assert ExcursionBegan("alarm", 3 * MINUTE, 3 * MINUTE, "high", 600, 601) in told
    story.read(3, 900)
    told = story.read(4, 600)
    assert ExcursionOver("alarm", 5 * MINUTE, 3 * MINUTE, 601, 900) in told
    segments = story.close(5)
    assert [[value for _, value in each.readings] for each in segments] == [[400], [550, 600], [601, 900], [600]]


def test_from_too_warm_to_too_cold_is_two_excursions() -> None:
    story = Story()
    story.read(0, 700)
    story.read(1, 100)
    assert [type(each) for each in story.excursions] == [ExcursionBegan, ExcursionOver, ExcursionBegan]


def test_a_fault_is_no_reading_and_is_shown_with_its_count() -> None:
    story = Story()
    story.read(0, 400)
    story.fault(1), story.fault(2), story.fault(3)
    story.read(4, 410)
    story.read(5, 411)
    segments = story.close(6)
    assert [each.quality for each in segments] == ["suspect", "good", "fault", "suspect", "good"]
    sick = segments[2]
    assert (sick.readings, sick.reason) == ((), "crc NO (3 answers)")
    assert sick.gaps == (Hole(0, 3 * MINUTE, "crc NO (3 answers)"),)
    assert story.log.counts.faults == 3


def test_a_short_hole_is_bridged_and_a_long_one_shown() -> None:
    story = Story()
    story.read(0, 400)
    story.read(2.5, 400)
    story.read(5.1, 401)
    (_, segment) = story.close(6)
    assert segment.gaps == (Hole(150_000, 306_000, "no reading"),)


def test_a_silent_probe_ends_its_series_and_its_next_reading_is_suspect() -> None:
    story = Story()
    story.read(0, 400)
    story._tell(story.log.silent(11 * MINUTE))
    assert story.segments[-1].gaps == (Hole(0, 10 * MINUTE, "no reading"),)
    assert not story.log.is_open
    story.read(99, 2500)
    segments = story.close(100)
    assert segments[-1].quality == "suspect"
    assert segments[-1].start_ms == 100 * MINUTE
    assert story.excursions == []


def test_a_late_reading_joins_the_open_segment_where_it_belongs() -> None:
    story = Story()
    story.read(0, 400), story.read(1, 401), story.read(3, 403)
    assert story.log.late(Kept(3 * MINUTE, 402, "good", "")) == []
    (_, segment) = story.close(4)
    assert segment.readings == ((0, 400), (MINUTE, 401), (2 * MINUTE, 402), (3 * MINUTE, 403))
    assert segment.gaps == ()


def test_a_late_reading_of_a_closed_segment_stands_for_its_own_instant() -> None:
    story = Story()
    for minute in range(20):
        story.read(minute, 400 + minute)
    late = Kept(round(5.5 * MINUTE), 700, "good", "", 77)
    (alone,) = story._tell(story.log.late(late))
    assert alone == SegmentClosed(late.time_ms, late.time_ms, "good", "", ((0, 700),), (), 77)
    story.close(20)


def test_a_late_reading_that_is_doubtful_makes_no_good_segment_doubtful() -> None:
    story = Story()
    story.read(0, 400), story.read(2, 402)
    (alone,) = story._tell(story.log.late(Kept(2 * MINUTE, 401, "suspect", "came late")))
    assert (alone.quality, alone.readings) == ("suspect", ((0, 401),))
    (_, _, segment) = story.close(3)
    assert segment.readings == ((0, 400), (2 * MINUTE, 402))


def test_repeats_and_stale_readings_are_counted_and_are_no_readings() -> None:
    story = Story()
    story.read(0, 400)
    story.log.repeated(), story.log.stale()
    story.close(3)
    assert (story.log.counts.repeats, story.log.counts.stale) == (1, 1)


def test_when_the_clock_is_set_a_series_ends_at_its_last_reading_and_another_begins() -> None:
    story = Story()
    story.read(0, 400), story.read(1, 700)
    story._tell(story.log.shift(60 * MINUTE))
    story.read(62, 401)
    segments = story.close(63)
    assert [(each.start_ms // MINUTE, each.until_ms // MINUTE) for each in segments[1:]] == [(1, 2), (2, 2), (63, 64)]
    assert [type(each) for each in story.excursions] == [ExcursionBegan, ExcursionOver]
    assert story.excursions[1] == ExcursionOver("alarm", 63 * MINUTE, 62 * MINUTE, 700, 700)


def test_a_segment_says_what_the_device_itself_took_for_the_time() -> None:
    log = ProbeLog(RULE)
    log.read(Reading("p1", 400), 0, claimed_ms=5)
    log.read(Reading("p1", 401), MINUTE, claimed_ms=MINUTE + 5)
    log.read(Reading("p1", 402), 2 * MINUTE, claimed_ms=2 * MINUTE + 5)
    (segment,) = log.close(3 * MINUTE)
    assert isinstance(segment, SegmentClosed)
    assert segment.claimed_ms == MINUTE + 5


def test_a_clock_set_back_begins_a_new_series() -> None:
    story = Story()
    story.read(100, 400)
    story.read(101, 401)
    story.read(3, 402)
    segments = story.close(4)
    assert [(each.start_ms, each.until_ms) for each in segments[1:]] == [
        (101 * MINUTE, 102 * MINUTE),
        (4 * MINUTE, 5 * MINUTE),
    ]
    assert [each.readings for each in segments[1:]] == [((0, 400), (MINUTE, 401)), ((0, 402),)]


def test_a_restart_goes_on_with_the_open_segment_and_the_excursion() -> None:
    story = Story()
    story.read(0, 700)
    restarted = ProbeLog(RULE)
    restarted.limits.beyond = dict(story.log.limits.beyond)
    assert restarted.limits.beyond == {"alarm": Beyond("alarm", MINUTE, "high", 700, 700, 700, "yes")}
    restarted.restore(Kept(MINUTE, 700, "good", ""))
    assert restarted.read(Reading("p1", 710), 2 * MINUTE) == []
    (segment, over) = restarted.read(Reading("p1", 400), 3 * MINUTE)
    assert segment == SegmentClosed(MINUTE, 3 * MINUTE, "good", "", ((0, 700), (MINUTE, 710)), ())
    assert over == ExcursionOver("alarm", 3 * MINUTE, MINUTE, 700, 710)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["good", "good", "good", "suspect", "fault", "silent"]),
            st.integers(-3000, 9000),
            st.integers(0, 400_000),
        ),
        max_size=120,
    )
)
def test_whatever_the_probe_does_no_reading_is_lost_or_doubled(
    steps: list[tuple[str, int, int]],
) -> None:
    log, now_ms = ProbeLog(RULE), 0
    outcomes: list[Outcome] = []
    for what, centi, wait_ms in steps:
        now_ms += wait_ms
        if what == "silent":
            outcomes += log.silent(now_ms)
        elif what == "fault":
            outcomes += log.read(lost("p1", "nan"), now_ms)
        else:
            outcomes += log.read(Reading("p1", centi, quality=what), now_ms)  # type: ignore[arg-type]
    outcomes += log.close(now_ms)
    segments = [each for each in outcomes if isinstance(each, SegmentClosed)]
    counts = log.counts
    assert (
        counts.readings == sum(len(each.readings) for each in segments) + counts.faults + counts.repeats + counts.stale
    )
    assert all(before.until_ms <= after.start_ms for before, after in pairwise(segments))
    for each in segments:
        offsets = [offset for offset, _ in each.readings]
        assert offsets == sorted(offsets)
        assert all(0 <= offset <= each.until_ms - each.start_ms for offset in offsets)
    edges = [type(each) for each in outcomes if not isinstance(each, SegmentClosed)]
    assert edges == [(ExcursionBegan, ExcursionOver)[n % 2] for n in range(len(edges))]


def test_a_segment_ends_where_the_clock_is_trusted_otherwise_and_says_by_which_clock_it_was_read() -> None:
    log = ProbeLog(RULE)
    trusts = ("unsynchronised", "unsynchronised", "unsynchronised", "synchronised", "synchronised", "unsynchronised")
    outcomes: list[Outcome] = []
    for minute, trust in enumerate(trusts):
        outcomes += log.read(Reading("p1", 400 + minute), minute * MINUTE, clock=trust)  # type: ignore[arg-type]
    segments = [each for each in [*outcomes, *log.close(6 * MINUTE)] if isinstance(each, SegmentClosed)]
    assert [(each.clock, each.quality, len(each.readings)) for each in segments] == [
        ("unsynchronised", "suspect", 1),
        ("unsynchronised", "good", 2),
        ("synchronised", "good", 2),
        ("unsynchronised", "good", 1),
    ]
    assert all(before.until_ms == after.start_ms for before, after in pairwise(segments)), "the series has no hole"


def test_a_late_reading_joins_no_segment_of_another_clock() -> None:
    log = ProbeLog(RULE)
    for minute in (0, 1, 3):
        log.read(Reading("p1", 400 + minute), minute * MINUTE, clock="unsynchronised")
    (alone,) = log.late(Kept(2 * MINUTE, 410, "good", "", clock="synchronised"))
    assert isinstance(alone, SegmentClosed)
    assert (alone.clock, alone.readings) == ("synchronised", ((0, 410),))
