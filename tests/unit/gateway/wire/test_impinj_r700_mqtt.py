import json
from datetime import UTC, datetime

import pytest

from gateway.wire.impinj_r700_mqtt import R700Decoder
from gateway.wire.items import Fault, Item, Noise, Status, TagRead


def said(event: object, *, retained: bool = False) -> list[Item]:
    return R700Decoder().feed_message("any", json.dumps(event).encode(), retained=retained)


def tag(**members: object) -> dict[str, object]:
    return {"timestamp": "2026-02-26T17:13:37.432087177Z", "tagInventoryEvent": members}


def test_base64_is_url_safe_and_the_common_alphabet_is_understood() -> None:
    at = datetime(2026, 2, 26, 17, 13, 37, 432087, UTC)
    for spelling in ("-_8A_w==", "+/8A/w==", "-_8A_w"):
        assert said(tag(epc=spelling, antennaPort=2)) == [TagRead("FBFF00FF", 2, None, None, at)]


def test_hex_is_shown_in_upper_case_and_rssi_in_dbm() -> None:
    (read,) = said(tag(epcHex="e280ab", peakRssiCdbm=-5750))
    assert isinstance(read, TagRead)
    assert (read.epc, read.rssi_dbm, read.antenna) == ("E280AB", -57.5, 0)


def test_last_seen_time_outranks_the_messages_time() -> None:
    (read,) = said(tag(epcHex="AA", lastSeenTime="2023-06-28T07:24:00.225324Z"))
    assert isinstance(read, TagRead)
    assert read.claimed_time == datetime(2023, 6, 28, 7, 24, 0, 225324, UTC)


def test_epc_that_contradicts_itself_is_noise() -> None:
    (noise,) = said(tag(epc="ikUCJA==", epcHex="8A450225"))
    assert isinstance(noise, Noise)


@pytest.mark.parametrize("members", [{}, {"epc": "*"}, {"epcHex": "ABC"}, {"epcHex": "A" * 126}, {"epc": 5}])
def test_tag_without_a_usable_epc_is_noise(members: dict[str, object]) -> None:
    decoder = R700Decoder()
    payload = json.dumps(tag(**members)).encode()
    (noise,) = decoder.feed_message("t", payload, retained=False)
    assert isinstance(noise, Noise)
    assert noise.count_bytes == len(payload) == decoder.counters.discarded


def test_one_bad_event_of_an_array_spoils_only_itself() -> None:
    items = said([tag(epcHex="AA"), {"tagInventoryEvent": 7}, tag(epcHex="BB")])
    assert [type(item) for item in items] == [TagRead, Noise, TagRead]


def test_antenna_that_fell_off_is_an_illness_of_that_antenna() -> None:
    assert said({"antennaDisconnectedEvent": {"antennaPort": 3}}) == [Fault("antenna 3 disconnected", 3)]
    assert said({"antennaConnectedEvent": {"antennaPort": 3}}) == [Status("antenna-connected", "", 3)]


def test_dropped_events_are_an_illness() -> None:
    (fault,) = said({"overflowEvent": {}})
    assert isinstance(fault, Fault)


@pytest.mark.parametrize("word", ["running", "idle"])
def test_inventory_status_is_a_sign_of_life(word: str) -> None:
    assert said({"inventoryStatusEvent": {"inventoryStatus": word}}) == [Status(word, "inventory")]


def test_event_of_a_kind_not_known_is_a_sign_of_life() -> None:
    assert said({"eventType": "tagLocationEntry"}) == [Status("event", "tagLocationEntry")]
    assert said({"inventoryTerminatedEvent": {}}) == [Status("terminated", "inventory")]


def test_retained_tag_is_never_a_read() -> None:
    assert said(tag(epcHex="AA"), retained=True) == [Status("retained", "any")]


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[" * 5000, b"[1", b"null", b"{}", b'{"eventType":1}', b"\xff" * 70000]
)
def test_anything_else_is_noise_and_counted(payload: bytes) -> None:
    decoder = R700Decoder()
    items = decoder.feed_message("t", payload, retained=False)
    assert all(isinstance(item, Noise) for item in items)
    assert decoder.counters.discarded == len(payload)


def test_event_that_nobody_named_is_a_sign_of_life_whatever_it_holds() -> None:
    assert said({"timestamp": "2026-01-01T00:00:00Z", "gpiTransitionEvent": {"gpi": 1}}) == [
        Status("event", "of a kind that is not known")
    ]
    assert said({"diagnosticEvent": {"code": 1.5, "reason": {"a": 1}}}) == [Status("diagnostic", "1.5")]
    assert said([]) == [Status("empty-report")]
