"""One gateway's alarms, without a process: its time, its settings, its statuses."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.alarm.notice import Notice
from gateway.session import Moment
from tests.support.gateway_site import Mock


@dataclass
class Time:
    """Both times, moved by the test."""

    seconds: float = 1000.0

    def now(self) -> Moment:
        return Moment(1_772_452_800_000 + round(self.seconds * 1000), self.seconds)

    def after(self, seconds: float) -> Moment:
        self.seconds += seconds
        return self.now()


@pytest.fixture
def time() -> Time:
    return Time()


NOTICE = Notice(
    phase="raised",
    gateway="gw-centre",
    cause="excursion",
    device="device:gw-centre/fridge-1-air",
    place="place:centre/fridge-1",
    reason="8.20 °C, the limit is 6.00 °C",
    raised="2026-03-02T12:00:00.000Z",
    step=1,
).spoken("zh")


@pytest.fixture
def notice() -> Notice:
    return NOTICE


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Mock]:
    running = Mock("modbus_relay", "--link", str(tmp_path / "relay"))
    yield running
    running.end()


@pytest.fixture
def modem(tmp_path: Path) -> Iterator[Mock]:
    running = Mock("sms_modem", "--link", str(tmp_path / "modem"), "--pin", "4711")
    yield running
    running.end()
