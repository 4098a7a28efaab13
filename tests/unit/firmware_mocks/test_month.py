"""Four weeks of the demo, as data: what flows in flows out, in time, and every bag has an end that follows from it."""

import tomllib
from collections import Counter
from itertools import pairwise

from firmware_mocks import month, scenarios, site_plan
from firmware_mocks.donations import DONATIONS, given_on
from firmware_mocks.month import FINAL_STATES, REMARKABLE, steps
from firmware_mocks.occasions import RECALL
from firmware_mocks.script import PLASMA, PLATELETS, RED_CELLS, Compare, Correct, Fill, HandIn, Record, Report, at
from firmware_mocks.site_setup import stock_targets


def records(kind: str) -> list[Record]:
    told = [step.action for step in steps()]
    return [each for each in told if isinstance(each, Record) and each.kind == kind]


def test_the_weeks_are_told_in_order_and_end_before_the_played_day_begins() -> None:
    times = [step.at_ms for step in steps()]
    assert all(one <= other for one, other in pairwise(times))
    assert times[0] > month.START_MS
    assert times[-1] == month.READ_UNTIL_MS < scenarios.START_MS


def test_every_day_has_donors_and_they_are_fewer_at_the_end_of_the_week() -> None:
    assert [len(given_on(day)) for day in range(-27, 1)] == [3, 3, 3, 3, 3, 2, 2] * 4


def test_everybody_and_every_place_is_at_the_site() -> None:
    people = {person.login for person in site_plan.PEOPLE}
    places = {place.id for place in site_plan.PLACES}
    for action in (step.action for step in steps()):
        match action:
            case Record(who, _, fields, second):
                assert {who, second} - {""} <= people
                assert fields.get("place", site_plan.DISPATCH) in places
            case Fill(who, _, fields, _, _) | Compare(who, _, fields, _):
                assert who in people
                assert fields.get("place", site_plan.DISPATCH) in places
            case Correct(who, _, _, _, second):
                assert {who, second} <= people
            case Report(_, _, said):
                assert {str(said[name]) for name in ("by", "second", "collector") if name in said} <= people
            case _:
                assert isinstance(action, HandIn)


def test_the_played_days_donations_are_others() -> None:
    assert not {each.din for each in DONATIONS} & set(scenarios.DINS.values())


def test_every_bag_that_is_made_has_an_end_and_nothing_else_has() -> None:
    made = {line.split(",")[0] for each in records("prepared") for line in each.fields["children"].split("\n")}
    collected = {each.fields["unit"] for each in records("collected")}
    assert set(FINAL_STATES) == made | collected


def test_blood_flows_through_the_station_and_the_hospital() -> None:
    ends = Counter(FINAL_STATES[each.unit(RED_CELLS)] for each in DONATIONS)
    assert ends["transfused"] > len(DONATIONS) / 2
    assert ends["available"] >= 5
    assert ends["in_hospital"] >= 3
    assert (ends["recalled"], ends["in_transit"]) == (1, 1)


def test_what_is_transfused_was_received_on_a_day_before() -> None:
    received: dict[str, int] = {}
    for step in steps():
        if isinstance(step.action, Fill) and step.action.path.endswith("/receipt"):
            received |= dict.fromkeys(step.action.values["units"].split("\n"), step.at_ms)
        if isinstance(step.action, Report):
            assert received[step.action.unit] < step.at_ms


def test_platelets_are_discarded_once_they_have_expired_and_not_before() -> None:
    expire = {each.unit(PLATELETS): at(f"{each.day + 6} 00:00") for each in DONATIONS if PLATELETS in each.products}
    discarded: set[str] = set()
    for step in steps():
        if isinstance(step.action, Fill) and step.action.values.get("code") == "expired":
            units = step.action.values["units"].split("\n")
            assert all(expire[unit] <= step.at_ms for unit in units)
            discarded |= set(units)
    assert discarded
    assert all(unit in discarded for unit, at_ms in expire.items() if at_ms <= at("-4 00:00"))


def test_nobody_sends_what_is_not_released_or_sends_it_twice() -> None:
    released: dict[str, int] = {}
    sent: Counter[str] = Counter()
    for step in steps():
        action = step.action
        if isinstance(action, Record) and action.kind == "released":
            released |= dict.fromkeys(action.fields["unit"].split("\n"), step.at_ms)
        if isinstance(action, Record) and action.kind == "packed":
            sent.update(action.fields["units"].split("\n"))
            assert all(released[unit] < step.at_ms for unit in action.fields["units"].split("\n"))
    assert set(sent.values()) == {1}


def test_who_checks_an_order_neither_picked_nor_sends_it() -> None:
    for action in (step.action for step in steps()):
        if isinstance(action, Fill) and action.path.startswith("/orders/DX"):
            checks = action.having == "scans"
            assert action.who == (site_plan.SECOND_TECHNICIAN if checks else site_plan.TECHNICIAN)


def test_the_recall_is_closed_by_two_persons_once_the_hospital_has_answered() -> None:
    page = f"/recall/{RECALL}"
    done = [step.action for step in steps() if isinstance(step.action, Fill) and step.action.path == page]
    withdrawn, answered, closed = done
    assert (withdrawn.who, answered.who) == (site_plan.QUALITY, site_plan.ISSUER)
    assert set(closed.passwords.values()) == {site_plan.QUALITY, site_plan.SECOND_QUALITY}


def test_the_reserves_are_those_of_the_file_and_one_of_them_is_short() -> None:
    listed = tomllib.loads(stock_targets())["target"]
    assert [each["name"] for each in listed] == [each.name for each in site_plan.RESERVES]
    states, groups = FINAL_STATES | scenarios.FINAL_STATES, {each.unit(RED_CELLS): each.abo for each in DONATIONS}
    groups |= {scenarios.unit(n, RED_CELLS): abo for n, (abo, _) in scenarios.GROUPS.items()}
    free = Counter(groups[unit] for unit in groups if states[unit] == "available")
    wanted = {each.get("abo"): each["bags"] for each in listed if each["component"] == "RBC_AS"}
    assert free["O"] < wanted["O"]
    (red_cells,) = [each["bags"] for each in listed if each["name"] == site_plan.RESERVES[0].name]
    assert free.total() >= red_cells


def test_the_occasions_are_about_different_donations() -> None:
    bags = [REMARKABLE.corrected, REMARKABLE.recalled, REMARKABLE.returned, REMARKABLE.missing, REMARKABLE.extra]
    assert len({each.din for each in bags}) == len(bags)
    assert FINAL_STATES[REMARKABLE.recalled.unit(PLASMA)] == "recalled"
    assert FINAL_STATES[REMARKABLE.missing.unit(RED_CELLS)] == "in_transit"
    assert FINAL_STATES[REMARKABLE.extra.unit(RED_CELLS)] == "available"


def test_the_bag_that_came_instead_is_not_on_the_note() -> None:
    packed = records("packed")[-1].fields["units"].split("\n")
    assert REMARKABLE.missing.unit(RED_CELLS) in packed
    assert REMARKABLE.extra.unit(RED_CELLS) not in packed
    (compared,) = [step.action for step in steps() if isinstance(step.action, Compare)]
    assert compared.values["texts"].count(REMARKABLE.extra.din) == 1
    assert REMARKABLE.missing.din not in compared.values["texts"]
