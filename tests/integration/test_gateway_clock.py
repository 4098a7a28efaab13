"""A gateway whose clock is an hour wrong, then synchronised, then set forth and back, while things happen."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway import config
from gateway.ports.mailbox import Heard
from gateway.runner import Runner
from gateway.wire.items import LabelScan
from ledger.core import kinds
from ledger.core.ids import parse_instant
from tests.support.gateway_ledger import LedgerServer, StrictLedger
from tests.support.gateway_site import EPC, C, Gateway, Mock, T, centre, edges, of_kind, wait_for

if TYPE_CHECKING:
    from gateway.clock import Trust

HOUR_MS = 3_600_000
DEVICES = """
[[reader]]
name = "fridge-1"
family = "m100_uhf"
port = "m100"
antennas = [{antenna = 1, place = "place:centre/fridge-1"}]
[[scanner]]
name = "desk"
port = "desk"
place = "place:centre/desk"
[[probe]]
name = "fridge-1-air"
family = "modbus_rtu_temp"
port = "bus"
place = "place:centre/fridge-1"
measures = "air"
interval_seconds = 1
segment_seconds = 600
"""
CLOCKS: "tuple[tuple[int, Trust], ...]" = (
    (-HOUR_MS, "unsynchronised"),
    (0, "synchronised"),
    (HOUR_MS, "synchronised"),
)
"""How far the clock is off, and how far it is trusted; then it is set back by an hour."""


class Wall:
    """A clock that is off by as much, and trusted as far, as it is told."""

    def __init__(self) -> None:
        self.name: Trust = "unsynchronised"
        self.off_ms = -HOUR_MS

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.off_ms

    def monotonic(self) -> float:
        return time.monotonic()


@contextmanager
def running(site: Path, ledger: StrictLedger) -> Iterator[Wall]:
    """A gateway that runs, and its clock."""
    wall, folder = Wall(), Gateway(site)
    with LedgerServer(ledger) as server:
        folder.configure(centre(server.url) + DEVICES)
        runner = Runner(site, config.load(site), wall)
        thread = threading.Thread(target=runner.run, kwargs={"drain_seconds": 10})
        thread.start()
        try:
            yield wall
        finally:
            runner.end()
            thread.join(timeout=30)
            folder.clean_up()


def test_what_waited_to_be_written_says_how_far_the_clock_was_trusted_when_it_was_heard(tmp_path: Path) -> None:
    wall, folder = Wall(), Gateway(tmp_path)
    folder.configure(centre("http://127.0.0.1:9") + DEVICES)
    runner = Runner(tmp_path, config.load(tmp_path), wall)
    heard = Heard(str(tmp_path / "desk"), (LabelScan("=A9999261234560"),), runner.moment())
    wall.name = "synchronised"
    (told,) = runner._learn(heard).change.claims
    assert told.fields["clock"] == "unsynchronised"
    folder.clean_up()


@pytest.mark.slow
def test_nothing_that_a_wrong_clock_stamped_is_ever_told_as_synchronised(
    tmp_path: Path, mock: Callable[..., Mock]
) -> None:
    ledger = StrictLedger()
    reader = mock("m100_uhf", "--link", str(tmp_path / "m100"))
    desk = mock("barcode_scanner", "--link", str(tmp_path / "desk"))
    mock("modbus_sht20", "--link", str(tmp_path / "bus"), "--zone", "1=fridge,start=4")
    reader.tell(cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}])
    with running(tmp_path, ledger) as wall:
        wait_for(lambda: edges(ledger), "the tag's arrival")
        for number, (off_ms, trust) in enumerate(CLOCKS):
            wall.off_ms, wall.name = off_ms, trust  # the time first, as the kernel is told
            desk.tell(cmd="scan", text=f"=A99992612345{number}00")
            wait_for(lambda scans=number: len(of_kind(ledger, kinds.LabelScanned)) > scans, "the scan")
            time.sleep(3)
        wall.off_ms = 0
        wait_for(lambda: len(of_kind(ledger, kinds.ClockSkew)) == len(CLOCKS), "the last step")
    right_ms = wall.now_ms() - HOUR_MS // 2
    for event in (*ledger.events(C), *ledger.events(T)):
        wrong = parse_instant(event.time) < right_ms
        assert event.clock == ("unsynchronised" if wrong else "synchronised"), event
    steps = [event.skew_ms for event in of_kind(ledger, kinds.ClockSkew) if isinstance(event, kinds.ClockSkew)]
    assert [round(each / HOUR_MS) for each in steps] == [1, 1, -1]
    assert edges(ledger) == ["TagArrived"], "nobody left because somebody set a clock"
    assert not ledger.complaints, "no chain depends on a clock"
    segments = [event for event in ledger.events(T) if isinstance(event, kinds.TemperatureSegment)]
    assert {event.clock for event in segments if event.quality == "good"} == {"unsynchronised", "synchronised"}
