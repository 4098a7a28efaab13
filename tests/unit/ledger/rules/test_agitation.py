"""Platelets on an agitator that stops: whose minutes count, when one interruption ends, and when it is too long."""

from collections.abc import Sequence

import pytest

from ledger.rules.agitation import Lain, Said, cut, interruptions, lost, standstills
from ledger.rules.exposure import Exposure, Stay, Track, Way, judge, judge_many
from ledger.rules.figures import confirmed
from ledger.rules.files import pack_text
from ledger.rules.moved import FOR_GOOD
from ledger.rules.pack import Pack
from ledger.rules.pack_file import parse_pack
from ledger.rules.standing import Piece

MINUTE = 60_000
STOPS, RUNS = False, True
STOOD = {"one": [(10, 20)], "two": [(15, 30)], "three": []}


def words(*said: tuple[int, bool]) -> list[Said]:
    return [Said(since_ms, runs) for since_ms, runs in said]


@pytest.mark.parametrize(
    ("said", "stood"),
    [
        ([], []),
        ([(5, RUNS)], []),
        ([(5, STOPS)], [(5, FOR_GOOD)]),
        ([(5, STOPS), (8, RUNS)], [(5, 8)]),
        ([(5, STOPS), (6, STOPS), (8, RUNS), (9, RUNS)], [(5, 8)]),
        ([(1, RUNS), (5, STOPS), (8, RUNS), (9, STOPS)], [(5, 8), (9, FOR_GOOD)]),
        ([(5, STOPS), (5, RUNS)], []),  # it never stopped: said wrongly, and taken back
        ([(5, STOPS), (8, RUNS), (8, STOPS), (9, RUNS)], [(5, 8), (8, 9)]),
    ],
)
def test_an_agitator_stands_from_the_first_word_to_the_next(
    said: list[tuple[int, bool]], stood: list[tuple[int, int]]
) -> None:
    assert list(standstills(words(*said))) == stood


def still(*way: tuple[str | None, int, int]) -> list[tuple[int, int]]:
    return list(interruptions([Lain(place, start, end, needs=True) for place, start, end in way], STOOD))


def test_only_the_minutes_that_a_bag_lay_there_count() -> None:
    assert still(("one", 0, 40)) == [(10, 20)]
    assert still(("one", 12, 15)) == [(12, 15)]
    assert still(("one", 0, 10), ("three", 10, 40)) == []
    assert still(("one", 20, 40)) == []
    assert still(("one", 0, 5)) == []
    assert still(("one", 25, 40)) == []
    assert still(("nobody speaks of it", 0, 40)) == []


def test_an_interruption_goes_on_from_one_standing_agitator_to_another() -> None:
    assert still(("one", 5, 18), ("two", 18, 40)) == [(10, 30)]
    assert still(("one", 5, 18), (None, 18, 19), ("two", 19, 40)) == [(10, 30)], "and through the walk between them"
    assert still(("one", 5, 12), ("one", 12, 40)) == [(10, 20)], "and through every piece of one stay"


def test_an_interruption_ends_where_it_is_kept_moving_or_nothing_is_said() -> None:
    assert still(("one", 5, 12), ("three", 12, 15), ("one", 15, 40)) == [(10, 12), (15, 20)]
    assert still(("one", 5, 12), ("elsewhere", 12, 15), ("one", 15, 40)) == [(10, 12), (15, 20)]
    assert still(("one", 5, 25), ("two", 25, 40)) == [(10, 20), (25, 30)], "it ran again before"
    assert still(("one", 5, 12), ("two", 12, 40)) == [(10, 12), (15, 30)], "the other ran at first"


def test_a_later_interruption_goes_on_by_itself() -> None:
    assert still(("one", 5, 12), ("three", 12, 15), ("one", 15, 17), ("one", 17, 40)) == [(10, 12), (15, 20)]


def test_where_nothing_needs_moving_nothing_counts() -> None:
    assert interruptions([Lain("one", 0, 40, needs=False)], STOOD) == ()
    cut_off = [Lain("one", 0, 12, needs=True), Lain("one", 12, 15, needs=False), Lain("one", 15, 40, needs=True)]
    assert interruptions(cut_off, STOOD) == ((10, 12), (15, 20))


def test_two_standstills_of_one_agitator_are_two_interruptions() -> None:
    assert interruptions([Lain("one", 0, 40, needs=True)], {"one": [(5, 8), (10, 12)]}) == ((5, 8), (10, 12))


def test_what_is_beyond_the_figure_is_lost_and_the_figure_itself_is_allowed() -> None:
    assert lost([(10, 20), (30, 41)], 10) == ((40, 41),)
    assert lost([(10, 20)], 10) == ()
    assert lost([(10, 12)], 10) == ()
    assert lost([(10, 20)], 3) == ((13, 20),)


@pytest.mark.parametrize(
    ("beyond", "pieces"),
    [
        ([], [(10, 20, "ok")]),
        ([(0, 10), (20, 30)], [(10, 20, "ok")]),
        ([(0, 5), (25, 30)], [(10, 20, "ok")]),
        ([(0, 5), (12, 20)], [(10, 12, "ok"), (12, 20, "unknown")]),
        ([(12, 15)], [(10, 12, "ok"), (12, 15, "unknown"), (15, 20, "ok")]),
        ([(5, 15)], [(10, 15, "unknown"), (15, 20, "ok")]),
        ([(15, 25)], [(10, 15, "ok"), (15, 20, "unknown")]),
        ([(5, 25)], [(10, 20, "unknown")]),
        (
            [(11, 12), (14, 15)],
            [(10, 11, "ok"), (11, 12, "unknown"), (12, 14, "ok"), (14, 15, "unknown"), (15, 20, "ok")],
        ),
    ],
)
def test_a_piece_is_cut_at_what_is_lost(
    beyond: Sequence[tuple[int, int]], pieces: Sequence[tuple[int, int, str]]
) -> None:
    found = list(cut(Piece(10, 20, "ok", "", lowest=2200, highest=2200, read_ms=10), beyond))
    assert [(each.start_ms, each.end_ms, each.state) for each in found] == list(pieces)
    assert {each.reason for each in found if each.state == "unknown"} <= {"agitation-lost"}
    assert {each.reason for each in found if each.state == "ok"} <= {""}
    assert {each.read_ms for each in found} == {10}, "it was read all the same"


def test_what_is_out_of_limits_stays_out() -> None:
    piece = Piece(10, 20, "out", "above")
    assert list(cut(piece, [(5, 25)])) == [piece]


def test_a_gap_and_a_fault_in_what_is_lost_are_lost_with_it() -> None:
    for piece in (Piece(10, 20, "gap", "no-reading"), Piece(10, 20, "unknown", "fault")):
        (found,) = cut(piece, [(5, 25)])
        assert (found.state, found.reason) == ("unknown", "agitation-lost")


# ── in the verdict ────────────────────────────────────────────────────────────────────────────────────────────────

OURS = """
pack = "fuzhou"
version = "1"
derives = "cn"
[sources]
sop12 = "Station procedure 12"
[components.PLT]
agitation = { minutes = 30, source = "sop12", verified = false }
"""
CN = parse_pack(pack_text("cn"))
PACK = parse_pack(OURS, lambda _: pack_text("cn"))


def judged(
    stood: Sequence[tuple[int, int]], *, until: int = 120, centi: int = 2200, component: str = "PLT", pack: Pack = PACK
) -> Exposure:
    """A bag on an agitator that is read every five minutes and stood in these minutes."""
    samples = tuple((minute * MINUTE, centi) for minute in range(0, until, 5))
    tracks = {"agitator": [Track(probe="a", start_ms=0, end_ms=until * MINUTE, samples=samples)]}
    stays = [Stay("agitator", "store", 0)]
    spans = {"agitator": [(start * MINUTE, end * MINUTE) for start, end in stood]}
    alone = judge(stays, tracks, pack=pack, component=component, until_ms=until * MINUTE, stood=spans)
    (together,) = judge_many([Way(stays, component)], tracks, pack=pack, until_ms=until * MINUTE, stood=spans)
    assert alone == together
    return alone


def told(found: Exposure) -> list[tuple[int, int, str, str]]:
    return [(s.start_ms // MINUTE, s.end_ms // MINUTE, s.status, s.reason) for s in found.spells]


def test_platelets_that_lay_still_too_long_are_unknown_from_then_on() -> None:
    found = judged([(20, 62)])
    assert told(found) == [(0, 50, "ok", ""), (50, 62, "unknown", "agitation-lost"), (62, 120, "ok", "")]
    assert (found.verdict, found.unknown_ms, found.covered_ms) == ("unknown", 12 * MINUTE, 108 * MINUTE)
    assert found.still == ((20 * MINUTE, 62 * MINUTE),)


def test_a_shorter_interruption_is_told_and_changes_nothing() -> None:
    found = judged([(20, 50)])
    assert (found.verdict, found.still) == ("ok", ((20 * MINUTE, 50 * MINUTE),))


def test_an_interruption_that_still_goes_on_ends_where_the_judgement_does() -> None:
    assert judged([(20, 10_000)], until=60).still == ((20 * MINUTE, 60 * MINUTE),)


def test_a_pack_without_a_figure_and_a_component_that_may_lie_still_lose_nothing() -> None:
    unsaid = judged([(20, 110)], pack=CN)
    assert (unsaid.verdict, unsaid.still) == ("ok", ((20 * MINUTE, 110 * MINUTE),))
    red_cells = judged([(20, 110)], component="RBC_AS", centi=400)
    assert (red_cells.verdict, red_cells.still) == ("ok", ())


def test_what_is_out_beats_what_lay_still() -> None:
    assert judged([(20, 110)], centi=1900).verdict == "out"


def test_the_figure_counts_among_those_used_only_where_something_lay_still() -> None:
    def known(pack: Pack, *, still: bool) -> tuple[bool, bool]:
        found = judged([(1, 2)] if still else [], pack=pack)
        return found.verified, found.confirmed_here

    limits = confirmed(PACK, {"cn/PLT.store": "2000..2400 agitated"})
    assert (known(limits, still=False), known(limits, still=True)) == ((True, True), (False, True))
    us = parse_pack(OURS.replace('"cn"', '"us"'), lambda _: pack_text("us"))
    assert (known(us, still=False), known(us, still=True)) == ((True, False), (False, False))
    figure = confirmed(us, {"fuzhou/PLT.agitation": "30 minutes"})
    assert (known(figure, still=False), known(figure, still=True)) == ((True, False), (True, True))
    read = parse_pack(OURS.replace('"cn"', '"us"').replace("false", "true"), lambda _: pack_text("us"))
    assert known(read, still=True) == (True, False)
