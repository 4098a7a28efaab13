import json

import pytest

from gateway.wire.items import Fault, Item, LabelScan, Noise, Status, TagRead
from gateway.wire.zebra_fx_mqtt import MAX_TOPICS, ZebraDecoder


def said(
    event: object, *, decoder: ZebraDecoder | None = None, topic: str = "fx", retained: bool = False
) -> list[Item]:
    return (decoder or ZebraDecoder()).feed_message(topic, json.dumps(event).encode(), retained=retained)


def tag(**members: object) -> dict[str, object]:
    return {"data": members, "timestamp": "2023-04-03T21:50:16.699+0200", "type": "SIMPLE"}


def heartbeat(**antennas: str) -> dict[str, object]:
    ports = {name.removeprefix("a"): state for name, state in antennas.items()}
    return {"type": "heartbeat", "data": {"radio_control": {"antennas": ports}}}


def test_hole_in_the_event_numbers_is_told_once_and_per_topic() -> None:
    decoder = ZebraDecoder()
    assert [type(item) for item in said(tag(idHex="AA", eventNum=1), decoder=decoder)] == [TagRead]
    assert [type(item) for item in said(tag(idHex="AA", eventNum=9), decoder=decoder, topic="other")] == [TagRead]
    gap, _ = said(tag(idHex="AA", eventNum=4), decoder=decoder)
    assert gap == Status("gap", "2 events between 1 and 4 never came")
    assert [type(item) for item in said(tag(idHex="AA", eventNum=5), decoder=decoder)] == [TagRead]


def test_events_that_are_told_again_or_late_leave_no_hole_behind_them() -> None:
    decoder = ZebraDecoder()
    for number in (100, 101, 98, 99, 101, 102):
        assert [type(item) for item in said(tag(idHex="AA", eventNum=number), decoder=decoder)] == [TagRead]
    gap, _ = said(tag(idHex="AA", eventNum=104), decoder=decoder)
    assert gap == Status("gap", "1 events between 102 and 104 never came")


def test_reader_that_counts_anew_has_lost_nothing() -> None:
    decoder = ZebraDecoder()
    said(tag(idHex="AA", eventNum=1000), decoder=decoder)
    assert [type(item) for item in said(tag(idHex="AA", eventNum=1), decoder=decoder)] == [TagRead]


def test_memory_of_topics_is_bounded() -> None:
    decoder = ZebraDecoder()
    for number in range(MAX_TOPICS + 9):
        said(tag(idHex="AA", eventNum=1), decoder=decoder, topic=str(number))
    assert len(decoder._event_numbers) == MAX_TOPICS


def test_antenna_that_was_there_and_is_gone_is_an_illness_and_an_unused_port_is_not() -> None:
    decoder = ZebraDecoder()
    first = said(heartbeat(a1="connected", a2="disconnected"), decoder=decoder)
    assert first == [Status("heartbeat"), Status("antenna-connected", "", 1)]
    assert said(heartbeat(a1="connected", a2="disconnected"), decoder=decoder) == [Status("heartbeat")]
    lost = said(heartbeat(a1="disconnected", a2="disconnected"), decoder=decoder)
    assert lost == [Status("heartbeat"), Fault("antenna 1 disconnected", 1)]
    assert said(heartbeat(a1="disconnected"), decoder=decoder) == [Status("heartbeat")]
    assert said(heartbeat(a1="connected"), decoder=decoder)[1] == Status("antenna-connected", "", 1)


def test_one_bad_event_of_a_list_spoils_only_itself() -> None:
    items = said([tag(idHex="AA"), 7, tag(idHex="1122_2"), tag(idHex="BB")])
    assert [type(item) for item in items] == [TagRead, Noise, Noise, TagRead]


def test_barcode_of_a_handheld_is_a_scan_unless_it_is_not_printable() -> None:
    scans = said(
        {"type": "SCAN", "data": {"barcodeData": [{"decodedBarcode": "=A99991712345600"}, {"decodedBarcode": "\x00"}]}}
    )
    assert scans == [LabelScan("=A99991712345600"), Status("unreadable", "a barcode")]


@pytest.mark.parametrize("antenna", [0, -1, 65, True, "one", 1.5, None])
def test_antenna_that_cannot_be_one_is_not_told(antenna: object) -> None:
    (read,) = said(tag(idHex="AA", antenna=antenna))
    assert isinstance(read, TagRead)
    assert read.antenna == 0


def test_retained_tag_is_never_a_read() -> None:
    assert said(tag(idHex="AA"), retained=True) == [Status("retained", "fx")]


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[" * 5000, b"[1", b"null", b"{}", b'{"a":1}', b'["a"]', b"\xff" * 70000]
)
def test_anything_else_is_noise_and_counted(payload: bytes) -> None:
    decoder = ZebraDecoder()
    items = decoder.feed_message("t", payload, retained=False)
    assert all(isinstance(item, Noise) for item in items)
    assert decoder.counters.discarded == sum(item.count_bytes for item in items if isinstance(item, Noise)) > -1
    assert decoder.counters.received == len(payload)


def test_numbers_that_became_text_are_numbers_and_an_enveloped_event_is_a_sign_of_life() -> None:
    (read,) = said(tag(idHex="AA", antenna="2", peakRssi="-40"))
    assert isinstance(read, TagRead)
    assert (read.antenna, read.rssi_dbm) == (2, -40.0)
    assert said({"mqttConnEVT": {"state": "CONNECTED"}}) == [Status("heartbeat")]
