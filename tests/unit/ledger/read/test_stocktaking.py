"""A fridge is counted: by hand, by its reader, in portions that fit an event."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.events import encode
from ledger.read import stocktaking
from ledger.read.reader import reading
from ledger.read.stocktaking import Take
from ledger.read.sweeping import Swept
from ledger.rules.stocktake import Astray, Difference
from tests.support.consignments import BOX, CENTRE, FRIDGE, GATE, HOSPITAL, Day, consign


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """Three bags on the road, in a box; two donations stay in the laboratory."""
    yield from consign(tmp_path / "site", 3)


def taken(day: Day, place: str, *texts: str, scope: str | None = None, since_ms: int | None = None) -> Take:
    with reading(day.site) as reader:
        swept = Swept(place=place, since_ms=since_ms, texts=texts, scope=scope)
        return stocktaking.take(reader, place, swept, now_ms=day.clock.at_ms)


def signed(day: Day, place: str) -> tuple[Recorded, ...]:
    with reading(day.site) as reader:
        return stocktaking.signed(reader, place, now_ms=day.clock.at_ms)


def test_a_bag_on_the_road_that_lies_in_the_fridge_is_in_the_wrong_state(day: Day) -> None:
    one, two, three = day.red_cells
    told = taken(day, FRIDGE, one)
    assert told.difference == Difference((), (), (one,), ())
    assert told.astray == Astray((), (one,))
    assert not told.agrees
    assert told.known[one].state == "in_transit"
    assert taken(day, BOX, one, two, three).agrees, "in the box it travels"


def test_a_bag_of_the_stock_that_lies_in_another_place_is_misplaced(day: Day) -> None:
    whole = day.whole_blood[0].replace(":A99992", ":A99991")
    assert taken(day, FRIDGE, whole).astray == Astray((whole,), ())


def test_a_held_back_bag_lies_well_where_such_bags_are_set_apart_and_on_hold_is_held_back(day: Day) -> None:
    one, *_ = day.red_cells
    day.claim(kinds.Received, {"dispatch_note": "consignment:X", "units": [one], "outcome": "accepted", "place": GATE})
    day.claim(kinds.Quarantined, {"unit": one})
    told = taken(day, GATE, one)
    assert told.difference.agrees
    assert (told.astray.wrong_state, told.agrees) == ((one,), False)


def test_what_an_organisation_may_not_see_is_counted_and_not_described(day: Day) -> None:
    one, *_ = day.red_cells
    whole = day.whole_blood[0].replace(":A99992", ":A99991")
    day.seen((kinds.LabelScanned, {"device": "device:gate", "place": GATE, "unit": whole}))
    assert set(taken(day, GATE, scope=CENTRE, since_ms=0).known) == {one, *day.red_cells, whole} - set(day.red_cells)
    foreign = taken(day, GATE, scope=HOSPITAL, since_ms=0)
    assert (foreign.difference.surplus, foreign.known) == ((whole,), {})


def test_readers_count_from_an_instant_on_and_not_without_one(day: Day) -> None:
    before_ms = day.clock.at_ms
    at = {"device": "device:r1", "reads": 3, "place": FRIDGE, "antenna": 1}
    day.seen((kinds.TagArrived, {"tag": day.tag(0), **at}))
    assert taken(day, FRIDGE, since_ms=before_ms).difference.surplus == (day.red_cells[0],)
    assert taken(day, FRIDGE).difference.surplus == ()


def test_what_is_signed_names_the_lists_that_were_looked_at(day: Day) -> None:
    one, two, _ = day.red_cells
    assert taken(day, BOX, one).digest == taken(day, BOX, one, "nonsense").digest, "what leads nowhere is not signed"
    differing = {taken(day, BOX, one).digest, taken(day, BOX, one, two).digest, taken(day, FRIDGE).digest}
    assert len(differing | {taken(day, FRIDGE, one).digest}) == 4


def test_a_long_list_is_signed_in_events_that_are_small_enough_and_say_all_of_it() -> None:
    names = [f"unit:A9999261{number:05}.A0002V00" for number in range(200)]
    told = Take(
        place=FRIDGE,
        difference=Difference(tuple(names[:150]), tuple(names[150:199]), (names[199],), ()),
        astray=Astray((names[199],), ()),
        known={},
        now_ms=0,
        log_size=0,
    )
    portions = told.portions()
    assert [sum(len(each[name]) for name in ("found", "missing", "surplus")) for each in portions] == [80, 80, 40]  # type: ignore[arg-type, misc]
    for name, listed in (("found", names[:150]), ("missing", names[150:199]), ("surplus", [names[199]])):
        assert [unit for each in portions for unit in each[name]] == listed  # type: ignore[attr-defined]
    assert all(each["place"] == FRIDGE for each in portions)
    envelope = {"v": 1, "stream": "web", "seq": 10**9, "nonce": "0" * 32, "time": "2026-03-01T12:00:00.000Z"}
    event = kinds.StockTaken(**envelope, clock="synchronised", by="person:" + "a" * 32, **portions[0])  # type: ignore[arg-type]
    assert len(encode(event)) <= 4096


def test_an_empty_place_is_signed_for_in_one_event(day: Day) -> None:
    assert taken(day, FRIDGE).portions() == [{"place": FRIDGE, "found": [], "missing": [], "surplus": []}]


def test_what_was_signed_stands_on_the_page_for_a_day_the_newest_first(day: Day) -> None:
    for found in ([], [day.red_cells[0]]):
        day.claim(kinds.StockTaken, {"place": FRIDGE, "found": found})
    day.claim(kinds.StockTaken, {"place": GATE})
    assert [each.event.found for each in signed(day, FRIDGE)] == [[day.red_cells[0]], []]  # type: ignore[union-attr]
    day.clock.at_ms += stocktaking.SHOWN_MS
    assert signed(day, FRIDGE) == ()
