"""Every program speaks the same frame: ready, commands, statistics, faults, a clean end."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SERIAL = {
    "m100_uhf": [],
    "barcode_scanner": [],
    "modbus_sht20": ["--zone", "1=fridge"],
    "ds18b20_text": ["--zone", "1=fridge"],
}


@pytest.mark.parametrize("name", SERIAL)
def test_a_program_says_that_it_is_ready_and_takes_its_link_away_at_the_end(
    start: Callable[..., Any], link: Path, name: str
) -> None:
    program = start(name, "--link", str(link), *SERIAL[name])
    assert program.ready == {"ready": True, "link": str(link)}
    assert link.readlink().parts[:3] == ("/", "dev", "pts")
    assert program.end() == 0
    assert not link.is_symlink()


def test_sigterm_is_a_clean_end_too(start: Callable[..., Any], link: Path) -> None:
    program = start("m100_uhf", "--link", str(link))
    program.running.send_signal(signal.SIGTERM)
    assert program.running.wait(timeout=5) == 0
    assert not link.is_symlink()


def test_wrong_commands_are_answered_and_not_fatal(start: Callable[..., Any], link: Path) -> None:
    program = start("modbus_sht20", "--link", str(link), *SERIAL["modbus_sht20"])
    assert "Expecting" in program.type("{")["error"]
    assert program.type("[]")["error"] == "expected a JSON object with a cmd, got list"
    assert program.type("{}")["error"] == "cmd: expected a string, got None"
    assert program.ask("dance")["error"] == "unknown command 'dance'"
    assert program.ask("door", zone="9", open=True)["error"] == "zone '9': expected one of 1"
    assert program.ask("door", zone="1", open=1)["error"] == "open: expected true or false, got 1"
    assert program.ask("ambient", zone="1", celsius="22")["error"] == "celsius: expected a number, got '22'"
    assert program.ask("fault", name="nan")["error"].startswith("fault 'nan': this program knows busy, checksum")
    assert program.ask("stats")["ok"] is True


def test_an_unplugged_device_comes_back_behind_the_same_link(start: Callable[..., Any], link: Path) -> None:
    program = start("m100_uhf", "--link", str(link))
    program.order("unplug")
    assert not link.is_symlink()
    assert program.ask("plug") == {"ok": True, "link": str(link)}
    before = link.readlink()
    program.order("replug")
    assert link.readlink() != before
    assert program.ask("stats")["plugged"] == 3


def test_an_idle_program_hardly_uses_the_processor(start: Callable[..., Any], link: Path) -> None:
    program = start("modbus_sht20", "--link", str(link), *SERIAL["modbus_sht20"])
    ticks = Path(f"/proc/{program.running.pid}/stat")

    def used() -> int:
        fields = ticks.read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    began, began_at = used(), time.monotonic()
    time.sleep(2.0)
    # The kernel counts in hundredths of a second.
    assert (used() - began) / 100 / (time.monotonic() - began_at) < 0.03
