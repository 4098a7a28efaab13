"""What is kept of units' cold chains beside the log: what the page says, of exactly the units that it concerns."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.judge import Judging
from ledger.read.concerned import concerned
from ledger.read.reader import Reader, reading
from ledger.read.verdicts import judge_on, judged_so_far, units_there
from ledger.store.tables import units
from ledger.store.verdicts import Mark, verdicts_of
from tests.support.producers import Fact, Gateway, StoryClock, claim, declare, introduce, site_in

MINUTE = 60_000
FRIDGES = ["place:centre/fridge-1", "place:centre/fridge-2"]
BENCH, BOX, ATTIC = "place:centre/bench", "box:B-1", "place:centre/attic"
UNITS = [f"unit:A99992600000{number}.A0002V00" for number in range(6)]
TAGS = [f"tag:E004010{number}" for number in range(6)]


class Station:
    """A blood centre with two refrigerators, a box, a bench and an attic without a probe."""

    def __init__(self, folder: Path) -> None:
        self.clock = StoryClock()
        self.gateway = Gateway("gw-centre")
        self.ledger = Ledger(site_in(folder), self.clock)
        self.judging = Judging(self.ledger)
        introduce(self.ledger, self.gateway)
        for place, phase in [*((each, "store") for each in (*FRIDGES, ATTIC)), (BOX, "transport"), (BENCH, None)]:
            more = {} if phase is None else {"phase": phase}
            names = {"organisation": "org:centre", "name_zh": place, "name_en": place}
            declare(self.ledger, Draft(kinds.PlaceAdded, {"place": place, **names, **more}))

    def enter(self, unit: str, place: str) -> None:
        entered = {"unit": unit, "abo": "O", "rhd": "negative", "expires": "2027-04-05T15:59:00.000Z", "place": place}
        claim(self.ledger, Draft(kinds.Opening, entered))

    def say(self, *facts: Fact, suffix: str = "c") -> None:
        self.ledger.append_batch(self.gateway.say(*facts, suffix=suffix))

    def read(self, place: str, *centi: int, began_ms: int, every_ms: int = 5 * MINUTE, **more: object) -> None:
        """A segment of one reading every so often."""
        readings = [[number * every_ms, value] for number, value in enumerate(centi)]
        until = format_instant(began_ms + len(centi) * every_ms)
        fields = {"place": place, "probe": f"probe:{place[-1]}", "measures": "air", "until": until, "quality": "good"}
        self.say(
            (kinds.TemperatureSegment, format_instant(began_ms), {**fields, "readings": readings, **more}), suffix="t"
        )

    def verdicts(self, *, later_ms: int = 0) -> dict[str, tuple[str, bool]]:
        """What lists say of each unit now, or so much later."""
        with reading(self.ledger.site) as reader:
            found = verdicts_of(reader.connection, UNITS)
        now_ms = self.clock.now_ms() + later_ms
        return {unit[17]: (each.at(now_ms).verdict, each.at(now_ms).held) for unit, each in found.items()}


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path / "site")
    with made.ledger:
        yield made


def concerns(station: Station, *, since: int) -> list[str]:
    with reading(station.ledger.site) as reader:
        return [unit[17] for unit in concerned(reader, since=since, until=reader.log_size())]


def filled(station: Station) -> int:
    """Two units in each refrigerator for half an hour, one on the bench; all of them judged."""
    began_ms = station.clock.now_ms()
    for unit, place in zip(UNITS, [FRIDGES[0], FRIDGES[0], FRIDGES[1], FRIDGES[1], BENCH], strict=False):
        station.enter(unit, place)
    station.clock.after(30)
    for fridge in FRIDGES:
        station.read(fridge, *[400] * 6, began_ms=began_ms)
    return station.judging.judge_now()


def test_a_warm_segment_quarantines_exactly_the_units_that_were_there(station: Station) -> None:
    since = filled(station)
    assert station.verdicts() == dict.fromkeys("0123", ("ok", False)), "on the bench nothing is judged"
    warm_ms = station.clock.now_ms()
    claim(station.ledger, Draft(kinds.Moved, {"unit": UNITS[1], "place": BENCH}))
    station.clock.after(10)
    station.read(FRIDGES[0], 900, 900, began_ms=warm_ms + 1)
    assert concerns(station, since=since) == ["0", "1"]
    station.judging.judge_now()
    assert station.verdicts() == {"0": ("out", True), **dict.fromkeys("123", ("ok", False))}
    assert examine(station.ledger.site).ok


def test_a_segment_that_comes_late_concerns_who_was_there_then(station: Station) -> None:
    """Unit 0 left the refrigerator an hour ago; unit 4 came only afterwards."""
    began_ms = station.clock.now_ms()
    filled(station)
    claim(station.ledger, Draft(kinds.Moved, {"unit": UNITS[0], "place": BENCH}))
    station.clock.after(120)
    claim(station.ledger, Draft(kinds.Moved, {"unit": UNITS[4], "place": FRIDGES[0]}))
    since = station.judging.judge_now()
    late = {"place": FRIDGES[0], "probe": "probe:late", "measures": "air", "quality": "good", "readings": [[0, 1200]]}
    at = began_ms + 10 * MINUTE
    station.say(
        (kinds.TemperatureSegment, format_instant(at), {**late, "until": format_instant(at + MINUTE)}), suffix="t"
    )
    assert concerns(station, since=since) == ["0", "1"]
    station.judging.judge_now()
    assert {unit for unit, (verdict, _) in station.verdicts().items() if verdict == "out"} == {"0", "1"}


def test_a_tag_that_is_seen_where_its_unit_is_concerns_nobody(station: Station) -> None:
    filled(station)
    claim(station.ledger, Draft(kinds.TagAssociated, {"unit": UNITS[0], "tag": TAGS[0]}))
    since = station.judging.judge_now()
    seen = {"tag": TAGS[0], "device": "device:r", "antenna": 1, "reads": 1}
    left = {"tag": TAGS[0], "device": "device:r", "reads": 2, "place": BENCH}
    station.say((kinds.TagArrived, format_instant(station.clock.now_ms()), {**seen, "place": FRIDGES[0]}))
    assert concerns(station, since=since) == []
    station.say((kinds.TagArrived, format_instant(station.clock.now_ms()), {**seen, "place": BENCH}))
    assert concerns(station, since=since) == ["0"]
    since = station.judging.judge_now()
    station.say((kinds.TagLeft, format_instant(station.clock.now_ms()), left))
    assert concerns(station, since=since) == ["0"]


def test_what_nobody_heard_for_an_hour_cannot_be_judged_any_more(station: Station) -> None:
    filled(station)
    assert station.verdicts(later_ms=50 * MINUTE)["0"] == ("ok", False)
    assert station.verdicts(later_ms=61 * MINUTE)["0"] == ("unknown", True)


def test_a_place_that_begins_to_be_judged_concerns_who_is_there(station: Station) -> None:
    since = filled(station)
    names = {"organisation": "org:centre", "name_zh": BENCH, "name_en": BENCH, "phase": "store"}
    declare(station.ledger, Draft(kinds.PlaceAdded, {"place": BENCH, **names}))
    assert concerns(station, since=since) == ["4"]
    station.judging.judge_now()
    assert station.verdicts()["4"] == ("unknown", True)


def test_two_quality_officers_let_a_unit_go_again(station: Station) -> None:
    began_ms = station.clock.now_ms()
    station.enter(UNITS[0], FRIDGES[0])
    station.clock.after(15)
    station.read(FRIDGES[0], 900, 400, 400, began_ms=began_ms)
    station.judging.judge_now()
    assert station.verdicts() == {"0": ("out", True)}
    claim(station.ledger, Draft(kinds.Assessed, {"unit": UNITS[0], "outcome": "fit", "second": "person:" + "2" * 32}))
    station.judging.judge_now()
    assert station.verdicts() == {"0": ("out", False)}, "the verdict stays beside what was judged of it"


def test_where_another_process_was_quicker_nothing_is_kept(station: Station) -> None:
    filled(station)
    with reading(station.ledger.site) as reader:
        stale = judge_on(reader, Mark())
    assert not station.ledger.keep_verdicts(stale)


def a_portion(station: Station, size: int) -> Mark:
    """Judge so many units of the turn under way, or of the next one."""
    with reading(station.ledger.site) as reader:
        portion = judge_on(reader, judged_so_far(reader), at_once=size)
    assert station.ledger.keep_verdicts(portion)
    return portion.then


def test_a_ledger_that_was_never_judged_is_judged_in_portions(station: Station) -> None:
    """What comes meanwhile concerns whom it concerns, judged or not. Half done, it is examined as such."""
    began_ms = station.clock.now_ms()
    for unit in UNITS[:5]:
        station.enter(unit, FRIDGES[0])
    station.clock.after(30)
    station.read(FRIDGES[0], *[400] * 6, began_ms=began_ms)
    target = station.ledger.size
    assert a_portion(station, 2) == Mark(0, target, UNITS[1])
    assert examine(station.ledger.site).ok
    station.enter(UNITS[5], FRIDGES[0])
    station.read(FRIDGES[0], 900, began_ms=began_ms + MINUTE)
    assert a_portion(station, 2) == Mark(0, target, UNITS[3])
    assert set(station.verdicts()) == set("0123")
    assert examine(station.ledger.site).ok
    assert a_portion(station, 9) == Mark(target, target)
    assert station.verdicts()["0"][0] == "ok", "judged before the warm reading came"
    assert a_portion(station, 2) == Mark(target, station.ledger.size, UNITS[1])
    assert a_portion(station, 2) == Mark(target, station.ledger.size, UNITS[3])
    assert examine(station.ledger.site).ok
    assert station.judging.judge_now() == station.ledger.size
    said = {unit: verdict for unit, (verdict, _) in station.verdicts().items()}
    assert said == {**dict.fromkeys("01234", "out"), "5": "ok"}, "the last one came after the warmth"
    assert examine(station.ledger.site).ok


def test_a_verdict_says_since_which_log_size_it_was_reached(station: Station) -> None:
    first = filled(station)
    began_ms = station.clock.now_ms()
    station.clock.after(10)
    station.read(FRIDGES[0], 400, 400, began_ms=began_ms)
    station.judging.judge_now()
    station.read(FRIDGES[1], 700, 400, began_ms=began_ms)
    last = station.judging.judge_now()
    with reading(station.ledger.site) as reader:
        rows = reader.connection.exec_driver_sql("SELECT unit, since, as_of FROM verdicts ORDER BY unit").all()
    assert [tuple(row)[1:] for row in rows] == [(first, last - 1), (first, last - 1), (last, last), (last, last)]


def some_news(station: Station, dice: random.Random) -> None:
    station.clock.after(dice.choice([1, 5, 15, 30, 90]))
    now_ms, place = station.clock.now_ms(), dice.choice([*FRIDGES, *FRIDGES, BENCH, BOX, ATTIC])
    unit, tag = dice.choice(list(zip(UNITS, TAGS, strict=True)))
    seen = {"tag": tag, "device": "device:r", "reads": 1, "place": place}
    match dice.randrange(8):
        case 0 | 1 | 2:
            began_ms = now_ms - dice.choice([900, 900, 3600, 7200]) * 1000
            readings = [dice.choice([400] * 6 + [900, 150]) for _ in range(dice.randrange(1, 7))]
            probe = dice.choice([f"probe:{place[-1]}"] * 4 + ["probe:spare"])
            quality = {} if dice.random() < 0.9 else {"quality": "suspect", "reason": "stuck"}
            every_ms = dice.choice([1, 5, 9, 12]) * MINUTE
            station.read(place, *readings, began_ms=began_ms, every_ms=every_ms, probe=probe, **quality)
        case 3:
            station.ledger.record("web", [Draft(kinds.Moved, {"unit": unit, "place": place})])
        case 4:
            station.say(
                (kinds.TagArrived, format_instant(now_ms - dice.choice([0, 3_600_000])), {**seen, "antenna": 1})
            )
        case 5:
            station.say((kinds.TagLeft, format_instant(now_ms), seen))
        case 6:
            fit = {"unit": unit, "outcome": "fit", "second": "person:" + "2" * 32}
            station.ledger.record("web", [Draft(kinds.Assessed, fit)])  # of what exists no more, it is refused
        case _:
            station.ledger.record("web", [Draft(kinds.Discarded, {"unit": unit, "reason": "expired"})])


def pages(reader: Reader, *, now_ms: int) -> dict[str, tuple[str, bool]]:
    """What each unit's page says of its cold chain, and whether that holds it back."""
    found = {}
    for unit in reader.connection.execute(select(units.c.unit)).scalars():
        page, facts = reader.unit_page(unit, now_ms=now_ms), reader.facts(unit, now_ms=now_ms)
        assert page is not None
        if page.exposure is not None:
            released = facts.within_tolerance or facts.assessed_fit
            found[unit] = page.exposure.verdict, page.exposure.verdict != "ok" and not released
    return found


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_lists_say_what_pages_say(station: Station, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  a story of its own for each number
    for unit, tag in zip(UNITS, TAGS, strict=True):
        station.enter(unit, dice.choice([*FRIDGES, BENCH]))
        claim(station.ledger, Draft(kinds.TagAssociated, {"unit": unit, "tag": tag}))
    for _ in range(8):
        for _ in range(dice.randrange(1, 4)):
            some_news(station, dice)
        station.judging.judge_now()
        # A moment later: what is assessed at this very instant lies before it.
        now_ms = station.clock.now_ms() + dice.choice([0, 0, 5, 20, 61, 200]) * MINUTE + 1
        with reading(station.ledger.site) as reader:
            kept = {unit: each.at(now_ms) for unit, each in verdicts_of(reader.connection, UNITS).items()}
            assert {unit: (each.verdict, each.held) for unit, each in kept.items()} == pages(reader, now_ms=now_ms)
            assert judged_so_far(reader) == Mark(reader.log_size(), reader.log_size())
    report = examine(station.ledger.site)
    assert report.ok, report.first_bad


def there(station: Station, place: str, *, start_ms: int, end_ms: int) -> str:
    with reading(station.ledger.site) as reader:
        return "".join(sorted(unit[17] for unit in units_there(reader, place, start_ms=start_ms, end_ms=end_ms)))


@pytest.mark.parametrize("is_judged", [True, False])
def test_who_was_in_a_place_is_told_alike_before_and_after_it_was_judged(station: Station, *, is_judged: bool) -> None:
    began_ms = station.clock.now_ms()
    filled(station)
    moved_ms = station.clock.now_ms()
    claim(station.ledger, Draft(kinds.Moved, {"unit": UNITS[1], "place": FRIDGES[1]}))
    claim(station.ledger, Draft(kinds.Moved, {"unit": UNITS[4], "place": FRIDGES[0]}))
    if is_judged:
        station.judging.judge_now()
    assert there(station, FRIDGES[0], start_ms=began_ms, end_ms=moved_ms - 1) == "01"
    assert there(station, FRIDGES[0], start_ms=moved_ms, end_ms=moved_ms + MINUTE) == "04"
    assert there(station, FRIDGES[1], start_ms=moved_ms + MINUTE, end_ms=moved_ms + MINUTE) == "123"
    assert there(station, FRIDGES[1], start_ms=0, end_ms=began_ms - 1) == ""
    assert examine(station.ledger.site).ok


@pytest.mark.parametrize("is_judged", [True, False])
def test_what_was_made_of_a_unit_was_nowhere_before_it_was_made(station: Station, *, is_judged: bool) -> None:
    began_ms = station.clock.now_ms()
    filled(station)
    made_ms = station.clock.now_ms()
    pooled = {"parents": UNITS[:2], "children": [kinds.Component(unit=UNITS[5])], "place": FRIDGES[0]}
    claim(station.ledger, Draft(kinds.Pooled, pooled))
    station.clock.after(10)
    if is_judged:
        station.judging.judge_now()
    assert there(station, FRIDGES[0], start_ms=began_ms, end_ms=made_ms - 1) == "01"
    assert there(station, FRIDGES[0], start_ms=made_ms + 1, end_ms=made_ms + MINUTE) == "5"


def test_a_unit_that_no_catalogue_lists_is_not_judged_and_was_there_all_the_same(station: Station) -> None:
    strange = "unit:A999926000009.E9999V00"
    now_ms = station.clock.now_ms()
    station.enter(strange, FRIDGES[0])
    station.judging.judge_now()
    with reading(station.ledger.site) as reader:
        assert verdicts_of(reader.connection, [strange]) == {}
        assert reader.product(strange).component is None
    assert there(station, FRIDGES[0], start_ms=now_ms, end_ms=now_ms + MINUTE) == "9"
    assert examine(station.ledger.site).ok
