"""kill -9 in the middle of appending: what was acknowledged is in the log, once, and the log is whole."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger.append import Ledger
from ledger.config import Site
from ledger.fsck import examine
from ledger.read.reader import reading
from tests.support.log_checker import check_site
from tests.support.producers import Gateway, StoryClock, introduce, site_in

KILLS = 15
APPENDER = """
import sys
from pathlib import Path
from ledger.append import Ledger
from ledger.config import load
from ledger.core import kinds
from tests.support.producers import Gateway, StoryClock

site = load(Path(sys.argv[1]))
gateway = Gateway(f"gw-kill", epoch=int(sys.argv[2]))
with Ledger(site, StoryClock()) as ledger:
    number = 0
    while True:
        number += 1
        seen = {"tag": f"tag:{number:08X}", "device": "device:r", "antenna": 1, "reads": 1, "place": "place:fridge"}
        ledger.append_batch(gateway.say(*[(kinds.TagArrived, "2026-03-01T12:00:00.000Z", seen)] * 5))
        if number % 7 == 0:
            ledger.sign_checkpoint()
        sys.stdout.write(f"{gateway.stream()} {number * 5}\\n")
        sys.stdout.flush()
"""


def acknowledged_before_the_kill(site: Site, epoch: int, seconds: float) -> int:
    """Append until killed; the last sequence number that the appender was told is safe."""
    with subprocess.Popen(
        [sys.executable, "-c", APPENDER, str(site.directory), str(epoch)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
    ) as appender:
        assert appender.stdout is not None
        first = appender.stdout.readline()
        assert first, "the appender died by itself"
        time.sleep(seconds)
        appender.send_signal(signal.SIGKILL)
        lines = [first, *appender.stdout.read().splitlines()]
    return int(lines[-1].split()[1])


@pytest.mark.slow
def test_what_was_acknowledged_survives_kill_minus_nine(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, Gateway("gw-kill"))
    dice = random.Random(9)  # noqa: S311  repeatable moments
    acknowledged = {}
    for epoch in range(1, KILLS + 1):
        acknowledged[f"gw-kill/{epoch}/c"] = acknowledged_before_the_kill(site, epoch, dice.uniform(0, 0.06))
        assert not site.seal.exists()
    assert examine(site).ok, "as the last kill left it"
    with Ledger(site, StoryClock()) as ledger:
        assert ledger.size > KILLS
    with reading(site) as reader:
        last = {each.stream: each.last_seq for each in reader.producers()}
    for stream, seq in acknowledged.items():
        assert last[stream] in {seq, seq + 5}, "at most the batch whose answer was still on its way"
    check_site(site)
    assert examine(site).ok
