"""The HF reader against the manual's frames and captured lines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware_mocks.hf_reader import frame

INVENTORY, EMPTY = bytes.fromhex("07FFB001001C56"), bytes.fromhex("0600B0015C63")
MORE, RF_RESET = bytes.fromhex("07FFB0018014D2"), bytes.fromhex("05FF698901")
UIDS = [f"E00401501234567{n}" for n in range(5)]


def test_frames_are_the_manuals() -> None:
    assert frame(0xB0, 0x01) == EMPTY
    assert frame(0xB0, 0x00, bytes.fromhex("010300E004015012345678")) == bytes.fromhex(
        "1100B000010300E004015012345678BA40"
    )


def test_more_tags_than_fit_are_told_in_parts_and_answer_once_until_the_field_was_off(
    start: Callable[..., Any], link: Path, open_port: Callable[[], Any]
) -> None:
    reader = start("hf_reader", "--link", str(link), "--answers", "once")
    reader.order("field", tags=[{"epc": uid} for uid in UIDS])
    port = open_port()
    port.write(INVENTORY)
    assert port.read(37)[3:5] == b"\x94\x03"
    port.write(MORE)
    assert port.read(27)[3:5] == b"\x00\x02"
    port.write(INVENTORY)
    assert port.read(6) == EMPTY, "all of them have answered"
    port.write(RF_RESET)
    assert port.read(6)[2:4] == b"\x69\x00"
    port.write(INVENTORY)
    assert port.read(37)[3:5] == b"\x94\x03"
    reader.order("antenna", antenna=1, connected=False)
    port.write(INVENTORY)
    assert port.read(6)[3] == 0x84


def test_the_other_dialect_tells_a_line_for_each_slot(
    start: Callable[..., Any], link: Path, open_port: Callable[[], Any]
) -> None:
    reader = start("hf_reader", "--link", str(link), "--dialect", "ti")
    reader.order("field", tags=[{"epc": UIDS[0]}])
    port = open_port()
    port.write(b"0108000304FF0000")
    assert port.line() == b"TRF7970A EVM \r\n"
    port.write(b"010B000304140401000000")
    told = port.quiet(0.3)
    assert told.count(b"[,40]\r\n") == 15
    assert b"[70563412500104E0,7F]\r\n" in told
