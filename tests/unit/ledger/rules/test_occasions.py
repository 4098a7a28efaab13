"""The minutes of a unit beyond each pair of limits: in all, and each time."""

from collections.abc import Mapping
from types import MappingProxyType

from ledger.rules.exposure import Exposure, Stay, Track, judge
from ledger.rules.occasions import Against, Occasion, against_limits, like_an_open_door
from ledger.rules.pack import ComponentRules, Limits, Pack, Phase

FRIDGE, COLD_ROOM, BOX = "place:f-07", "place:r-01", "box:B-12"
DEGREES = Mapping[int, int]


def limits(low: int | None, high: int | None) -> Limits:
    return Limits(low=low, high=high, max_gap_ms=3, source="test", verified=True)


RULES = {"store": limits(200, 600), "transport": limits(200, 1000), "ward": limits(None, 600)}


def against(stays: list[Stay], read: Mapping[str, DEGREES], until: int = 100) -> tuple[Against, ...]:
    return against_limits(judged(stays, read, until))


def judged(stays: list[Stay], read: Mapping[str, DEGREES], until: int) -> Exposure:
    rules: Mapping[Phase, Limits] = MappingProxyType(RULES)  # type: ignore[arg-type]  phases by name
    pack = Pack("test", "1", "nowhere", MappingProxyType({}), MappingProxyType({"RBC_AS": ComponentRules(rules)}))
    tracks = {
        place: [Track(probe=place, start_ms=0, end_ms=until, samples=tuple(found.items()))]
        for place, found in read.items()
    }
    return judge(stays, tracks, pack=pack, component="RBC_AS", until_ms=until)


def every(until: int, warm: DEGREES) -> dict[int, int]:
    """A reading every instant, 4 °C but where it was otherwise."""
    return {at: warm.get(at, 400) for at in range(until)}


def test_two_occasions_count_together_and_apart() -> None:
    (found,) = against([Stay(FRIDGE, "store", 0)], {FRIDGE: every(20, {3: 700, 4: 900, 5: 650, 9: 601})}, 20)
    assert found == Against(
        "store", 200, 600, judged_ms=20, above_ms=4, below_ms=0, unknown_ms=0,
        occasions=(Occasion("above", 3, 6, 900, FRIDGE), Occasion("above", 9, 10, 601, FRIDGE)),
    )  # fmt: skip
    assert (found.longest_ms, [each.lasted_ms for each in found.occasions]) == (3, [3, 1])


def test_above_and_below_are_counted_apart_though_one_follows_the_other() -> None:
    (found,) = against([Stay(FRIDGE, "store", 0)], {FRIDGE: every(10, {3: 700, 4: 100, 5: 150})}, 10)
    assert (found.above_ms, found.below_ms) == (1, 2)
    assert found.occasions == (Occasion("above", 3, 4, 700, FRIDGE), Occasion("below", 4, 6, 100, FRIDGE))


def test_a_unit_that_is_carried_on_while_it_is_warm_is_beyond_the_limit_once() -> None:
    stays = [Stay(FRIDGE, "store", 0, 5), Stay(COLD_ROOM, "store", 5)]
    read = {FRIDGE: every(10, {4: 700}), COLD_ROOM: every(10, {5: 650, 6: 800})}
    (found,) = against(stays, read, 10)
    assert found.occasions == (Occasion("above", 4, 7, 800, FRIDGE),)


def test_each_pair_of_limits_has_its_own_minutes_in_the_order_of_the_way() -> None:
    stays = [Stay(BOX, "transport", 0, 5), Stay(FRIDGE, "store", 5, 8), Stay(BOX, "transport", 8), Stay(BOX, None, 9)]
    transport, store = against(stays, {BOX: every(12, {1: 700, 2: 1100, 8: 1200}), FRIDGE: every(12, {5: 700})}, 12)
    assert (transport.phase, transport.high, transport.judged_ms, transport.above_ms) == ("transport", 1000, 6, 2)
    assert (store.phase, store.high, store.judged_ms, store.above_ms) == ("store", 600, 3, 1)
    assert [len(each.occasions) for each in (transport, store)] == [2, 1]


def test_one_limit_alone_is_a_pair_and_what_is_unknown_is_no_occasion() -> None:
    (found,) = against([Stay(FRIDGE, "ward", 0)], {FRIDGE: {0: 700, 1: 400, 9: 400}}, 10)
    assert (found.low, found.high, found.above_ms, found.unknown_ms) == (None, 600, 1, 5)
    assert found.longest_ms == 1


def test_where_the_pack_is_silent_or_between_places_there_are_no_limits() -> None:
    stays = [Stay(FRIDGE, "uncontrolled", 0, 3), Stay(FRIDGE, "store", 7)]
    (found,) = against(stays, {FRIDGE: every(10, {})}, 10)
    assert (found.phase, found.judged_ms, found.longest_ms, found.occasions) == ("store", 3, 0, ())
    assert against([], {}) == ()


def test_a_unit_that_is_carried_on_while_it_is_cold_is_told_with_the_coldest_reading_of_all() -> None:
    stays = [Stay(FRIDGE, "store", 0, 5), Stay(COLD_ROOM, "store", 5)]
    (found,) = against(stays, {FRIDGE: every(10, {4: 50}), COLD_ROOM: every(10, {5: 150})}, 10)
    assert found.occasions == (Occasion("below", 4, 6, 50, FRIDGE),)


def doors(read: DEGREES, *in_load: tuple[int, int]) -> list[int]:
    """When each occasion began that looks like an open door."""
    found = like_an_open_door(judged([Stay(FRIDGE, "store", 0)], {FRIDGE: read}, 20), in_load)
    return sorted(each.start_ms for each in found)


def test_a_warm_spell_of_air_that_was_over_looks_like_an_open_door() -> None:
    assert doors(every(20, {3: 700, 4: 900, 9: 601})) == [3, 9]


def test_what_was_cold_or_is_not_over_or_ends_in_silence_does_not() -> None:
    assert doors(every(20, {3: 100})) == []
    assert doors(every(20, {18: 700, 19: 700})) == []
    assert doors({0: 400, 1: 700, 9: 400}) == []
    assert doors(every(20, {3: 700, 4: 100})) == [], "it went on beyond the other limit"


def test_where_a_probe_in_a_load_spoke_meanwhile_that_one_tells_how_warm_the_bags_became() -> None:
    warm = every(20, {5: 700, 6: 700})
    assert doors(warm, (0, 4), (7, 19)) == [5]
    assert [doors(warm, spoke) for spoke in ((0, 5), (6, 6), (6, 19), (0, 19))] == [[], [], [], []]
