"""The ThingMagic module against captured frames."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware_mocks.field import Read, Tag
from firmware_mocks.thingmagic import checksum, frame, tag_content

EPC = bytes.fromhex("000000000000000000001545")
VERSION, BOOT, STOP = bytes.fromhex("FF00031D0C"), bytes.fromhex("FF00041D0B"), bytes.fromhex("FF032F0000025E86")
KEEP_ALIVE = bytes.fromhex("FF0022040084E0")


def host(operation: int, content: str) -> bytes:
    body = bytes((len(bytes.fromhex(content)), operation)) + bytes.fromhex(content)
    return b"\xff" + body + checksum(body).to_bytes(2, "big")


def test_frames_are_the_captured_ones() -> None:
    assert frame(0x97, 0) == bytes.fromhex("FF00970000779E")
    assert frame(0x22, 0x0400) == KEEP_ALIVE
    assert host(0x2F, "000002") == STOP


def test_a_tag_is_told_as_the_captured_one() -> None:
    captured = bytes.fromhex("10001B01FF0101C4110E16400000012700000500000F00803000000000000000000000001545E94A")
    told = tag_content(Read(Tag(EPC, 0x3000, 1, -60), EPC, -60, ghost=False), since_keep_alive_ms=295)
    assert len(told) == len(captured)
    assert (told[:9], told[-18:]) == (captured[:9], captured[-18:])


def test_it_wakes_in_its_boot_loader_and_reads_once_it_is_booted_and_configured(
    start: Callable[..., Any], link: Path, open_port: Callable[[], Any]
) -> None:
    module = start("thingmagic", "--link", str(link))
    module.order("field", tags=[{"epc": EPC.hex(), "antenna": 1, "rssi": -60}])
    port = open_port()
    port.write(host(0x97, "06"))
    assert port.read(7) == frame(0x97, 0x0101)
    port.write(BOOT)
    assert port.read(27)[:5] == bytes.fromhex("FF14040000")
    port.write(BOOT)
    assert port.read(7) == frame(0x04, 0x0101), "it runs already"
    for asked in (host(0x97, "06"), host(0x91, "020101")):
        port.write(asked)
        assert port.read(7)[3:5] == b"\x00\x00"
    port.write(host(0x2F, "00000122000005072210001B03E801FF"))
    assert port.read(8)[:6] == bytes.fromhex("FF012F000001")
    assert port.read(47)[:5] == bytes.fromhex("FF28220000")
    module.order("heat", on=True)
    port.write(STOP)
    assert frame(0x2F, 0, b"\x02") in port.quiet(0.5)
    module.order("reboot")
    assert port.quiet(0.4) == b""
    port.write(host(0x97, "06"))
    assert port.read(7) == frame(0x97, 0x0101)
