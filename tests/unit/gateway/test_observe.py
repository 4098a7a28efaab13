"""Presence, told as stories of one shelf; every story ends with the invariant: edges of a tag and place alternate."""

from collections import defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.observe import Arrived, Edge, Left, Presence, PresenceRule, UnknownSeen
from gateway.wire.items import TagRead

BAG, STRANGER = "E280A9990000000000000001", "300833B2DDD9014000000000"
SHELF, BENCH = "place:centre/fridge-1", "place:centre/bench"
RULE = PresenceRule({1: SHELF, 2: BENCH}, 2, 10_000, 30_000, 600, 5_000, ("E280A999",))


class Story:
    """A reader in front of a shelf; times in seconds."""

    def __init__(self, rule: PresenceRule = RULE) -> None:
        self.presence = Presence(rule)
        self.edges: list[Edge] = []

    def read(self, at: float, *, tag: str = BAG, antenna: int = 1, rssi: float | None = -55) -> list[Edge]:
        return self._tell(self.presence.read(TagRead(tag, antenna, rssi), round(at * 1000)))

    def rounds(self, start: int, stop: int) -> list[Edge]:
        """Empty rounds, one a second."""
        return [edge for at in range(start, stop) for edge in self._tell(self.presence.round_completed(at * 1000))]

    def _tell(self, edges: Sequence[Edge]) -> list[Edge]:
        self.edges += edges
        assert_alternate(self.edges)
        return list(edges)


def assert_alternate(edges: Sequence[Edge]) -> None:
    by_point: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        if not isinstance(edge, UnknownSeen):
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
    assert story.edges == [Arrived(BAG, SHELF, 1, 0, 100, 2, -5500)]


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
    assert story.edges[1:] == [Left(BAG, SHELF, 2000, 32_000, 3)]


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
    assert story.presence.suspend(0)
    assert not story.presence.suspend(0), "said once"
    assert story.rounds(2, 100) == []
    assert story.presence.resume(0, 100_000)
    assert story.rounds(100, 129) == [], "the silence starts anew"
    assert story.rounds(129, 135) == [Left(BAG, SHELF, 1000, 130_000, 2)]


def test_a_lost_antenna_suspends_its_own_place_only() -> None:
    story = Story()
    other = "E280A9990000000000000002"
    for at in (0, 1):
        story.read(at), story.read(at, tag=other, antenna=2)
    story.presence.suspend(1)
    story.rounds(2, 60)
    assert [edge.tag for edge in story.edges if isinstance(edge, Left)] == [other]


def test_a_read_shows_that_the_antenna_works_again() -> None:
    story = Story()
    story.read(0), story.read(1)
    story.presence.suspend(1)
    story.read(50)
    assert story.presence.suspended() == frozenset()


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
    for was in before.presence.present():
        assert after.presence.restore(was, 100_000) == []
    after.edges = before.edges
    after.read(101)
    assert after.rounds(102, 140) == [Left(BAG, SHELF, 101_000, 131_000, 3)]


def test_who_was_at_a_place_that_nobody_watches_any_more_leaves() -> None:
    before = Story()
    before.read(0), before.read(1)
    (was,) = before.presence.present()
    after = Presence(PresenceRule({1: BENCH}))
    assert after.restore(was, 9000) == [Left(BAG, SHELF, 1000, 9000, 2)]
    assert list(after.present()) == []


@pytest.mark.parametrize("tag", ["", "E2", "nothex!!", "AB" * 40])
def test_a_number_that_is_no_tags_is_counted_and_ignored(tag: str) -> None:
    story = Story()
    story.read(0, tag=tag), story.read(1, tag=tag)
    assert story.edges == []
    assert story.presence.ignored == 2


def test_a_reader_that_does_not_say_which_antenna_is_believed_if_it_has_one() -> None:
    assert PresenceRule({1: SHELF}).place_of(0) == SHELF
    assert RULE.place_of(0) is None


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
    presence, edges, now_ms = Presence(RULE), [], 0
    for what, tag, antenna, rssi, wait_ms in steps:
        now_ms += wait_ms
        if what == "read":
            edges += presence.read(TagRead(tag, antenna, rssi), now_ms)
        elif what == "round":
            edges += presence.round_completed(now_ms)
        elif what == "suspend":
            presence.suspend(antenna)
        elif what == "resume":
            presence.resume(antenna, now_ms)
    assert_alternate(edges)
    assert_in_one_place(edges)
