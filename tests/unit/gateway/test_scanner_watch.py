"""A technician at one barcode scanner: two halves are a bag, and what came to nothing is heard."""

from dataclasses import dataclass, field

import pytest

from gateway.config import ScannerSettings
from gateway.device import Change
from gateway.scanner_watch import ScannerWatch
from gateway.session import Moment
from gateway.wire.items import Item, LabelScan, Noise
from ledger.core.labels.reading import ISBT_128_ALONE, Reading, parse_schemes

NOON = 1_772_452_800_000
DONATION, PRODUCT = "=A99992612345600", "=<A0002V00"
UNIT = "unit:A999926123456.A0002V00"


@dataclass
class Desk:
    """One scanner, and what it brought; times in seconds past noon."""

    reading: Reading = ISBT_128_ALONE
    watch: ScannerWatch = field(init=False)
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = ScannerSettings("desk", "barcode_isbt128", "/desk", "place:desk", "any", "bel")
        self.watch = ScannerWatch(settings, "device:gw/desk", lambda: bytes(16), self.reading)

    def scan(self, at: float, *texts: str) -> Change:
        return self.hear(at, *map(LabelScan, texts))

    def hear(self, at: float, *items: Item) -> Change:
        self.changes.append(self.watch.heard(items, moment(at)))
        return self.changes[-1]

    @property
    def units(self) -> list[object]:
        return [each.fields.get("unit") for change in self.changes for each in change.claims]

    @property
    def unpaired(self) -> list[str]:
        return [line for change in self.changes for line in change.unpaired]


def moment(at: float) -> Moment:
    return Moment(NOON + round(at * 1000), at)


@pytest.mark.parametrize("scans", [(DONATION, PRODUCT), (PRODUCT, DONATION)], ids=["donation-first", "product-first"])
def test_two_scans_name_the_bag_and_the_second_says_since_when(scans: tuple[str, str]) -> None:
    desk = Desk()
    desk.scan(0, scans[0])
    second = desk.scan(4, scans[1])
    assert desk.units == [None, UNIT]
    assert second.claims[0].fields["paired_since"] == "2026-03-02T12:00:00.000Z"
    assert (desk.unpaired, desk.watch.status().counts["paired"]) == ([], 1)


def test_both_halves_in_one_letter_are_a_bag() -> None:
    desk = Desk()
    desk.scan(0, DONATION, PRODUCT)
    assert desk.units == [None, UNIT]


def test_a_whole_label_needs_no_second() -> None:
    desk = Desk()
    desk.scan(0, DONATION + PRODUCT)
    assert desk.units == [UNIT]
    assert "paired_since" not in desk.changes[0].claims[0].fields


def test_every_scan_is_told_whatever_becomes_of_its_half() -> None:
    desk = Desk()
    for at, text in enumerate((DONATION, "=%5100", PRODUCT)):
        desk.scan(2 * at, text)
    assert [each.kind.__name__ for change in desk.changes for each in change.claims] == ["LabelScanned"] * 3
    assert desk.units == [None, None, None]


@pytest.mark.parametrize(
    "between",
    [LabelScan("=%5100"), LabelScan("=A99992699999900"), LabelScan("WANG"), Noise(9, "DIN of the wrong length")],
    ids=["group", "another-donation", "no-label", "torn-scan"],
)  # fmt: skip
def test_a_foreign_scan_parts_the_halves_and_is_heard(between: Item) -> None:
    desk = Desk()
    desk.scan(0, DONATION)
    assert desk.hear(2, between).unpaired == ["/desk"]
    desk.scan(4, PRODUCT)
    assert UNIT not in desk.units
    assert desk.watch.status().counts["unpaired"] == 1


def test_a_half_that_waits_is_seen_and_its_end_is_heard() -> None:
    desk = Desk()
    assert desk.watch.status().wants == ""
    desk.scan(0, DONATION)
    assert desk.watch.status().wants == "product"
    assert desk.watch.tick(moment(15)).unpaired == []
    assert desk.watch.tick(moment(15.1)).unpaired == ["/desk"]
    assert desk.watch.tick(moment(15.2)).unpaired == [], "said once"
    assert desk.watch.status().wants == ""
    desk.scan(16, PRODUCT)
    assert desk.watch.status().wants == "donation"
    assert UNIT not in desk.units


def test_after_a_bag_nothing_waits() -> None:
    desk = Desk()
    desk.scan(0, DONATION)
    desk.scan(2, PRODUCT)
    assert desk.watch.status().wants == ""
    assert desk.watch.tick(moment(60)).unpaired == []


def test_the_echo_of_a_half_is_no_foreign_scan() -> None:
    desk = Desk()
    desk.scan(0, DONATION)
    assert desk.scan(0.5, DONATION).claims == []
    desk.scan(3, DONATION)
    desk.scan(5, PRODUCT)
    assert (desk.units, desk.unpaired) == ([None, None, UNIT], [])


def test_a_scanner_that_was_unplugged_begins_anew() -> None:
    desk = Desk()
    desk.scan(0, DONATION)
    desk.watch.lost("unplugged", moment(1))
    desk.scan(3, PRODUCT)
    assert desk.units == [None, None]


def test_a_clock_that_is_set_between_the_halves_parts_nothing() -> None:
    desk = Desk()
    desk.scan(0, DONATION)
    hour_ms = 3_600_000
    desk.watch.stepped(hour_ms)
    told = desk.watch.heard([LabelScan(PRODUCT)], Moment(NOON + hour_ms + 2000, 2))
    assert told.claims[0].fields["unit"] == UNIT
    assert told.claims[0].fields["paired_since"] == "2026-03-02T13:00:00.000Z"


def test_national_codes_are_paired_too() -> None:
    reading = Reading(
        parse_schemes(
            [
                {"name": "number", "pattern": "{fin:5}{year:2}{sequence:6}"},
                {"name": "product", "pattern": "{product:5}{collection_type:1}{division:2}"},
            ]
        )
    )
    desk = Desk(reading)
    desk.scan(0, "3501226123456")
    desk.scan(2, "P0056V00")
    assert desk.units == [None, "unit:3501226123456.P0056V00"]
    assert [each.fields["structures"] for change in desk.changes for each in change.claims] == [["number"], ["product"]]
