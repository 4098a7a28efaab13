"""kill -9 in the middle of appending, sealing and acknowledging: nothing lost, nothing twice, no break in the chain."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from gateway.clock import SystemClock
from gateway.outbox import Identity, Outbox
from ledger.core import kinds
from tests.support.gateway_ledger import GATEWAY, ORIGIN, RECEIPT, StrictLedger

KILLS = 15
STREAM = "gw-centre/1/c"
WORKER = """
import secrets, sys, itertools
from pathlib import Path
from gateway import claim
from gateway.clock import SystemClock
from gateway.outbox import Identity, Outbox
from ledger.core import batch, signing
from tests.support.gateway_ledger import GATEWAY, ORIGIN, RECEIPT, StrictLedger

directory, start = Path(sys.argv[1]), int(sys.argv[2])
clock = SystemClock()
with Outbox(directory / "outbox.db", Identity(ORIGIN, "gw-centre", 1, GATEWAY, RECEIPT.verifier), clock,
            secrets.token_bytes) as box:
    print("open", flush=True)
    for number in itertools.count(start):
        told = claim.device_fault("device:gw-centre/r1", f"fact {number}", place=None, now_ms=clock.now_ms())
        box.append([told], {"last": str(number).encode()})
        print(number, flush=True)
        if number % 3 == 0:
            box.seal_all()
        sealed = box.next_batch()
        if sealed is not None:
            # The wire goes out before its receipt is known, as over a network.
            print("sent " + sealed.wire.hex(), flush=True)
"""


def test_fifteen_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    chance = random.Random(20261122)  # noqa: S311 - a test that can be repeated
    promised: list[int] = []
    sent: list[bytes] = []
    for _ in range(KILLS):
        told = _run_until_killed(tmp_path, start=len(promised) + 1, after_seconds=chance.uniform(0.01, 0.12))
        promised += [int(line) for line in told if line.isdigit()]
        sent += [bytes.fromhex(line.removeprefix("sent ")) for line in told if line.startswith("sent ")]
        with _open(tmp_path) as box:
            # An append that was cut off before its promise may be there or not; the next start continues either way.
            last = int(box.state("last").get("last", b"0"))
            assert last in {len(promised), len(promised) + 1}
            promised += [last] if last > len(promised) else []
    ledger = StrictLedger()
    resent = _send_all(tmp_path, ledger)
    facts = [event.reason for event in ledger.events(STREAM) if isinstance(event, kinds.DeviceFault)]
    assert facts == [f"fact {number}" for number in promised] != []
    assert ledger.complaints == []
    assert set(sent) <= set(resent), "what was once sent is resent byte for byte"


def _open(directory: Path) -> Outbox:
    identity = Identity(ORIGIN, "gw-centre", 1, GATEWAY, RECEIPT.verifier)
    return Outbox(directory / "outbox.db", identity, SystemClock(), random.Random(1).randbytes)  # noqa: S311 - a test


def _run_until_killed(directory: Path, *, start: int, after_seconds: float) -> list[str]:
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(directory), str(start)], stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "open\n"
    time.sleep(after_seconds)
    worker.kill()
    told, _ = worker.communicate()
    # The last line may have been cut in the middle: it promised nothing.
    return told.split("\n")[:-1]


def _send_all(directory: Path, ledger: StrictLedger) -> list[bytes]:
    wires = []
    with _open(directory) as box:
        box.seal_all()
        while sealed := box.next_batch():
            wires.append(sealed.wire)
            assert box.acknowledge(sealed, ledger.post(sealed.wire).body) is None
        assert json.loads(box.state("last")["last"]) > 0
    return wires
