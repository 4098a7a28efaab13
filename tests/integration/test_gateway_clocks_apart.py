"""A gateway whose clock is off, though something disciplines it: it finds out by what the ledger's answers say."""

from pathlib import Path

import pytest

from gateway.status import read as read_status
from gateway.statuslines import render
from gateway.words.reasons import in_chinese
from ledger.core import kinds
from tests.support.gateway_ledger import LedgerServer, StrictLedger
from tests.support.gateway_site import Gateway, centre, of_kind, wait_for

HOUR_SECONDS = 3600
SOON = "from gateway import skew; skew.SETTLED_MS = 2000"


@pytest.mark.parametrize(("ahead_seconds", "way"), [(2 * HOUR_SECONDS, "ahead of"), (-HOUR_SECONDS, "behind")])
def test_a_gateway_tells_how_far_its_clock_and_the_ledgers_are_apart(
    tmp_path: Path, ahead_seconds: int, way: str
) -> None:
    ledger = StrictLedger()
    running = Gateway(tmp_path)
    with LedgerServer(ledger, ahead_seconds=ahead_seconds) as server:
        running.configure(centre(server.url))
        running.start(SOON)
        try:
            wait_for(lambda: of_kind(ledger, kinds.ClockSkew), "the clocks to be told as apart")
            (skew,) = of_kind(ledger, kinds.ClockSkew)
            assert isinstance(skew, kinds.ClockSkew)
            assert (skew.device, skew.against) == ("device:gw-centre", "ledger")
            assert abs(skew.skew_ms + 1000 * ahead_seconds) <= 5000
            (line,) = [each for each in render(read_status(tmp_path)).splitlines() if "clock is" in each]
            assert f"is {abs(ahead_seconds) // 60} min {way} this gateway's" in line
            assert in_chinese(line.removeprefix("! ")) is not None
            assert "中心时钟比本机" in render(read_status(tmp_path), "zh")
        finally:
            running.clean_up()


def test_clocks_that_agree_are_never_told(tmp_path: Path) -> None:
    ledger = StrictLedger()
    running = Gateway(tmp_path)
    with LedgerServer(ledger) as server:
        running.configure(centre(server.url))
        try:
            running.start_and_wait(ledger, SOON)
            assert running.end() == 0
        finally:
            running.clean_up()
    assert of_kind(ledger, kinds.ClockSkew) == []
    assert "clock is" not in render(read_status(tmp_path))
