"""The Chafon reader against captured frames."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_mocks.chafon import checksum, frame, tag_content
from firmware_mocks.field import Read, Tag

EPC = bytes.fromhex("000000000000000000000313")
INFORMATION = bytes.fromhex("04FF211995")


def inventory(antenna: int) -> bytes:
    body = bytes.fromhex("0DFF01040001000000007F0A")
    body = body[:10] + bytes((0x7F + antenna,)) + body[11:]
    return body + checksum(body)


def test_frames_are_the_captured_ones() -> None:
    read = Read(Tag(EPC, 0x3000, 1, -53), EPC, -53, ghost=False)
    assert frame(0x01, 0x03, b"\x01\x01" + tag_content(read, "288")) == bytes.fromhex(
        "1500010301010C0000000000000000000003136BB1A5"
    )
    assert frame(0x01, 0x03, b"\x01" + tag_content(read, "18")) == bytes.fromhex(
        "13000103010C0000000000000000000003133F39"
    )
    assert frame(0x01, 0x01, b"\x01\x00") == bytes.fromhex("0700010101001E4B")


@pytest.mark.parametrize(("model", "kind"), [("288", 0x0C), ("18", 0x09)])
def test_it_says_which_reader_it_is(
    start: Callable[..., Any], link: Path, open_port: Callable[[], Any], model: str, kind: int
) -> None:
    start("chafon", "--link", str(link), "--model", model)
    port = open_port()
    port.write(INFORMATION)
    assert port.read(9)[6] == kind


def test_an_inventory_is_of_one_antenna_and_comes_in_parts(
    start: Callable[..., Any], link: Path, open_port: Callable[[], Any]
) -> None:
    reader = start("chafon", "--link", str(link))
    reader.order("field", tags=[{"epc": f"E28011700000020FEBEAD3B{n}", "antenna": 2} for n in range(3)])
    reader.order("antenna", antenna=3, connected=False)
    port = open_port()
    port.write(inventory(2))
    told = port.quiet(0.3)
    assert [told[3], told[39], told[61]] == [0x03, 0x03, 0x01]
    port.write(inventory(1))
    assert port.read(8) == bytes.fromhex("0700010101001E4B")
    port.write(inventory(3))
    assert port.read(8)[3] == 0xF8
