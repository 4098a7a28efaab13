"""A technician scans bags at a desk: a bag has two bars, and a donation has several bags.

The scanner is firmware on a pseudo-terminal, its beeps counted; the gateway is the real one; a strict ledger over HTTP.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.core import kinds
from tests.support.gateway_ledger import LedgerServer, StrictLedger
from tests.support.gateway_site import Gateway, Mock, centre, of_kind, wait_for

DONATION, RED_CELLS, PLASMA, GROUP = "=A99992612345600", "=<A0002V00", "=<A0003V00", "=%6200"
BAG = "unit:A999926123456"


@dataclass
class Desk:
    """One scanner at one gateway, and what the ledger heard of it."""

    scanner: Mock
    ledger: StrictLedger
    scans: int = 0

    def scan(self, *texts: str) -> list[str | None]:
        """The bag that each scan named, once the ledger has them."""
        for text in texts:
            self.scanner.tell(cmd="scan", text=text)
            self.scans += 1
            wait_for(lambda: len(self._told()) == self.scans, f"the scan of {text}")
        return [each.unit for each in self._told()[-len(texts) :]]

    def beeps(self) -> int:
        beeps = self.scanner.tell(cmd="stats")["bel_beeps"]
        assert isinstance(beeps, int)
        return beeps

    def _told(self) -> list[kinds.LabelScanned]:
        return [each for each in of_kind(self.ledger, kinds.LabelScanned) if isinstance(each, kinds.LabelScanned)]

    def last(self) -> kinds.LabelScanned:
        return self._told()[-1]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    ledger, gateway = StrictLedger(), Gateway(tmp_path)
    with LedgerServer(ledger) as server:
        gateway.configure(
            f"""{centre(server.url)}[[scanner]]
name = "desk"
port = "scanner"
place = "place:centre/desk"
answers = "bel"
pair_seconds = 3
[[label_scheme]]
name = "station"
pattern = "{{fin:5}}{{year:2}}{{sequence:6}}"
"""
        )
        scanner = Mock("barcode_scanner", "--link", str(gateway.site / "scanner"))
        gateway.start_and_wait(ledger)
        yield Desk(scanner, ledger)
        assert gateway.end() == 0
        assert ledger.complaints == []
        gateway.clean_up()
        scanner.end()


def test_bags_are_named_by_two_scans_and_never_across_another(desk: Desk) -> None:
    assert desk.scan(DONATION, RED_CELLS) == [None, f"{BAG}.A0002V00"]
    assert desk.last().paired_since is not None
    assert desk.scan(PLASMA, DONATION) == [None, f"{BAG}.A0003V00"], "the other way round, and another bag of it"
    assert desk.scan("3501226123456", RED_CELLS) == [None, "unit:3501226123456.A0002V00"], "a national number"
    assert desk.beeps() == 0

    assert desk.scan(DONATION, GROUP, RED_CELLS) == [None, None, None]
    wait_for(lambda: desk.beeps() == 2, "two beeps: the donation's half came to nothing")
    wait_for(lambda: desk.beeps() == 4, "two more: the product's half was left alone")
    assert desk.scan(f"{DONATION}{PLASMA}") == [f"{BAG}.A0003V00"], "both bars at once"
    assert desk.beeps() == 4
