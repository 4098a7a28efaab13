"""What systemd hears of a gateway, over a socket as it makes one."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.servicemanager import ServiceManager


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "notify"))
        made.settimeout(0.2)
        yield made


def environment(listening: socket.socket, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": listening.getsockname(), **more}


def heard(listening: socket.socket) -> list[bytes]:
    found = []
    try:
        while True:
            found.append(listening.recv(1000))
    except TimeoutError:
        return found


def test_it_hears_of_the_start_of_life_and_of_the_end(listening: socket.socket) -> None:
    manager = ServiceManager.of(environment(listening, WATCHDOG_USEC="4000000", WATCHDOG_PID="77"), 77)
    manager.ready()
    for seconds in (0.0, 0.1, 1.9, 2.0, 3.9, 4.1):
        manager.alive(seconds)
    manager.stopping()
    assert heard(listening) == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]


@pytest.mark.parametrize("watchdog", [{}, {"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "78"}, {"WATCHDOG_USEC": "no"}])
def test_without_a_watchdog_of_ours_nothing_is_said_of_life(listening: socket.socket, watchdog: dict[str, str]) -> None:
    manager = ServiceManager.of(environment(listening, **watchdog), 77)
    manager.alive(0.0)
    manager.ready()
    assert heard(listening) == [b"READY=1"]


def test_an_abstract_name_is_reached_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind("\0xuemai-test-notify")
        made.settimeout(1)
        ServiceManager("@xuemai-test-notify").ready()
        assert made.recv(100) == b"READY=1"


def test_a_manager_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    ServiceManager(str(tmp_path / "nobody")).ready()
    ServiceManager().stopping()
