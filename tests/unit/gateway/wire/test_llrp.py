import struct
from datetime import UTC, datetime

import pytest

from gateway.wire.items import ROUND_FINISHED, Fault, Item, Noise, Status, TagRead
from gateway.wire.llrp import MAX_MESSAGE_BYTES, LlrpDecoder
from tests.support import llrp

EPC = "3000ABCDEF00000000000003"


def said(octets: bytes) -> list[Item]:
    decoder = LlrpDecoder()
    return decoder.feed(octets) + decoder.idle()


def test_report_of_several_tags_gives_each_its_read() -> None:
    report = llrp.message(61, llrp.tag(EPC)[10:] + llrp.tag("E2801160", antenna=3, rssi=-61)[10:])
    assert said(report) == [TagRead(EPC, 1, -50.0), TagRead("E2801160", 3, -61.0)]


def test_empty_report_is_legal() -> None:
    assert said(llrp.message(61)) == [Status("empty-report")]


def test_last_sight_is_claimed_and_uptime_is_not() -> None:
    first, last = b"\x82" + struct.pack(">Q", 1594174805140192), b"\x84" + struct.pack(">Q", 1594174806000000)
    (read,) = said(llrp.tag(EPC, more=first + last))
    assert read == TagRead(EPC, 1, -50.0, claimed_time=datetime(2020, 7, 8, 2, 20, 6, tzinfo=UTC))
    for more in (b"\x85" + struct.pack(">Q", 99), b"\x84" + struct.pack(">Q", 3_600_000_000), b"\x84" + b"\xff" * 8):
        assert said(llrp.tag(EPC, more=more)) == [TagRead(EPC, 1, -50.0)]


def test_impinj_adds_a_finer_rssi_and_the_chips_number() -> None:
    rssi = llrp.parameter(1023, struct.pack(">IIh", 25882, 57, -5750))
    tid = llrp.parameter(1023, struct.pack(">IIH", 25882, 55, 2) + bytes.fromhex("E2801160"))
    assert said(llrp.tag(EPC, more=rssi + tid)) == [TagRead(EPC, 1, -57.5, "E2801160")]


@pytest.mark.parametrize(
    ("content", "item"),
    [
        (llrp.parameter(256, b"\x00\x00"), Status("connected")),
        (llrp.parameter(255, b"\x00\x00\x02"), Fault("antenna 2 disconnected", 2)),
        (llrp.parameter(255, b"\x01\x00\x02"), Status("antenna-connected", "", 2)),
        (llrp.parameter(249, b"\x01\x00\x00\x00\x01\x00\x00\x00\x00"), Status(ROUND_FINISHED, "ROSpec 1")),
        (llrp.parameter(249, b"\x00\x00\x00\x00\x01\x00\x00\x00\x00"), Status("round-began", "ROSpec 1")),
        (llrp.parameter(251), Fault("overflow: the reader dropped reports")),
        (llrp.parameter(250, b"\x50"), Status("report-buffer", "filling")),
        (llrp.parameter(257), Status("terminated", "the reader closes the connection")),
        (llrp.parameter(252, b"\x00\x03hot"), Fault("exception: hot")),
    ],
)
def test_event_is_told(content: bytes, item: Item) -> None:
    assert said(llrp.event(content)) == [item]


def test_connection_that_is_refused_is_a_fault() -> None:
    (fault,) = said(llrp.event(llrp.parameter(256, b"\x00\x02")))
    assert isinstance(fault, Fault)


def test_answer_is_a_sign_of_life_and_a_refusal_a_fault() -> None:
    assert said(llrp.answer(30)) == [Status("response", "ADD_ROSPEC_RESPONSE")]
    (fault,) = said(llrp.answer(30, code=100, words=b"ROSpec"))
    assert fault == Fault("ADD_ROSPEC_RESPONSE: M_ParameterError ROSpec")
    (fault,) = said(llrp.answer(100, code=109))
    assert isinstance(fault, Fault)


@pytest.mark.parametrize("kind", [14, 21, 24, 64, 72])
def test_messages_of_the_host_are_signs_of_life(kind: int) -> None:
    content = b"\x00\x00\x00\x01" if kind in {21, 24} else b""
    (status,) = said(llrp.message(kind, content))
    assert isinstance(status, Status)
    assert status.name == "command"


def test_keepalive_asks_for_its_own_acknowledgement_once() -> None:
    decoder = LlrpDecoder()
    assert decoder.feed(llrp.message(62, number=7)) == [Status("keepalive")]
    assert decoder.take_replies() == llrp.message(72, number=7)
    assert decoder.take_replies() == b""


def test_message_that_lies_about_its_content_is_noise_and_the_next_is_read() -> None:
    broken = bytearray(llrp.tag(EPC))
    broken[12] = 0xFF
    items = said(bytes(broken) + llrp.tag(EPC))
    assert [type(item) for item in items] == [Noise, TagRead]


@pytest.mark.parametrize(("kind", "length"), [(61, 0), (61, 9), (61, MAX_MESSAGE_BYTES + 1), (61, 2**32 - 1), (62, 11)])
def test_length_that_no_message_has_holds_nothing_back(kind: int, length: int) -> None:
    decoder = LlrpDecoder()
    decoder.feed(struct.pack(">HII", 1 << 10 | kind, length, 1))
    assert decoder.counters.pending < 10
