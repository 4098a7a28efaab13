"""Transmitters on a bus, against frames that were tested on a device."""

import json
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_mocks.clock import write_clock
from firmware_mocks.modbus_sht20 import modbus_crc, slaves_of, with_crc
from firmware_mocks.zones import Zones

READ_TEMPERATURE = bytes.fromhex("010400010001600A")
READ_BOTH = bytes.fromhex("010400010002200B")
AT_MS = 1_767_225_600_000


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    path = tmp_path / "clock"
    write_clock(path, AT_MS)
    return path


@pytest.fixture
def bus(start: Callable[..., Any], link: Path, clock_file: Path, tmp_path: Path) -> Any:
    zones = ("--zone", "1=fridge,start=4.2", "--zone", "2=freezer,start=-30")
    return start(
        "modbus_sht20", "--link", str(link), "--clock", str(clock_file), "--truth", str(tmp_path / "truth"), *zones
    )


def truth(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "truth").read_text().splitlines()]


def sound(frame: bytes) -> bytes:
    """The frame without its CRC, which was checked with another algorithm than the device's: a table of nibbles."""
    table = [0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401]
    table += [0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400]
    crc = 0xFFFF
    for octet in frame[:-2]:
        crc = table[(octet ^ crc) & 15] ^ (crc >> 4)
        crc = table[(octet >> 4 ^ crc) & 15] ^ (crc >> 4)
    assert frame[-2:] == crc.to_bytes(2, "little")
    return frame[:-2]


@pytest.mark.parametrize(
    "captured",
    ["010400010001600A", "01040201317974", "010400010002200B", "010404013102222ACE", "010601010008D830", "018306C132"],
)
def test_the_crc_is_that_of_captured_frames(captured: str) -> None:
    frame = bytes.fromhex(captured)
    assert with_crc(frame[:-2]) == frame
    assert sound(frame) == frame[:-2]


def test_the_crc_has_the_published_check_value() -> None:
    assert modbus_crc(b"123456789") == bytes.fromhex("374B")


def test_both_slaves_answer_with_their_own_cabinet(bus: Any, open_port: Callable[[], Any], tmp_path: Path) -> None:
    port = open_port()
    port.write(READ_BOTH)
    first = sound(port.read(9))
    assert first[:3] == bytes.fromhex("010404")
    fridge, humidity = struct.unpack(">hh", first[3:])
    assert abs(fridge - 42) <= 2
    assert 400 < humidity < 700
    port.write(with_crc(bytes.fromhex("020300010001")))
    second = sound(port.read(7))
    assert second[:3] == bytes.fromhex("020302")
    (freezer,) = struct.unpack(">h", second[3:])
    assert abs(freezer + 300) <= 2
    assert truth(tmp_path) == [
        {"at_ms": AT_MS, "zone": "1", "centi_celsius": fridge * 10, "fault": None},
        {"at_ms": AT_MS, "zone": "2", "centi_celsius": freezer * 10, "fault": None},
    ]
    assert bus.ask("stats")["readings_by_zone"] == {"1": 1, "2": 1}


def test_the_other_scale(start: Callable[..., Any], link: Path, open_port: Callable[[], Any]) -> None:
    start("modbus_sht20", "--link", str(link), "--scale", "100", "--zone", "1=fridge,start=30.5")
    port = open_port()
    port.write(READ_TEMPERATURE)
    (value,) = struct.unpack(">h", sound(port.read(7))[3:])
    assert abs(value - 3050) <= 15


def test_requests_split_or_merged_or_after_noise_are_understood(bus: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    port.write(READ_TEMPERATURE[:3])
    time.sleep(0.005)
    port.write(READ_TEMPERATURE[3:] + READ_BOTH)
    assert len(sound(port.read(7))) == 5
    assert len(sound(port.read(9))) == 7
    port.write(b"\x00\xff\x01")
    time.sleep(0.1)
    port.write(READ_TEMPERATURE)
    assert len(sound(port.read(7))) == 5
    assert bus.ask("stats")["octets_ignored"] == 3


def test_registers_are_written_and_offsets_take_effect(bus: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    write = bytes.fromhex("010601010008D830")
    port.write(write)
    assert port.read(8) == write
    port.write(with_crc(bytes.fromhex("01060103000A")))
    assert port.read(8) == with_crc(bytes.fromhex("01060103000A"))
    port.write(READ_TEMPERATURE)
    (warmer,) = struct.unpack(">h", sound(port.read(7))[3:])
    assert abs(warmer - 52) <= 2
    bus.order("replug")
    renewed = open_port()
    renewed.write(READ_TEMPERATURE + with_crc(bytes.fromhex("080400010001")))
    assert sound(renewed.read(7))[0] == 8
    assert renewed.quiet(0.1) == b""


@pytest.mark.parametrize(
    ("request_hex", "answer_hex"),
    [
        ("010400090001", "018402"),
        ("010400010003", "018402"),
        ("010400010000", "018403"),
        ("010605000001", "018602"),
        ("010601010000", "018603"),
        ("010500010001", "018501"),
        ("0110000100010200FF", "019001"),
    ],
)
def test_exceptions(bus: Any, open_port: Callable[[], Any], request_hex: str, answer_hex: str) -> None:
    port = open_port()
    port.write(with_crc(bytes.fromhex(request_hex)))
    assert sound(port.read(5)) == bytes.fromhex(answer_hex)
    assert bus.ask("stats")["exceptions"] == 1


def test_bad_crcs_and_absent_slaves_are_met_with_silence(bus: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    port.write(READ_TEMPERATURE[:-1] + b"\x0b")
    assert port.quiet(0.15) == b""
    port.write(with_crc(bytes.fromhex("090400010001")))
    assert port.quiet(0.15) == b""
    assert bus.ask("stats")["not_for_us"] == 1


def test_busy_is_exception_06(bus: Any, open_port: Callable[[], Any]) -> None:
    bus.order("fault", name="busy")
    port = open_port()
    port.write(with_crc(bytes.fromhex("010300010001")))
    assert port.read(5) == bytes.fromhex("018306C132")


def test_wrong_slave_zero_and_invalid(bus: Any, open_port: Callable[[], Any], tmp_path: Path) -> None:
    port = open_port()
    answers = []
    for fault in ("wrong_slave", "zero", "invalid", "checksum"):
        bus.order("fault", name=fault)
        port.write(READ_TEMPERATURE)
        answers.append(port.read(7))
    assert sound(answers[0])[:3] == bytes.fromhex("020402")
    assert sound(answers[1]) == bytes.fromhex("0104020000")
    assert sound(answers[2]) == bytes.fromhex("0104027FFF")
    assert with_crc(answers[3][:-2]) != answers[3]
    told = truth(tmp_path)
    assert [line["fault"] for line in told] == ["wrong_slave", "zero", "invalid", "checksum"]
    assert [line["centi_celsius"] for line in told][1:3] == [0, None]


def test_a_late_answer_comes_when_the_host_has_given_up(
    start: Callable[..., Any], link: Path, open_port: Callable[[], Any]
) -> None:
    bus = start("modbus_sht20", "--link", str(link), "--late-seconds", "0.4", "--zone", "1=fridge")
    bus.order("fault", name="late")
    port = open_port()
    port.write(READ_TEMPERATURE)
    assert port.quiet(0.3) == b""
    assert len(sound(port.read(7))) == 5


def test_a_broken_compressor_is_felt_over_simulated_time(
    bus: Any, open_port: Callable[[], Any], clock_file: Path, tmp_path: Path
) -> None:
    port = open_port()
    bus.order("compressor", zone="1", on=False)

    def celsius_after(minutes: int) -> float:
        write_clock(clock_file, AT_MS + minutes * 60_000)
        port.write(READ_TEMPERATURE)
        (value,) = struct.unpack(">h", sound(port.read(7))[3:])
        return float(value) / 10

    warm = [celsius_after(minutes) for minutes in (1, 40, 70)]
    assert warm[0] < 5
    assert 6 < warm[1] < warm[2]
    assert 8.5 < warm[2] < 10.0
    bus.order("compressor", zone="1", on=True)
    assert celsius_after(160) < 4.9
    assert [line["at_ms"] for line in truth(tmp_path)] == [AT_MS + m * 60_000 for m in (1, 40, 70, 160)]


def test_a_stuck_value_does_not_move(bus: Any, open_port: Callable[[], Any], clock_file: Path) -> None:
    port = open_port()
    bus.order("fault", name="stuck", seconds=1_000_000)
    seen = set()
    for minutes in range(0, 60, 10):
        write_clock(clock_file, AT_MS + minutes * 60_000)
        port.write(READ_TEMPERATURE)
        seen.add(port.read(7))
    assert len(seen) == 1


def test_an_address_that_modbus_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 247"):
        slaves_of(Zones(["fridge=fridge"], seed=0), scale=10)
