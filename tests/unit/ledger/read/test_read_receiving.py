"""A consignment where it is received: what was received already, and what holds it back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.append import Draft
from ledger.core import kinds
from ledger.core.errors import ConfigError
from ledger.read import receiving
from ledger.read.reader import reading
from ledger.read.receiving import BOXES_FILE, Receipt
from ledger.read.sweeping import Swept
from ledger.rules.transit import Hold
from tests.support.consignments import BOX, GATE, HOSPITAL, NOTE, Day, consign
from tests.support.producers import MINUTE_MS, declare

BENCH = "place:hospital/bench"


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    for told in consign(tmp_path / "site", 3):
        bench = {"place": BENCH, "organisation": HOSPITAL, "name_zh": "台", "name_en": "Bench"}
        declare(told.ledger, Draft(kinds.PlaceAdded, bench))
        yield told


def looked_at(day: Day, note: str = NOTE, *texts: str) -> Receipt:
    with reading(day.site) as reader:
        found = receiving.receipt(reader, note, Swept(texts=texts), now_ms=day.clock.at_ms)
    assert found is not None
    return found


def received(day: Day, outcome: str, *numbers: int) -> None:
    units = [day.red_cells[number] for number in numbers]
    fields = {"dispatch_note": NOTE, "units": units, "outcome": outcome, "place": BENCH}
    day.claim(kinds.Received, fields | ({"reason": "cold"} if outcome == "refused" else {}))


def why_not(day: Day, outcome: str, note: str, *units: str) -> str | None:
    with reading(day.site) as reader:
        fields = {"dispatch_note": note, "units": list(units), "outcome": outcome}
        refused = receiving.refuse(reader, fields, now_ms=day.clock.at_ms)
    return None if refused is None else refused.step


def qualify(day: Day, text: str) -> None:
    (day.site.directory / BOXES_FILE).write_text(text, "utf-8")


def test_of_a_note_that_nobody_sent_there_is_no_receipt(day: Day) -> None:
    with reading(day.site) as reader:
        assert receiving.receipt(reader, "consignment:other", Swept(), now_ms=day.clock.at_ms) is None
    assert why_not(day, "accepted", "consignment:other", day.red_cells[0]) is None, (
        "another log's note names nothing here"
    )


def test_a_receipt_says_what_is_still_to_come_and_what_may_be_signed_for(day: Day) -> None:
    one, two, three = day.red_cells
    received(day, "held", 0)
    received(day, "accepted", 0)
    now = looked_at(day, NOTE, one, two, three, three)
    assert [(line.unit, line.outcome) for line in now.lines] == [(one, "accepted"), (two, None), (three, None)]
    assert (now.to, now.note, now.since_ms) == (HOSPITAL, NOTE, now.sent_ms)
    assert now.outstanding == (two, three)
    assert now.proposed == (two,), "the third was scanned twice: look first"


def test_a_box_counts_from_its_last_packing_before_the_dispatch(day: Day) -> None:
    qualify(day, f'[[box]]\nbox = "{BOX}"\nminutes = 10\nsource = "VAL-7"\n')
    packed_ms = day.clock.at_ms - MINUTE_MS // 2
    day.clock.at_ms = packed_ms + 10 * MINUTE_MS
    assert looked_at(day).holds == ()
    day.clock.at_ms += 1
    assert looked_at(day).holds == (Hold("box-time", BOX, 11, 10),)
    assert why_not(day, "accepted", NOTE, day.red_cells[0]) == "receipt.consignment-held"
    assert why_not(day, "held", NOTE, day.red_cells[0]) is None
    assert why_not(day, "refused", NOTE, day.red_cells[0]) is None


def test_a_box_that_was_opened_on_arrival_keeps_no_longer(day: Day) -> None:
    qualify(day, f'[[box]]\nbox = "{BOX}"\nminutes = 10\nsource = "VAL-7"\n')
    day.clock.at_ms += 5 * MINUTE_MS
    day.claim(kinds.Opened, {"box": BOX, "units": [], "place": BENCH})
    day.claim(kinds.Unpacked, {"box": BOX, "units": [], "place": BENCH})
    day.clock.at_ms += 50 * MINUTE_MS
    assert looked_at(day).holds == ()


def test_how_long_it_was_on_the_way_ends_with_the_first_receipt(day: Day) -> None:
    qualify(day, "transit_minutes = 10")
    day.clock.at_ms += 9 * MINUTE_MS
    received(day, "accepted", 0)
    day.clock.at_ms += 60 * MINUTE_MS
    assert looked_at(day).holds == ()
    assert why_not(day, "accepted", NOTE, day.red_cells[1]) is None


def test_a_bag_that_comes_back_is_not_judged_by_the_way_there(day: Day) -> None:
    qualify(day, "transit_minutes = 1")
    received(day, "held", 0)
    received(day, "refused", 1)
    day.clock.at_ms += 60 * MINUTE_MS
    assert why_not(day, "accepted", NOTE, day.red_cells[2]) is None, "it was in time"
    qualify(day, "transit_minutes = 0")
    assert why_not(day, "accepted", NOTE, day.red_cells[0]) == "receipt.boxes"
    assert why_not(day, "accepted", NOTE, day.red_cells[1]) is None, "refused, and on its way back"


def test_a_file_of_boxes_that_is_no_text_is_named(day: Day) -> None:
    (day.site.directory / BOXES_FILE).write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=BOXES_FILE):
        looked_at(day)


def test_what_the_note_does_not_name_is_not_accepted_with_it(day: Day) -> None:
    other = "unit:A999926000099.A0002V00"
    day.claim(kinds.Opening, {"unit": other, "place": GATE})
    assert why_not(day, "accepted", NOTE, day.red_cells[0], other) == "receipt.not-on-note"
    assert why_not(day, "held", NOTE, other) is None
