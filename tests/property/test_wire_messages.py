"""Decoders of messages never raise, count every byte, and never make a measurement of a retained message."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.decoder import MessageDecoder
from gateway.wire.families import FAMILIES, ByteFamily
from gateway.wire.items import Noise, Reading, TagRead
from tests.support import sparkplug

DECODERS = [
    pytest.param(family.live, id=name) for name, family in FAMILIES.items() if not isinstance(family, ByteFamily)
]
TOPICS = st.one_of(
    st.sampled_from(["", "t", "zigbee2mqtt/a", "zigbee2mqtt/a b/availability", "zigbee2mqtt/bridge/state"]),
    st.sampled_from(
        ["tele/a/SENSOR", "tele/a/LWT", "a/sensor/probe/state", "a/status", "ruuvi/g/t", "ruuvi/g/gw_status"]
    ),
    st.sampled_from(["v3/a@ttn/devices/d/up", "application/1/device/d/event/up", "zigbee2mqtt/a/temperature"]),
    st.sampled_from([f"spBv1.0/g/{kind}/n" for kind in ("NBIRTH", "NDATA", "NDEATH", "NCMD")]),
    st.sampled_from([f"spBv1.0/g/{kind}/n/d" for kind in ("DBIRTH", "DDATA", "DDEATH")] + ["spBv1.0/STATE/h"]),
    st.text(max_size=30),
)
NAMES = st.sampled_from(
    [
        "temperature",
        "humidity",
        "last_seen",
        "state",
        "eventType",
        "timestamp",
        "tagInventoryEvent",
        "epc",
        "epcHex",
        "tid",
        "antennaPort",
        "peakRssiCdbm",
        "antennaDisconnectedEvent",
        "overflowEvent",
        *("tagLocationEntryEvent", "diagnosticEvent", "data", "idHex", "tagData", "EPCid", "eventNum", "antenna"),
        *("peakRssi", "type", "antennas", "radio_control", "barcodeData", "decodedBarcode", "DS18B20", "Temperature"),
        *("TempUnit", "Time", "StatusSNS", "gw_mac", "tags", "ts", "uplink_message", "f_port", "f_cnt"),
        *("decoded_payload", "TempC_DS", "TempC_SHT", "fCnt", "fPort", "object", "objectJSON", "deviceInfo"),
    ]
)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65).filter(lambda number: -(2**63) <= number < 2**64),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F", "1BFF990405", "F", "nan", "4.2", "connected"]),
    st.sampled_from(["ikUCJA==", "8A450224", "2023-06-28T07:24:00.225324Z", "0001-01-01T00:00:00+14:00", "online"]),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=12,
)
METRICS = st.builds(
    sparkplug.metric,
    name=st.sampled_from(["", "Temperature", "TempF", "Humidity", "bdSeq"]),
    alias=st.one_of(st.none(), st.integers(0, 3)),
    timestamp=st.one_of(st.none(), st.integers(0, 2**64 - 1)),
    datatype=st.one_of(st.none(), st.integers(0, 13)),
    value=st.one_of(st.none(), st.integers(-(2**63), 2**64 - 1), st.floats(width=32)),
    unit=st.sampled_from(["", "K", "°F"]),
    null=st.booleans(),
)
BIRTHS = st.tuples(st.one_of(st.none(), st.integers(0, 300)), st.lists(METRICS, max_size=4)).map(
    lambda told: sparkplug.payload(told[0], *told[1])
)
CUT = st.tuples(BIRTHS, st.integers(0, 40)).map(lambda told: told[0][: -told[1]])
PAYLOADS = st.one_of(
    st.binary(max_size=60),
    VALUES.map(msgspec.json.encode),
    BIRTHS,
    CUT,
    st.sampled_from([b"nan", b"4.3", b"online", b"Offline", b"85.0"]),
)


@pytest.mark.parametrize("decoder", DECODERS)
@given(messages=st.lists(st.tuples(TOPICS, PAYLOADS, st.booleans()), max_size=4))
def test_any_message_is_counted_and_none_raises(
    decoder: Callable[[], MessageDecoder], messages: list[tuple[str, bytes, bool]]
) -> None:
    listener = decoder()
    for topic, payload, retained in messages:
        before = listener.counters.discarded
        items = listener.feed_message(topic, payload, retained=retained)
        noise = sum(item.count_bytes for item in items if isinstance(item, Noise))
        assert listener.counters.discarded - before == noise
        assert listener.counters.pending == 0
        assert not (retained and any(isinstance(item, TagRead | Reading) for item in items))
    assert listener.counters.received == sum(len(payload) for _, payload, _ in messages)
