"""The demo's script is whole: in order, about known people, places and devices, and its outcome follows from it."""

from itertools import pairwise

from firmware_mocks import scenarios, site_plan
from firmware_mocks.addresses import Addresses
from firmware_mocks.scenarios import (
    AFFECTED,
    DINS,
    FAILS,
    FINAL_STATES,
    FOREIGN_TAG,
    MENDED,
    MOVED,
    UNFIT,
    epc,
    steps,
    unit,
)
from firmware_mocks.script import (
    RED_CELLS,
    Order,
    PutTags,
    Record,
    Refusal,
    Restart,
    Settle,
    Sounding,
    TakeTags,
    at,
    check_character,
)

ADDRESSES = Addresses("http://x", 1, dict.fromkeys(site_plan.GATEWAYS, 2))


def records() -> list[Record]:
    told = [step.action for step in steps()]
    return [each for each in told if isinstance(each, Record)]


def inside(reader: str, at_ms: int) -> set[str]:
    """The tags before a reader just after an instant, as the script moves them."""
    there: set[str] = set()
    for step in steps():
        if step.at_ms > at_ms:
            break
        if isinstance(step.action, PutTags) and step.action.reader == reader:
            there |= set(step.action.epcs)
        if isinstance(step.action, TakeTags) and step.action.reader == reader:
            assert set(step.action.epcs) <= there, "nobody takes what is not there"
            there -= set(step.action.epcs)
    return there


def test_steps_come_in_the_order_of_time_within_the_day() -> None:
    times = [step.at_ms for step in steps()]
    assert all(one <= other for one, other in pairwise(times))
    assert scenarios.START_MS < times[0] < times[-1] < scenarios.END_MS


def test_the_day_begins_at_half_past_seven_in_shanghai() -> None:
    assert scenarios.START_MS == 1772407800000  # 2026-03-01T23:30:00Z


def test_everybody_and_everything_in_the_script_is_at_the_site() -> None:
    people = {person.login for person in site_plan.PEOPLE}
    devices = {device.name for device in site_plan.DEVICES}
    places = {place.id for place in site_plan.PLACES}
    for step in steps():
        match step.action:
            case Record(who, _, fields, second) | Refusal(Record(who, _, fields, second), _):
                assert {who, second} - {""} <= people
                assert fields.get("place", site_plan.LABORATORY) in places
            case PutTags(reader, _) | TakeTags(reader, _):
                assert reader in devices
            case Order(device, _, _):
                assert device in devices
            case Restart(gateway):
                assert gateway in site_plan.GATEWAYS
            case Sounding(board):
                assert board in devices
            case Settle():
                pass


def test_every_unit_of_the_script_has_a_final_state() -> None:
    named = {
        word.removesuffix(",")
        for record in records()
        for value in record.fields.values()
        for word in value.split()
        if word.startswith("unit:")
    }
    assert named == set(FINAL_STATES)


def test_the_failure_hits_exactly_what_was_in_fridge_1() -> None:
    at_failure = inside(site_plan.READER_1, at(FAILS))
    assert {unit(n, RED_CELLS) for n in DINS if epc(n) in at_failure} == set(AFFECTED)


def test_one_of_them_is_moved_in_the_middle_and_nothing_comes_in() -> None:
    assert inside(site_plan.READER_1, at(FAILS)) - inside(site_plan.READER_1, at(MENDED)) == {epc(3)}
    assert inside(site_plan.READER_1, at(MENDED)) <= inside(site_plan.READER_1, at(FAILS))
    assert at(FAILS) < at(MOVED) < at(MENDED)


def test_who_releases_is_not_who_tested_or_labelled_and_never_alone() -> None:
    released = [record for record in records() if record.kind == "released"]
    workers = {record.who for record in records() if record.kind in {"tested", "labelled"}}
    assert released
    assert all(record.who not in workers and record.second not in {"", record.who} for record in released)


def test_the_unfit_units_are_released_only_in_the_attempt_that_must_fail() -> None:
    refusals = [step.action for step in steps() if isinstance(step.action, Refusal)]
    assert [refusal.attempt.fields["unit"] for refusal in refusals] == [unit(UNFIT, RED_CELLS)]
    assert not any(DINS[UNFIT] in record.fields["unit"] for record in records() if record.kind == "released")


def test_check_characters_are_those_of_the_standard() -> None:
    assert check_character("G123417654321") == "A"  # ISBT 128's own worked example


def test_the_misread_label_carries_a_check_value_that_is_not_its_own() -> None:
    scans = [
        step.action.arguments["text"]
        for step in steps()
        if isinstance(step.action, Order) and step.action.command == "scan"
    ]
    flagged = [text for text in scans if isinstance(text, str) and int(text[14:16]) >= 60]
    assert len(flagged) == 1
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
    assert alphabet[int(flagged[0][14:16]) - 60] != check_character(flagged[0][1:14])


def test_own_tags_carry_the_sites_prefix_and_the_foreign_one_does_not() -> None:
    assert all(epc(n).startswith(site_plan.TAG_PREFIX) and len(epc(n)) == 24 for n in DINS)
    assert not FOREIGN_TAG.startswith(site_plan.TAG_PREFIX)


def test_every_probe_of_the_gateways_has_a_device_that_plays_it() -> None:
    played = {probe for device in site_plan.DEVICES for _, probe in device.zones}
    configured = set()
    for gateway in site_plan.GATEWAYS:
        text = site_plan.gateway_configuration(gateway, addresses=ADDRESSES, pinned=("k", "l"), origin="o")
        for table in text.split("[[")[1:]:
            if table.startswith("probe]]"):
                configured.add(f"probe:{gateway}/" + table.split('name = "')[1].split('"')[0])
    assert configured == played
