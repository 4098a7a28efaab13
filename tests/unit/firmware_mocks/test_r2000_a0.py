"""The A0 reader against captured frames."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_mocks.field import Read, Tag
from firmware_mocks.r2000_a0 import frame, tag_content

EPC = bytes.fromhex("000000000000000000000825")
FIRMWARE, FIRMWARE_TOLD = bytes.fromhex("A0030172EA"), bytes.fromhex("A00501720109DE")
FAST_SWITCH = bytes.fromhex("A00D018A00010101020103010001" + "C0")


def test_frames_are_the_captured_ones() -> None:
    assert frame(0x72, b"\x01\x09") == FIRMWARE_TOLD
    assert frame(0x8A, b"\x01\x22") == bytes.fromhex("A005018A0122AD")
    assert frame(0x89, bytes.fromhex("00001100000005")) == bytes.fromhex("A00A018900001100000005B6")


@pytest.mark.parametrize(("antenna", "strength"), [(1, "4C"), (4, "4C"), (8, "CC")])
def test_a_tag_tells_its_antenna_in_two_places(antenna: int, strength: str) -> None:
    tag = Tag(EPC, 0x3000, antenna, -53)
    content = tag_content(Read(tag, EPC, -53, ghost=False))
    assert content[0] & 3 == (antenna - 1) & 3
    assert content[1:].hex().upper() == "3000" + EPC.hex() + strength


def test_a_round_tells_tags_lost_antennas_and_its_end(
    start: Callable[..., Any], link: Path, open_port: Callable[[], Any]
) -> None:
    reader = start("r2000_a0", "--link", str(link))
    reader.order("field", tags=[{"epc": EPC.hex(), "antenna": 2, "rssi": -53}, {"epc": "E2000001", "antenna": 3}])
    reader.order("antenna", antenna=3, connected=False)
    port = open_port()
    port.write(FIRMWARE)
    assert port.read(len(FIRMWARE_TOLD)) == FIRMWARE_TOLD
    asked = FAST_SWITCH[:-1]
    port.write(asked + bytes((-sum(asked) & 0xFF,)))
    told = port.read(7 + 21 + 12)
    assert told[:7] == bytes.fromhex("A005018A0222AC")
    assert told[7:12] == bytes.fromhex("A013018A15")
    assert told[28:32] == bytes.fromhex("A00A018A")
    assert port.quiet(0.1) == b""
