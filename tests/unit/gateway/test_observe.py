"""Presence, told as stories of one shelf; every story ends with the invariant: edges of a tag and place alternate."""

from collections import defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.observe import Presence
from gateway.sighting import Arrived, Edge, Hysteresis, Left, PresenceRule, Uncertain, UnknownSeen
from gateway.wire.items import TagRead

BAG, STRANGER = "E280A9990000000000000001", "300833B2DDD9014000000000"
SHELF, BENCH = "place:centre/fridge-1", "place:centre/bench"
R = "reader"
RULE = PresenceRule({1: SHELF, 2: BENCH}, Hysteresis(2, 10_000, 30_000, 600, 5_000), known_tags=("E280A999",))


class Story:
    """A reader in front of a shelf, and perhaps others; times in seconds."""

    def __init__(self, rule: PresenceRule = RULE, **others: PresenceRule) -> None:
        self.presence = Presence({R: rule, **others})
        self.edges: list[Edge] = []

    def read(self, at: float, *, tag: str = BAG, antenna: int = 1, rssi: float | None = -55, by: str = R) -> list[Edge]:
        return self._tell(self.presence.read(by, TagRead(tag, antenna, rssi), round(at * 1000)))

    def rounds(self, start: int, stop: int, *, by: str = R) -> list[Edge]:
        """Empty rounds, one a second."""
        return [edge for at in range(start, stop) for edge in self._tell(self.presence.round_completed(by, at * 1000))]

    def _tell(self, edges: Sequence[Edge]) -> list[Edge]:
        self.edges += edges
        assert_alternate(self.edges)
        return list(edges)


def assert_alternate(edges: Sequence[Edge]) -> None:
    by_point: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        if not isinstance(edge, UnknownSeen | Uncertain):
            by_point[edge.tag, edge.place].append(edge)
    for moves in by_point.values():
        assert [type(edge) for edge in moves] == [(Arrived, Left)[n % 2] for n in range(len(moves))]
        times = [edge.time_ms for edge in moves]
        assert times == sorted(times)


def assert_in_one_place(edges: Sequence[Edge]) -> None:
    at: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if isinstance(edge, Arrived):
            at[edge.tag].add(edge.place)
        elif isinstance(edge, Left):
            at[edge.tag].remove(edge.place)
        assert all(len(places) <= 1 for places in at.values())


def test_a_hundred_reads_are_one_arrival() -> None:
    story = Story()
    for at in range(100):
        story.read(at / 10)
    assert story.edges == [Arrived(BAG, R, SHELF, 1, 0, 100, 2, -5500)]


def test_one_read_is_a_ghost() -> None:
    story = Story()
    story.read(0)
    story.rounds(1, 40)
    story.read(40)
    assert story.edges == []


def test_a_departure_happened_at_the_last_read_and_is_recorded_when_certain() -> None:
    story = Story()
    story.read(0), story.read(1), story.read(2)
    story.rounds(3, 60)
    assert story.edges[1:] == [Left(BAG, R, SHELF, 2000, 32_000, 3)]


def test_silence_without_completed_rounds_proves_nothing() -> None:
    story = Story()
    story.read(0), story.read(1)
    assert story.rounds(500, 503) == [], "it was read in the first; two after a jump of the clock may be a flicker"
    assert len(story.rounds(503, 504)) == 1


def test_a_flicker_makes_no_edges() -> None:
    story = Story()
    story.read(0), story.read(1)
    story.rounds(2, 25)
    story.read(25)
    story.rounds(26, 50)
    story.read(50)
    assert len(story.edges) == 1


def test_an_ill_reader_makes_its_tags_unobserved_not_departed() -> None:
    story = Story()
    story.read(0), story.read(1)
    assert story.presence.suspend(R, 0)
    assert not story.presence.suspend(R, 0), "said once"
    assert story.rounds(2, 100) == []
    assert story.presence.resume(R, 0, 100_000)
    assert story.rounds(100, 129) == [], "the silence starts anew"
    assert story.rounds(129, 135) == [Left(BAG, R, SHELF, 1000, 130_000, 2)]


def test_a_lost_antenna_suspends_its_own_place_only() -> None:
    story = Story()
    other = "E280A9990000000000000002"
    for at in (0, 1):
        story.read(at), story.read(at, tag=other, antenna=2)
    story.presence.suspend(R, 1)
    story.rounds(2, 60)
    assert [edge.tag for edge in story.edges if isinstance(edge, Left)] == [other]


def test_a_read_shows_that_the_antenna_works_again() -> None:
    story = Story()
    story.read(0), story.read(1)
    story.presence.suspend(R, 1)
    story.read(50)
    assert story.presence.suspended(R) == frozenset()


def test_the_strongest_antenna_wins_after_a_dwell_and_a_tag_is_never_in_two_places() -> None:
    story = Story()
    for at in range(3):
        story.read(at, rssi=-50), story.read(at, antenna=2, rssi=-70)
    assert [edge.place for edge in story.edges] == [SHELF]
    for at in range(3, 20):
        story.read(at, rssi=-70), story.read(at, antenna=2, rssi=-50)
    left, arrived = story.edges[1:]
    assert isinstance(left, Left)
    assert isinstance(arrived, Arrived)
    assert (left.place, arrived.place) == (SHELF, BENCH)
    assert left.time_ms <= arrived.time_ms < arrived.recorded_ms


def test_a_stronger_neighbour_within_the_margin_changes_nothing() -> None:
    story = Story()
    for at in range(40):
        story.read(at, rssi=-55), story.read(at, antenna=2, rssi=-52)
    assert len(story.edges) == 1


def test_a_tag_arrives_where_it_is_heard_best() -> None:
    story = Story()
    story.read(0, rssi=-70), story.read(0, antenna=2, rssi=-50)
    story.read(1, rssi=-70), story.read(1, antenna=2, rssi=-50)
    assert [edge.place for edge in story.edges] == [BENCH]


def test_a_stranger_is_told_once_a_presence() -> None:
    story = Story()
    for at in range(5):
        story.read(at, tag=STRANGER)
    story.rounds(5, 60)
    for at in range(60, 65):
        story.read(at, tag=STRANGER)
    assert [type(edge) for edge in story.edges] == [UnknownSeen, UnknownSeen]


def test_a_restart_goes_on_with_who_was_present() -> None:
    before = Story()
    before.read(0), before.read(1)
    after = Story()
    for was in before.presence.present(R):
        assert after.presence.restore(was, 100_000) == []
    after.edges = before.edges
    after.read(101)
    assert after.rounds(102, 140) == [Left(BAG, R, SHELF, 101_000, 131_000, 3)]


def test_who_was_at_a_place_that_nobody_watches_any_more_leaves() -> None:
    before = Story()
    before.read(0), before.read(1)
    (was,) = before.presence.present(R)
    after = Presence({R: PresenceRule({1: BENCH})})
    assert after.restore(was, 9000) == [Left(BAG, R, SHELF, 1000, 9000, 2)]
    assert list(after.present(R)) == []


@pytest.mark.parametrize("tag", ["", "E2", "nothex!!", "AB" * 40])
def test_a_number_that_is_no_tags_is_counted_and_ignored(tag: str) -> None:
    story = Story()
    story.read(0, tag=tag), story.read(1, tag=tag)
    assert story.edges == []
    assert story.presence.ignored == {R: 2}


def test_a_reader_that_does_not_say_which_antenna_is_believed_if_it_has_one() -> None:
    assert PresenceRule({1: SHELF}).place_of(0) == SHELF
    assert RULE.place_of(0) is None


NEXT = "neighbour"
FREEZER = "place:centre/freezer"
NEXT_RULE = PresenceRule({1: FREEZER}, RULE.usual, known_tags=RULE.known_tags)


def placed(edges: Sequence[Edge]) -> list[tuple[str, str]]:
    """What happened where, without the strangers and doubts."""
    return [(type(edge).__name__, edge.place) for edge in edges if isinstance(edge, Arrived | Left)]


def test_two_antennas_that_hear_a_tag_alike_make_it_uncertain_once_and_place_it_nowhere() -> None:
    both = Story(PresenceRule({1: SHELF, 2: BENCH}, Hysteresis(3)))
    for at in range(20):
        both.read(at, rssi=-55), both.read(at + 0.1, antenna=2, rssi=-53)
    assert both.edges == [Uncertain(BAG, R, (BENCH, SHELF), 2000, 7000, 15)]
    assert list(both.presence.present(R)) == []


def test_who_was_uncertain_arrives_where_a_place_is_clearly_best() -> None:
    story = Story(PresenceRule({1: SHELF, 2: BENCH}, Hysteresis(3)))
    for at in range(10):
        story.read(at, rssi=-55), story.read(at + 0.1, antenna=2, rssi=-53)
    for at in range(10, 40):
        story.read(at, rssi=-75), story.read(at + 0.1, antenna=2, rssi=-53)
    assert [type(edge) for edge in story.edges] == [Uncertain, Arrived]
    assert placed(story.edges) == [("Arrived", BENCH)]


def test_one_strong_stray_read_holds_an_arrival_back_and_makes_no_doubt() -> None:
    story = Story(PresenceRule({1: SHELF, 2: BENCH}, Hysteresis(3)))
    story.read(0, antenna=2, rssi=-40)
    for at in range(10):
        assert story.read(at, rssi=-60) == []
    assert placed(story.read(10.5, rssi=-60)) == [("Arrived", SHELF)]


def test_rounds_of_another_reader_prove_no_absence() -> None:
    story = Story(neighbour=NEXT_RULE)
    story.read(0), story.read(1)
    assert story.rounds(2, 200, by=NEXT) == []


def test_without_signal_strengths_the_place_that_reads_it_most_has_it() -> None:
    story = Story(PresenceRule({1: SHELF, 2: BENCH}, Hysteresis(4)))
    for at in range(8):
        story.read(at, rssi=None, antenna=2)
        if at % 4 == 0:
            story.read(at + 0.1, rssi=None)
    assert placed(story.edges) == [("Arrived", BENCH)]


def test_a_read_point_has_a_hysteresis_of_its_own() -> None:
    gate = Hysteresis(arrive_reads=1, leave_after_ms=3000)
    story = Story(PresenceRule({1: SHELF, 2: BENCH}, RULE.usual, own={2: gate}))
    other = "E280A9990000000000000002"
    story.read(0, tag=other, antenna=2), story.read(0), story.read(1)
    assert placed(story.edges) == [("Arrived", BENCH), ("Arrived", SHELF)]
    assert [(edge.tag, edge.recorded_ms) for edge in story.rounds(2, 20)] == [(other, 5000)], (
        "missed in three rounds, and silent for three seconds"
    )


def test_a_tag_that_two_readers_hear_is_in_one_place_the_one_that_hears_it_best() -> None:
    story = Story(neighbour=NEXT_RULE)
    for at in range(30):
        story.read(at, rssi=-50), story.read(at, by=NEXT, rssi=-70)
        story.rounds(at, at + 1), story.rounds(at, at + 1, by=NEXT)
    assert placed(story.edges) == [("Arrived", SHELF)]
    for at in range(30, 60):
        story.read(at, rssi=-75), story.read(at, by=NEXT, rssi=-50)
        story.rounds(at, at + 1), story.rounds(at, at + 1, by=NEXT)
    assert placed(story.edges) == [("Arrived", SHELF), ("Left", SHELF), ("Arrived", FREEZER)]
    left, arrived = story.edges[1:]
    assert (left.reader, arrived.reader) == (R, NEXT)


def test_a_bag_that_was_carried_to_another_reader_moves_after_a_dwell() -> None:
    story = Story(neighbour=NEXT_RULE)
    story.read(0), story.read(1)
    story.rounds(2, 6)
    for at in range(6, 20):
        story.read(at, by=NEXT), story.rounds(at, at + 1), story.rounds(at, at + 1, by=NEXT)
    assert placed(story.edges) == [("Arrived", SHELF), ("Left", SHELF), ("Arrived", FREEZER)]
    assert story.edges[1:] == [
        Left(BAG, R, SHELF, 1000, 12_000, 2),
        Arrived(BAG, NEXT, FREEZER, 1, 7000, 12_000, 6, -5500),
    ]


def test_two_readers_that_hear_a_tag_alike_make_it_uncertain() -> None:
    alike = Story(PresenceRule({1: SHELF}, Hysteresis(3)), neighbour=PresenceRule({1: FREEZER}, Hysteresis(3)))
    for at in range(10):
        alike.read(at, rssi=-55), alike.read(at, by=NEXT, rssi=-54)
    assert alike.edges == [Uncertain(BAG, R, (FREEZER, SHELF), 2000, 7000, 15)]


def test_a_stray_read_next_door_moves_no_bag_whose_own_reader_is_ill() -> None:
    story = Story(neighbour=NEXT_RULE)
    for at in range(5):
        story.read(at, rssi=-50), story.read(at, by=NEXT, rssi=-70)
    story.presence.suspend(R, 0)
    for at in range(5, 120):
        story.read(at, by=NEXT, rssi=-70), story.rounds(at, at + 1, by=NEXT)
    assert placed(story.edges) == [("Arrived", SHELF)]
    assert story.edges[1:] == [Uncertain(BAG, NEXT, (FREEZER, SHELF), 5000, 10_000, 16)], "said once"
    story.presence.resume(R, 0, 120_000)
    story.read(121, rssi=-50)
    assert len(story.edges) == 2


def test_a_neighbour_that_hears_it_as_well_as_its_own_place_did_has_it() -> None:
    story = Story(neighbour=NEXT_RULE)
    for at in range(5):
        story.read(at, rssi=-60)
    story.presence.suspend(R, 0)
    for at in range(5, 15):
        story.read(at, by=NEXT, rssi=-58)
    assert placed(story.edges) == [("Arrived", SHELF), ("Left", SHELF), ("Arrived", FREEZER)]


def test_after_a_restart_a_neighbour_moves_nobody_before_their_own_reader_has_looked() -> None:
    before = Story(neighbour=NEXT_RULE)
    before.read(0), before.read(1)
    after = Story(neighbour=NEXT_RULE)
    after.presence.suspend(R, 0)
    (was,) = before.presence.present(R)
    after.presence.restore(was, 100_000)
    for at in range(100, 130):
        after.read(at, by=NEXT, rssi=-70)
    assert placed(after.edges) == []
    after.presence.resume(R, 0, 130_000)
    after.edges = before.edges
    for at in range(130, 140):
        after.read(at, by=NEXT, rssi=-70)
    assert placed(after.edges) == [("Arrived", SHELF)], "it has not looked for a dwell yet"


def test_a_stranger_has_to_be_read_more_often_than_a_bag() -> None:
    story = Story()
    assert story.read(0, tag=STRANGER) + story.read(1, tag=STRANGER) == []
    assert [type(edge) for edge in story.read(2, tag=STRANGER)] == [UnknownSeen]


def test_a_reader_that_restarts_has_everything_to_look_for_anew() -> None:
    story = Story()
    story.read(0), story.read(1)
    story.rounds(2, 30)
    story.presence.begin_anew(R, 30_000)
    assert story.rounds(30, 60) == []
    assert len(story.rounds(60, 61)) == 1


def test_a_clock_that_is_set_changes_no_interval() -> None:
    hour = 3600
    story = Story()
    story.read(0), story.read(1)
    story.rounds(2, 10)
    story.presence.shift(hour * 1000)
    assert story.rounds(hour + 10, hour + 31) == []
    assert story.rounds(hour + 31, hour + 32) == [Left(BAG, R, SHELF, (hour + 1) * 1000, (hour + 31) * 1000, 2)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["read", "read", "round", "suspend", "resume", "anew"]),
            st.sampled_from([R, NEXT]),
            st.sampled_from([0, 1, 2]),
            st.none() | st.integers(-80, -30),
            st.integers(0, 20_000),
        ),
        max_size=200,
    )
)
def test_whatever_two_readers_do_no_bag_is_in_two_places(
    steps: list[tuple[str, str, int, int | None, int]],
) -> None:
    presence, now_ms = Presence({R: RULE, NEXT: NEXT_RULE}), 0
    edges: list[Edge] = []
    for what, reader, antenna, rssi, wait_ms in steps:
        now_ms += wait_ms
        if what == "read":
            edges += presence.read(reader, TagRead(BAG, antenna, rssi), now_ms)
        elif what == "round":
            edges += presence.round_completed(reader, now_ms)
        elif what == "suspend":
            presence.suspend(reader, antenna)
        elif what == "resume":
            presence.resume(reader, antenna, now_ms)
        else:
            presence.begin_anew(reader, now_ms)
    assert_in_one_place(edges)
    there = [was.place for reader in (R, NEXT) for was in presence.present(reader)]
    arrivals = [edge.place for edge in edges if isinstance(edge, Arrived)]
    assert len(there) == sum(
        1 if isinstance(edge, Arrived) else -1 for edge in edges if not isinstance(edge, Uncertain)
    )
    assert there == arrivals[-1:] * len(there)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["read", "round", "suspend", "resume", "wait"]),
            st.sampled_from([BAG, "E280A9990000000000000002", STRANGER]),
            st.sampled_from([0, 1, 2, 3]),
            st.integers(-80, -30),
            st.integers(0, 20_000),
        ),
        max_size=200,
    )
)
def test_whatever_happens_edges_alternate_and_nobody_is_in_two_places(
    steps: list[tuple[str, str, int, int, int]],
) -> None:
    presence, edges, now_ms = Presence({R: RULE}), [], 0
    for what, tag, antenna, rssi, wait_ms in steps:
        now_ms += wait_ms
        if what == "read":
            edges += presence.read(R, TagRead(tag, antenna, rssi), now_ms)
        elif what == "round":
            edges += presence.round_completed(R, now_ms)
        elif what == "suspend":
            presence.suspend(R, antenna)
        elif what == "resume":
            presence.resume(R, antenna, now_ms)
    assert_alternate(edges)
    assert_in_one_place(edges)
