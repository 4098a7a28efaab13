"""A disk that fills up: nothing is acknowledged that is not written, and the ledger recovers by itself."""

import subprocess
import sys
from pathlib import Path

from ledger.append import Ledger
from ledger.fsck import examine
from tests.support.producers import Gateway, StoryClock, introduce, site_in

STORY = """
import resource, signal, sys
from pathlib import Path
from ledger.append import Ledger, Rejected
from ledger.config import load
from ledger.core import kinds
from tests.support.producers import Gateway, StoryClock

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
site = load(Path(sys.argv[1]))
gateway = Gateway("gw-full")
seen = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1, "place": "place:fridge"}
fact = (kinds.TagArrived, "2026-03-01T12:00:00.000Z", seen)
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
with Ledger(site, StoryClock()) as ledger:
    ledger.append_batch(gateway.say(fact))
    size = ledger.size
    resource.setrlimit(resource.RLIMIT_FSIZE, (site.ledger_db.stat().st_size + 200_000, unlimited[1]))
    waiting = None
    for _ in range(200):
        waiting = gateway.say(*[fact] * 50)
        try:
            ledger.append_batch(waiting)
            size += 1
        except Rejected as rejected:
            assert (rejected.status, rejected.step, rejected.retry) == (507, "storage", "retry"), rejected
            break
    else:
        sys.exit("the disk never filled up")
    assert ledger.size == size, "what was refused is not in the log"
    for _ in range(3):
        try:
            ledger.append_batch(waiting)
        except Rejected as rejected:
            assert rejected.step == "storage"
        else:
            sys.exit("it took a batch on a full disk")
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    ledger.append_batch(waiting)
    ledger.append_batch(gateway.say(fact))
    assert ledger.size == size + 2
"""


def test_a_full_disk_is_refused_loudly_and_gone_when_there_is_room(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, Gateway("gw-full"))
    told = subprocess.run(
        [sys.executable, "-c", STORY, str(site.directory)],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert told.returncode == 0, told.stderr
    assert "the database did not take a write" in told.stdout + told.stderr
    report = examine(site)
    assert report.ok, str(report.first_bad)
