"""What went out of a stock: bags dispatched by a station, bags issued in a hospital; nothing that was struck out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.append import Ahead, Draft, Ledger
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.read.gone import gone
from ledger.read.reader import reading
from tests.support.producers import MINUTE_MS, NOON_MS, StoryClock, claim, declare, site_in

CENTRE, HOSPITAL = "org:centre", "org:hospital"
FRIDGE, BANK = "place:centre/fridge-1", "place:hospital/bank"
PATIENT = "person:" + "a" * 32
HOUR = 60 * MINUTE_MS


def unit(number: int) -> str:
    return f"unit:A99992600000{number}.A0002V00"


class Story:
    """Hours after noon; `told` at their own hour, as people do."""

    def __init__(self, ledger: Ledger, clock: StoryClock) -> None:
        self.ledger = ledger
        self.clock = clock

    def tell(self, hours: float, kind: type[kinds.Event], **fields: object) -> int:
        """Its number in the stream."""
        self.clock.at_ms = NOON_MS + int(hours * HOUR)
        return claim(self.ledger, Draft(kind, fields))[0].event.seq

    def send(self, hours: float, number: int) -> int:
        sent = {"dispatch_note": f"consignment:N-{number}", "units": [unit(number)], "to": HOSPITAL}
        return self.tell(hours, kinds.Dispatched, **sent, place=FRIDGE)

    def accept(self, hours: float, number: int) -> None:
        came = {"dispatch_note": f"consignment:N-{number}", "units": [unit(number)], "outcome": "accepted"}
        self.tell(hours, kinds.Received, **came, place=BANK)

    def gone(self, holder: str, since: float, until: float) -> list[str]:
        span = {"since_ms": NOON_MS + int(since * HOUR), "until_ms": NOON_MS + int(until * HOUR)}
        with reading(self.ledger.site) as reader:
            both = gone(reader, [CENTRE, HOSPITAL], **span)
            found = gone(reader, [holder], **span)[holder]
            assert found == both.get(holder, ()), "whoever else is asked for"
            return [each.unit for each in found]


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """Three released bags in the station's fridge at one."""
    clock = StoryClock(NOON_MS)
    with Ledger(site_in(tmp_path / "site"), clock) as ledger:
        named = {"name_zh": "某处", "name_en": "Somewhere"}
        for org, role, place in ((CENTRE, "blood_centre", FRIDGE), (HOSPITAL, "hospital", BANK)):
            declare(ledger, Draft(kinds.OrganisationAdded, {"organisation": org, "role": role} | named))
            declare(ledger, Draft(kinds.PlaceAdded, {"place": place, "organisation": org} | named))
        told = Story(ledger, clock)
        expires = format_instant(NOON_MS + 480 * HOUR)
        for number in (1, 2, 3):
            told.tell(1, kinds.Opening, unit=unit(number), abo="O", rhd="negative", expires=expires, place=FRIDGE)
            told.tell(1.5, kinds.Released, unit=unit(number))
        yield told


def test_what_went_out_of_a_station_was_dispatched_and_out_of_a_hospital_issued(story: Story) -> None:
    for number in (1, 2):
        story.send(2 + number, number)
        story.accept(5, number)
    story.tell(6, kinds.Issued, unit=unit(1), patient=PATIENT, place=BANK)
    assert story.gone(CENTRE, 0, 9) == [unit(1), unit(2)]
    assert story.gone(CENTRE, 3, 4) == [unit(2)]
    assert story.gone(CENTRE, 2, 3) == [unit(1)]
    assert story.gone(HOSPITAL, 0, 9) == [unit(1)]
    assert story.gone("org:nobody", 0, 9) == []


def test_a_dispatch_that_was_struck_out_is_none_and_the_right_one_after_it_counts(story: Story) -> None:
    wrong = story.send(3, 1)
    slip = {"of_stream": "web", "of_seq": wrong, "reason": "another bag was scanned", "about": [unit(1)]}
    story.tell(4, kinds.Corrected, **slip)
    assert story.gone(CENTRE, 0, 9) == []
    story.send(6, 1)
    assert story.gone(CENTRE, 0, 9) == [unit(1)], "until six the station had it"


def test_a_dispatch_counts_when_it_was_and_not_when_it_was_put_right(story: Story) -> None:
    wrong = story.send(3, 1)
    story.clock.at_ms = NOON_MS + 9 * HOUR
    slip = {"of_stream": "web", "of_seq": wrong, "reason": "it was at two", "about": [unit(1)], "instead": Ahead(1)}
    sent = {"dispatch_note": "consignment:N-1", "units": [unit(1)], "to": HOSPITAL, "place": FRIDGE}
    right = Draft(kinds.Dispatched, sent, format_instant(NOON_MS + 2 * HOUR))
    claim(story.ledger, Draft(kinds.Corrected, slip), right)
    assert story.gone(CENTRE, 1, 2.5) == [unit(1)]
    assert story.gone(CENTRE, 2.5, 10) == []


def test_what_is_said_late_counts_in_the_days_in_which_it_happened(story: Story) -> None:
    story.clock.at_ms = NOON_MS + 60 * HOUR
    sent = {"dispatch_note": "consignment:N-1", "units": [unit(1)], "to": HOSPITAL, "place": FRIDGE}
    claim(story.ledger, Draft(kinds.Dispatched, sent, format_instant(NOON_MS + 3 * HOUR)))
    assert story.gone(CENTRE, 2, 4) == [unit(1)]
    assert story.gone(CENTRE, 50, 70) == []
