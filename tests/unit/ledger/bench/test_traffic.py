"""What is sent is what gateways send: chained, signed, about units that the site knows."""

from pathlib import Path

import pytest

from ledger.append import Ledger
from ledger.bench.traffic import EVENTS_A_UNIT, UNITS_IN_STOCK, GatewayVoice, Traffic, make, tag_of, unit_name
from ledger.clock import SystemClock
from ledger.core.batch import parse_wire
from ledger.core.events import decode
from ledger.core.ids import is_id
from ledger.fsck import examine
from ledger.read.reader import reading

SMALL = Traffic(events=120, batch=16, gateways=2)


def test_two_gateways_tell_of_known_units_and_the_ledger_takes_all_of_it(tmp_path: Path) -> None:
    site = make(tmp_path / "site", SMALL)
    voices = [GatewayVoice(site, SMALL, number) for number in range(2)]
    with Ledger(site, SystemClock()) as ledger:
        before = ledger.size
        wires = [wire for voice in voices for wire in (*voice.say(40), *voice.say(20))]
        for wire in wires:
            ledger.append_batch(wire)
        assert ledger.size - before == len(wires) == 2 * (3 + 2)
    report = examine(site)
    assert report.ok, report.first_bad
    with reading(site) as reader:
        assert reader.discrepancies() == ()


def test_a_run_that_goes_on_continues_its_stream(tmp_path: Path) -> None:
    voice = GatewayVoice(make(tmp_path / "site", SMALL), SMALL, 1)
    seqs = [decode(body).seq for part in (20, 5) for wire in voice.say(part) for body in parse_wire(wire).bodies]
    assert seqs == list(range(1, 26))


def test_each_unit_is_seen_forty_times_while_it_is_in_stock() -> None:
    traffic = Traffic(events=UNITS_IN_STOCK * EVENTS_A_UNIT * 2, batch=256)
    assert traffic.units == UNITS_IN_STOCK * 2
    seen = [traffic.unit_of(number) for number in range(traffic.events)]
    assert {seen.count(unit) for unit in (0, 1999, 2000, 3999)} == {EVENTS_A_UNIT}
    assert max(seen[: UNITS_IN_STOCK * EVENTS_A_UNIT]) == UNITS_IN_STOCK - 1
    assert len(set(seen)) == traffic.units


def test_gateways_take_turns_with_the_units(tmp_path: Path) -> None:
    site = make(tmp_path / "site", SMALL)
    told = [
        [getattr(decode(body), "tag", "") for wire in voice.say(3) for body in parse_wire(wire).bodies]
        for voice in (GatewayVoice(site, SMALL, number) for number in range(2))
    ]
    assert told == [[tag_of(0), tag_of(2), tag_of(4)], [tag_of(1), tag_of(3), tag_of(5)]]


@pytest.mark.parametrize("number", [0, 999_999, 1_000_000, 2_000_001])
def test_names_of_units_and_tags_are_names(number: int) -> None:
    assert is_id(unit_name(number), "unit")
    assert is_id(tag_of(number), "tag")
    assert unit_name(number) not in {unit_name(number + 1), unit_name(number + 1_000_000)}
