"""A disk that fills up under a running gateway: said loudly, nothing lost, nothing acknowledged too early."""

import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import config, enrol, keeping, status
from gateway.clock import SystemClock
from gateway.ports.mailbox import Heard
from gateway.runner import Runner
from gateway.wire.items import TagRead
from ledger.core import events, kinds
from ledger.core.errors import XuemaiError
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY

TOML = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "http://127.0.0.1:9"
receipt_key = "{RECEIPT_VKEY}"
[mqtt]
host = "127.0.0.1"
port = 9
[[reader]]
name = "gate"
family = "impinj_r700_mqtt"
topic = "rfid/gate"
arrive_reads = 1
antennas = [{{antenna = 1, place = "place:centre/gate"}}]
"""


class Running:
    """A runner whose turns a test makes, and what it acknowledged to the broker."""

    def __init__(self, directory: Path) -> None:
        (directory / "gateway.toml").write_text(TOML)
        enrol.make_key(directory, lambda size: bytes(range(size)))
        self.runner = Runner(directory, config.load(directory), SystemClock())
        self.acknowledged: list[int] = []
        (broker,) = self.runner._ports.brokers
        broker._client.ack = lambda message, _quality: self.acknowledged.append(message)  # type: ignore[method-assign, assignment, return-value]

    def read(self, number: int) -> None:
        """One tag at the gate, in message `number`; then a turn."""
        item = TagRead(f"E280A999{number:016X}", 1, -50.0)
        self.runner._letters.put(Heard("mqtt", (item,), self.runner.moment(), "rfid/gate", number))
        self.runner._turn()

    def limit(self, extra_pages: int) -> None:
        """Leave the database room for so many more pages."""
        db = self.runner._outbox._db
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0] + extra_pages}")

    def arrivals(self) -> list[str]:
        rows = self.runner._outbox._db.execute("SELECT body FROM events WHERE stream LIKE '%c' ORDER BY seq")
        told = [events.decode(body) for (body,) in rows]
        return [event.tag for event in told if isinstance(event, kinds.TagArrived)]


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.0)
    made = Running(tmp_path)
    with made.runner._outbox:
        made.runner._begin()
        yield made


def test_what_a_full_disk_refused_is_kept_in_memory_and_written_when_there_is_room(
    running: Running, tmp_path: Path
) -> None:
    running.limit(0)
    for number in range(1, 60):
        running.read(number)
    assert running.runner._keeping.alarm
    assert len(running.arrivals()) == len(running.acknowledged) < 59, "only what is durable is acknowledged"
    running.runner._due["status"] = 0.0
    running.runner._housekeeping()
    assert any("Free space" in alarm for alarm in status.read(tmp_path).alarms)
    running.limit(10_000)
    running.read(60)
    assert running.acknowledged == list(range(1, 61))
    assert running.arrivals() == [f"tag:E280A999{number:016X}" for number in range(1, 61)]
    assert running.runner._keeping.alarm == ""


def test_when_memory_is_full_too_the_process_ends_loudly(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MAX_HELD_CLAIMS", 5)
    running.limit(0)
    with pytest.raises(XuemaiError, match="Free space"):
        deque(map(running.read, range(1, 200)), maxlen=0)


def test_a_dead_thread_ends_the_run_with_its_reason(tmp_path: Path) -> None:
    made = Running(tmp_path)
    threading.Timer(0.3, made.runner.fail, ("serial /m100: TypeError()",)).start()
    with pytest.raises(XuemaiError, match="serial /m100"):
        made.runner.run(drain_seconds=0)
