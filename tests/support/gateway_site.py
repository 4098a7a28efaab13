"""A gateway as a process in a folder of its own, devices in software around it, and what its ledger saw."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledger.core import kinds
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY, StrictLedger

EPC = "E280A9990000000000000001"
C, T = "gw-centre/1/c", "gw-centre/1/t"
PATIENCE_SECONDS = 20


class Mock:
    """A program of firmware_mocks, with its control channel."""

    def __init__(self, name: str, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"firmware_mocks.{name}", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read()["ready"]

    def tell(self, **command: object) -> dict[str, object]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = self._read()
        assert answer.get("ok"), answer
        return answer

    def end(self) -> None:
        self.process.communicate(timeout=10)

    def _read(self) -> dict[str, object]:
        assert self.process.stdout is not None
        answer = json.loads(self.process.stdout.readline())
        assert isinstance(answer, dict)
        return answer


@contextmanager
def mocks() -> Iterator[Callable[..., Mock]]:
    """What starts programs of firmware_mocks; they end with the test, the last one first."""
    started: list[Mock] = []

    def start(name: str, *options: str) -> Mock:
        started.append(Mock(name, *options))
        return started[-1]

    yield start
    for each in reversed(started):
        each.end()


def centre(url: str) -> str:
    """The tables that every gateway of a `StrictLedger` begins with: who it is, and where its events go."""
    return f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "{url}"
receipt_key = "{RECEIPT_VKEY}"
"""


class Gateway:
    """`xuemai gateway run` in a folder."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.log = (site / "gateway.log").open("a")
        self.process: subprocess.Popen[bytes] | None = None

    def configure(self, text: str) -> None:
        """Write the key that the strict ledger expects, and `gateway.toml`."""
        key = self.site / "keys/gateway.key"
        key.parent.mkdir()
        key.touch(0o600)
        key.write_text(bytes([8] * 32).hex() + "\n")
        (self.site / "gateway.toml").write_text(text)

    def clean_up(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def start(self, first: str = "pass") -> None:
        """As a person would; `first` is a statement that the process begins with."""
        code = f"{first}; from gateway.cli import gateway; gateway()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "run", "--site", str(self.site), "--drain-seconds", "5"], stderr=self.log
        )

    def start_and_wait(self, ledger: StrictLedger, first: str = "pass") -> None:
        """Start it, and wait until the ledger has heard of it."""
        self.start(first)
        wait_for(lambda: of_kind(ledger, kinds.GatewayStarted), "the start, delivered")

    def status(self) -> dict[str, Any]:
        """What it wrote of itself last; waits for a gateway that has not written anything yet."""
        path = self.site / "status.json"
        wait_for(path.exists, "a status")
        told: dict[str, Any] = json.loads(path.read_text())
        return told

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


def wait_for(found: Callable[[], object], what: str) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not found():
        assert time.monotonic() < give_up_at, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(0.05)


def of_kind(ledger: StrictLedger, kind: type[kinds.Event]) -> list[kinds.Event]:
    return [event for event in ledger.events(C) if isinstance(event, kind)]


def edges(ledger: StrictLedger, tag: str = EPC) -> list[str]:
    """The edges of one tag, in the order of the log."""
    moves = [event for event in ledger.events(C) if isinstance(event, kinds.TagArrived | kinds.TagLeft)]
    return [type(event).__name__ for event in moves if event.tag == f"tag:{tag}"]


def faulty(ledger: StrictLedger) -> set[str]:
    return {event.device for event in ledger.events(C) if isinstance(event, kinds.DeviceFault)}
