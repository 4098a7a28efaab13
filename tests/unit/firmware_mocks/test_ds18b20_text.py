"""The DS18B20 board against captured scratchpads."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_mocks.clock import write_clock
from firmware_mocks.ds18b20_text import crc8, scratchpad, w1_slave

AT_MS = 1_767_225_600_000
ROM = "28FF641DCD96F201"


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    path = tmp_path / "clock"
    write_clock(path, AT_MS)
    return path


@pytest.fixture
def board(start: Callable[..., Any], link: Path, clock_file: Path, tmp_path: Path) -> Callable[..., Any]:
    """A board by format; its first reading is printed when it starts."""

    def starting(style: str, *options: str) -> Any:
        paths = ("--link", str(link), "--clock", str(clock_file), "--truth", str(tmp_path / "truth"))
        zone = ("--zone", f"1=fridge,start=4.25,rom={ROM}")
        return start("ds18b20_text", *paths, "--format", style, *zone, *options)

    return starting


def last_truth(tmp_path: Path) -> dict[str, Any]:
    line = json.loads((tmp_path / "truth").read_text().splitlines()[-1])
    assert isinstance(line, dict)
    return line


@pytest.mark.parametrize(
    ("nine", "text"),
    [
        (scratchpad(23.0), "70 01 4b 46 7f ff 10 10 e1 : crc=e1 YES\n70 01 4b 46 7f ff 10 10 e1 t=23000\n"),
        (
            scratchpad(85.0, byte_6=0x0C),
            "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n",
        ),
        (bytes(9), "00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n"),
        (b"\xff" * 9, "ff ff ff ff ff ff ff ff ff : crc=c9 NO\nff ff ff ff ff ff ff ff ff t=-62\n"),
    ],
)
def test_blocks_are_the_captured_ones(nine: bytes, text: str) -> None:
    assert w1_slave(nine) == text.encode()


def test_the_crc_has_the_published_check_value() -> None:
    # CRC-8/MAXIM-DOW over "123456789".
    assert crc8(b"123456789") == 0xA1


def test_byte_6_tells_a_genuine_probe() -> None:
    assert scratchpad(-30.0625)[:2] == bytes.fromhex("1ffe")
    assert scratchpad(-30.0625)[6] == 0x10 - 0x0F


def test_a_block_comes_at_every_interval_of_the_clock(
    board: Callable[..., Any], open_port: Callable[[], Any], clock_file: Path, tmp_path: Path
) -> None:
    program = board("w1", "--every", "60")
    port = open_port()
    first = port.line() + port.line()
    assert re.fullmatch(rb"(.{26}) : crc=(..) YES\n\1 t=(\d+)\n", first)
    milli = int(first.rpartition(b"t=")[2])
    assert abs(milli - 4250) < 300
    assert last_truth(tmp_path) == {"at_ms": AT_MS, "zone": "1", "centi_celsius": round(milli / 10), "fault": None}
    write_clock(clock_file, AT_MS + 59_999)
    assert port.quiet(0.1) == b""
    write_clock(clock_file, AT_MS + 60_000)
    assert port.line().endswith(b"YES\n")
    assert last_truth(tmp_path)["at_ms"] == AT_MS + 60_000
    assert program.ask("stats")["readings"] == 2


@pytest.mark.parametrize(
    ("fault", "second_line", "centi_celsius"),
    [
        ("power_on", b"50 05 4b 46 7f ff 0c 10 1c t=85000\n", 8500),
        ("zero", b"00 00 00 00 00 00 00 00 00 t=0\n", 0),
        ("minus_127", b"ff ff ff ff ff ff ff ff ff t=-62\n", None),
    ],
)
def test_false_values_in_blocks(
    board: Callable[..., Any],
    open_port: Callable[[], Any],
    clock_file: Path,
    tmp_path: Path,
    fault: str,
    second_line: bytes,
    centi_celsius: int | None,
) -> None:
    program = board("w1")
    port = open_port()
    port.read(74)
    program.order("fault", name=fault)
    write_clock(clock_file, AT_MS + 60_000)
    port.line()
    assert port.line() == second_line
    told = last_truth(tmp_path)
    assert (told["centi_celsius"], told["fault"]) == (centi_celsius, fault)


def test_a_flipped_bit_says_no(board: Callable[..., Any], open_port: Callable[[], Any], clock_file: Path) -> None:
    program = board("w1")
    port = open_port()
    port.line(), port.line()
    program.order("fault", name="checksum")
    write_clock(clock_file, AT_MS + 60_000)
    assert port.line().endswith(b" NO\n")
    assert "knows" in program.ask("fault", name="nan")["error"]


def test_lines_name_their_probes(start: Callable[..., Any], link: Path, open_port: Callable[[], Any]) -> None:
    zones = ("--zone", f"1=fridge,start=4.25,rom={ROM}", "--zone", "2=freezer,start=-30")
    program = start("ds18b20_text", "--link", str(link), "--format", "lines", *zones)
    port = open_port()
    found = re.fullmatch(rb"28FF641DCD96F201 (\d\.\d\d)\r\n", port.line())
    assert found
    assert abs(float(found[1]) - 4.25) < 0.3
    rom, value = port.line().split()
    assert crc8(bytes.fromhex(rom.decode())) == 0
    assert abs(float(value) + 30) < 0.3
    assert program.ask("stats")["roms"] == {"1": ROM, "2": rom.decode()}


@pytest.mark.parametrize(
    ("fault", "value"), [("power_on", b"85.00"), ("zero", b"0.00"), ("minus_127", b"-127.00"), ("nan", b"nan")]
)
def test_false_values_in_lines(
    board: Callable[..., Any],
    open_port: Callable[[], Any],
    clock_file: Path,
    tmp_path: Path,
    fault: str,
    value: bytes,
) -> None:
    program = board("lines")
    port = open_port()
    port.line()
    program.order("fault", name=fault)
    write_clock(clock_file, AT_MS + 60_000)
    assert port.line() == b"28FF641DCD96F201 " + value + b"\r\n"
    assert last_truth(tmp_path)["fault"] == fault


def test_a_replug_powers_the_probes_up(
    board: Callable[..., Any], open_port: Callable[[], Any], clock_file: Path
) -> None:
    program = board("w1")
    open_port().line()
    program.order("replug")
    port = open_port()
    write_clock(clock_file, AT_MS + 60_000)
    assert port.line().startswith(b"50 05 4b 46 7f ff 0c 10 1c")
    port.line()
    write_clock(clock_file, AT_MS + 120_000)
    assert not port.line().startswith(b"50 05")


def test_a_silent_reading_is_no_reading(
    board: Callable[..., Any], open_port: Callable[[], Any], clock_file: Path, tmp_path: Path
) -> None:
    program = board("w1")
    port = open_port()
    port.line(), port.line()
    program.order("fault", name="silence", seconds=90)
    write_clock(clock_file, AT_MS + 60_000)
    assert port.quiet(0.1) == b""
    assert last_truth(tmp_path)["fault"] == "silence"
    write_clock(clock_file, AT_MS + 120_000)
    assert port.line().endswith(b"YES\n")
