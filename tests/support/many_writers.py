"""One of several processes that write one ledger: four threads, each with a gateway's stream and people's actions.

`python -m tests.support.many_writers SITE NAME ROUNDS` prints a line for each answer, at once, so that whatever was
acknowledged before a kill is known: `receipt` and its bytes in base64, or `claimed` and the unit.
"""

import base64
import sys
import threading
import time
from pathlib import Path

from ledger.append import Draft, Ledger, Rejected
from ledger.config import load
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.publish import Publisher
from tests.support.producers import Gateway, StoryClock

THREADS = 4
_out = threading.Lock()


def gateways(name: str) -> list[Gateway]:
    """The gateways of one process's threads."""
    return [Gateway(f"gw-{name}-{thread}") for thread in range(THREADS)]


def main(folder: str, name: str, rounds: int) -> None:
    """Write until done; a ledger that cannot write just now is asked again."""
    with Ledger(load(Path(folder)), StoryClock()) as ledger, Publisher(ledger, interval_seconds=0.2):
        threads = [
            threading.Thread(target=_write, args=(ledger, gateway, int(name) * 10 + number, rounds))
            for number, gateway in enumerate(gateways(name))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _write(ledger: Ledger, gateway: Gateway, writer: int, rounds: int) -> None:
    for number in range(rounds):
        seen = {"tag": f"tag:E0{writer:04}{number:06}", "device": "device:r", "antenna": 1, "reads": 1}
        wire = gateway.say((kinds.TagArrived, "2026-03-01T12:00:00.000Z", seen))
        receipt = _patiently(lambda wire=wire: ledger.append_batch(wire))
        _tell(f"receipt {base64.b64encode(receipt).decode()}")
        unit = f"unit:A9999{26000000 + writer * 10000 + number}.E0382V00"
        answer = _patiently(lambda unit=unit: ledger.record("web", [Draft(kinds.Opening, {"unit": unit})]))
        if not isinstance(answer, Refused):  # a commit whose answer was lost may have been written all the same
            _tell(f"claimed {unit}")


def _patiently(act):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  one helper for two shapes
    while True:
        try:
            return act()
        except Rejected as rejected:
            if rejected.retry != "retry":
                raise
            time.sleep(0.01)


def _tell(line: str) -> None:
    with _out:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
