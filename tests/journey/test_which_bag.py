"""Which bag is it: one donation, three bags, one donation number on all of them.

Told from the scanner in the preparation room to the page at the hospital: the bytes of the scanner, the gateway's
watch, the ledger, the pages. A donation number never selects a bag; two scans do, one label does, a tag does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.config import ScannerSettings
from gateway.device import Change
from gateway.scanner_watch import ScannerWatch
from gateway.session import Moment
from gateway.wire.barcode_isbt128 import BarcodeDecoder
from ledger.core import isbt128, kinds
from ledger.core.ids import parse_instant
from ledger.core.labels.reading import Reading, parse_schemes
from ledger.read.reader import reading
from tests.browser import world as story
from tests.browser.world import CELLS, FRIDGE, PLASMA, TAG, WHOLE, World, opened
from tests.support.producers import Fact, Gateway, introduce
from tests.unit.web.conftest import Visitor

DIN = isbt128.Din("A9999", "26", "123456")
DONATION, CELLS_BAR, PLASMA_BAR, GROUP_BAR = DIN.format_scanned(DIN.flag), "=<A0002V00", "=<A0003V00", "=%6200"
STATION = Reading(parse_schemes([{"name": "station", "pattern": "XM{fin:5}{year:2}{sequence:6}{check:1}"}]))


@dataclass
class Desk:
    """A barcode scanner at the refrigerator, its gateway, and the ledger that hears of it."""

    world: World
    gateway: Gateway
    watch: ScannerWatch
    beeps: int = 0

    def scan(self, hours: float, *bars: str) -> list[dict[str, object]]:
        """Each bar a line of the scanner, two seconds after the one before; gives the gateway's events."""
        decoder, told = BarcodeDecoder(), list[dict[str, object]]()
        for number, bar in enumerate(bars):
            at_ms = parse_instant(self.world.at(hours)) + number * 2000
            self.world.clock.at_ms = at_ms
            items = decoder.feed(f"]C0{bar}\r\n".encode("ascii"))
            change = self.watch.heard(items, Moment(at_ms, at_ms / 1000))
            self.beeps += len(change.unpaired)
            told += [dict(each.fields) for each in change.claims]
            self._send(change)
        return told

    def wait(self, hours: float) -> None:
        at_ms = parse_instant(self.world.at(hours))
        self.beeps += len(self.watch.tick(Moment(at_ms, at_ms / 1000)).unpaired)

    def _send(self, change: Change) -> None:
        facts: list[Fact] = []
        for each in change.claims:
            fields = {name: value for name, value in each.fields.items() if name != "time" and value is not None}
            facts.append((each.kind, str(each.fields["time"]), fields))
        story._see(self.world, self.gateway, *facts)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path / "site") as world:
        gateway = Gateway("gw-centre")
        introduce(world.ledger, gateway)
        story._donate(world, WHOLE, (CELLS, PLASMA), at=0)
        world.claim(4, "tech.lin", kinds.TagAssociated, unit=CELLS, tag=TAG, place=story.LAB)
        settings = ScannerSettings("desk", "barcode_isbt128", "/desk", FRIDGE, "any", "bel")
        watch = ScannerWatch(settings, "device:gw-centre/desk", lambda: bytes(16), STATION)
        yield Desk(world, gateway, watch)


def scans_of(desk: Desk, unit: str) -> int:
    """How many scans that named this bag its page shows, beside those of its donation alone."""
    with reading(desk.world.site) as reader:
        page = reader.unit_page(unit, now_ms=desk.world.clock.at_ms)
    assert page is not None
    assert page.discrepancies == ()
    events = [line.recorded.event for line in page.history if line.recorded is not None]
    return sum(isinstance(each, kinds.LabelScanned) and each.unit == unit for each in events)


def sent_to(visitor: Visitor, *scans: str) -> str:
    """Where the scan box leads after these scans; empty: to no bag."""
    answers = [visitor.client.get("/find", query_string={"q": each}) for each in scans]
    return answers[-1].location or ""


def test_a_bag_is_what_two_bars_name_and_nothing_less(desk: Desk) -> None:
    # Red cells, donation number first; plasma, product code first; each is one bag's history and no other's.
    assert [each.get("unit") for each in desk.scan(5, DONATION, CELLS_BAR)] == [None, CELLS]
    assert [each.get("unit") for each in desk.scan(5.1, PLASMA_BAR, DONATION)] == [None, PLASMA]
    assert (scans_of(desk, CELLS), scans_of(desk, PLASMA), scans_of(desk, WHOLE)) == (1, 1, 0)
    assert desk.beeps == 0

    # The number alone, then the bell rings for the next bag: nothing is joined, and it is heard.
    desk.scan(6, DONATION)
    desk.wait(6.01)
    assert desk.beeps == 1
    assert [each.get("unit") for each in desk.scan(6.02, CELLS_BAR, GROUP_BAR, DONATION)] == [None, None, None]
    assert desk.beeps == 2
    assert (scans_of(desk, CELLS), scans_of(desk, PLASMA)) == (1, 1)

    # A whole label in one Data Matrix; a national number that the station prints; a number with a wrong check flag.
    matrix = f"=+04000{DONATION}{GROUP_BAR}{PLASMA_BAR}&>0270602359"
    assert [each.get("unit") for each in desk.scan(7, matrix)] == [PLASMA]
    assert [each.get("unit") for each in desk.scan(7.1, f"XM{DIN}{DIN.check}", CELLS_BAR)] == [None, CELLS]
    wrong = DIN.format_scanned("60" if DIN.flag != "60" else "61")
    (refused,) = desk.scan(7.2, wrong)
    assert f"expected check flag {DIN.flag}" in str(refused["reason"])
    assert scans_of(desk, PLASMA) == 2


def test_the_pages_ask_for_the_other_half_too(desk: Desk) -> None:
    technician = Visitor(desk.world.app.test_client()).signed_in("tech.lin")
    assert sent_to(technician, DONATION) == "", "whole blood, red cells, plasma: a person says which"
    assert sent_to(technician, DONATION, CELLS_BAR) == f"/units/{CELLS}"
    assert sent_to(technician, PLASMA_BAR, DONATION) == f"/units/{PLASMA}"
    assert sent_to(technician, PLASMA_BAR, GROUP_BAR, DONATION) == ""
    assert sent_to(technician, TAG) == f"/units/{CELLS}"
    assert sent_to(technician, str(DIN)) == "", "typed once, without its check character"
    stored = technician.post("/steps/stored", unit=f"{DONATION}\n{PLASMA_BAR}", place=FRIDGE)
    assert stored.location == f"/units/{PLASMA}"
