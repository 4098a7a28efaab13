"""The reader module against captured frames and the vendor's own examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_mocks.field import Read, Tag
from firmware_mocks.m100_uhf import FRAMINGS, frame, gen2_crc, tag_notice

INFO = bytes.fromhex("BB0003000100047E")
SINGLE_POLL = bytes.fromhex("BB00220000227E")
MULTI_POLL = bytes.fromhex("BB00270003222710837E")
STOP = bytes.fromhex("BB00280000287E")
STOPPED = bytes.fromhex("BB01280001002A7E")
NO_TAG = bytes.fromhex("BB01FF000115167E")
EPC = "E200001D7315016521408FC6"
# As captured: RSSI and checksum are bytes 5 and -2, the tag's own CRC 6BB8 precedes the checksum.
NOTICE = bytes.fromhex("BB02220011C43000E200001D7315016521408FC6B83EC27E")


def without_rssi(notice: bytes) -> bytes:
    assert notice[-2] == sum(notice[1:-2]) & 0xFF
    assert -70 < int.from_bytes(notice[5:6], "big", signed=True) < -50
    return notice[:5] + notice[6:-2] + notice[-1:]


@pytest.fixture
def module(start: Callable[..., Any], link: Path) -> Any:
    return start("m100_uhf", "--link", str(link), "--seed", "3")


@pytest.mark.parametrize(
    ("framing", "epc", "pc", "rssi", "captured"),
    [
        ("bb", EPC, 0x3000, -60, NOTICE.hex()),
        ("bb", "E28011700000020FEBEAD3B5", 0x3400, -41, "BB02220011D73400E28011700000020FEBEAD3B592B7DA7E"),
        ("bb", "E280699500004014CC147862", 0x3000, -69, "BB02220011BB3000E280699500004014CC14786227580D7E"),
        ("aa", "E28069150000501D63E2784F", 0x3000, -68, "AA02220011BC3000E28069150000501D63E2784FB0B7E1DD"),
        ("bb", "307E7EBB0000BB7E00000001", 0x3000, -47, "BB02220011D13000307E7EBB0000BB7E00000001EFCA107E"),
        (
            "bb",
            "300000000000000000001234567890AB",
            0x4000,
            -50,
            "BB02220015CE4000300000000000000000001234567890AB0F986D7E",
        ),
    ],
)
def test_tag_notices_are_the_captured_ones(framing: str, epc: str, pc: int, rssi: int, captured: str) -> None:
    tag = Tag(bytes.fromhex(epc), pc, 1, rssi)
    assert tag_notice(FRAMINGS[framing], Read(tag, tag.epc, rssi, ghost=False)) == bytes.fromhex(captured)


def test_the_tag_crc_has_the_published_check_value() -> None:
    # CRC-16/GENIBUS over "123456789".
    assert gen2_crc(b"123456789") == 0xD64E


def test_the_vendor_example_with_the_right_checksum() -> None:
    # The sheet prints 0A for the checksum of this error; the sum is 11.
    assert frame(FRAMINGS["aa"], 0x01, 0xFF, b"\x10") == bytes.fromhex("AA01FF00011011DD")


def test_an_empty_field_is_error_15(module: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    port.write(SINGLE_POLL)
    assert port.read(len(NO_TAG)) == NO_TAG
    assert module.ask("stats")["rounds"] == 1


def test_a_tag_in_the_field_answers_a_single_poll(module: Any, open_port: Callable[[], Any]) -> None:
    module.order("field", tags=[{"epc": EPC, "rssi": -60}])
    port = open_port()
    port.write(SINGLE_POLL)
    assert without_rssi(port.read(len(NOTICE))) == without_rssi(NOTICE)
    assert port.quiet(0.2) == b""


def test_a_multi_poll_streams_until_it_is_stopped(module: Any, open_port: Callable[[], Any]) -> None:
    module.order("field", tags=[{"epc": EPC, "rssi": -60}])
    port = open_port()
    port.write(MULTI_POLL)
    notices = [port.read(len(NOTICE)) for _ in range(5)]
    assert {without_rssi(notice) for notice in notices} == {without_rssi(NOTICE)}
    assert len({notice[5] for notice in notices}) > 1
    module.order("field", tags=[])
    assert NO_TAG in port.quiet(0.3)
    port.write(STOP)
    assert port.quiet(0.3).endswith(STOPPED)
    assert port.quiet(0.2) == b""


def test_a_multi_poll_ends_by_itself_after_its_rounds(module: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    port.write(frame(FRAMINGS["bb"], 0x00, 0x27, bytes.fromhex("220002")))
    assert port.quiet(0.6) == NO_TAG * 2
    assert module.ask("stats")["frames"] == 2


def test_info_power_and_unknown_commands(module: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    port.write(INFO)
    assert port.read(23) == bytes.fromhex("BB01030010004D31303020323664426D2056312E30927E")
    port.write(bytes.fromhex("BB00B6000207D08F7E"))
    assert port.read(8) == bytes.fromhex("BB01B6000100B87E")
    port.write(bytes.fromhex("BB00B70000B77E"))
    assert port.read(9) == bytes.fromhex("BB01B7000207D0917E")
    port.write(bytes.fromhex("BB00990000997E"))
    assert port.read(8) == bytes.fromhex("BB01FF000117187E")
    assert module.ask("stats")["commands"] == 4


def test_bad_checksums_are_ignored_and_noise_is_skipped(module: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    port.write(bytes.fromhex("BB00220000237E") + b"\xbb\x00\xff" + SINGLE_POLL[:3])
    assert port.quiet(0.1) == b""
    port.write(SINGLE_POLL[3:])
    assert port.read(len(NO_TAG)) == NO_TAG
    assert module.ask("stats")["commands"] == 1


def test_the_other_framing(start: Callable[..., Any], link: Path, open_port: Callable[[], Any]) -> None:
    start("m100_uhf", "--link", str(link), "--framing", "aa")
    port = open_port()
    port.write(SINGLE_POLL)
    assert port.quiet(0.1) == b""
    port.write(bytes.fromhex("AA0022000022DD"))
    assert port.read(8) == bytes.fromhex("AA01FF00011516DD")


def test_a_ghost_fits_its_frame_but_not_its_own_crc(module: Any, open_port: Callable[[], Any]) -> None:
    module.order("field", tags=[{"epc": EPC, "rssi": -60}])
    module.order("fault", name="ghost")
    port = open_port()
    port.write(SINGLE_POLL)
    ghost = without_rssi(port.read(len(NOTICE)))
    wrong = int.from_bytes(ghost, "big") ^ int.from_bytes(without_rssi(NOTICE), "big")
    assert wrong.bit_count() == 1
    port.write(SINGLE_POLL)
    assert without_rssi(port.read(len(NOTICE))) == without_rssi(NOTICE)


def test_a_flickering_tag_is_missed_in_a_round(module: Any, open_port: Callable[[], Any]) -> None:
    module.order("field", tags=[{"epc": EPC, "rssi": -60}])
    module.order("fault", name="flicker")
    port = open_port()
    port.write(SINGLE_POLL)
    assert port.read(len(NO_TAG)) == NO_TAG
    port.write(SINGLE_POLL)
    assert without_rssi(port.read(len(NOTICE))) == without_rssi(NOTICE)


def test_line_faults_reach_the_wire(module: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    module.order("fault", name="checksum")
    port.write(SINGLE_POLL)
    spoilt = port.read(len(NO_TAG))
    assert spoilt[:6] == NO_TAG[:6]
    assert spoilt[6] != NO_TAG[6]
    module.order("fault", name="noise", seconds=60)
    port.write(SINGLE_POLL)
    noisy = port.quiet(0.2)
    assert noisy.endswith(NO_TAG)
    assert len(noisy) > len(NO_TAG)
    assert module.ask("stats")["faults"] == {"checksum": 1, "noise": 1}


def test_a_tag_that_no_reader_could_report_is_refused(module: Any) -> None:
    assert "words" in module.ask("field", tags=[{"epc": "E20000"}])["error"]
    assert "tag" in module.ask("field", tags=[{"epc": "xx"}])["error"]
    assert "expected a list" in module.ask("field")["error"]
