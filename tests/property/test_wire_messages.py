"""Decoders of messages never raise, count every byte, and never make a measurement of a retained message."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.decoder import MessageDecoder
from gateway.wire.families import FAMILIES, MessageFamily
from gateway.wire.items import Noise, Reading, TagRead

DECODERS = [
    pytest.param(family.live, id=name) for name, family in FAMILIES.items() if isinstance(family, MessageFamily)
]
TOPICS = st.one_of(
    st.sampled_from(["", "t", "zigbee2mqtt/a", "zigbee2mqtt/a b/availability", "zigbee2mqtt/bridge/state"]),
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
    ]
)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65).filter(lambda number: -(2**63) <= number < 2**64),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["ikUCJA==", "8A450224", "2023-06-28T07:24:00.225324Z", "0001-01-01T00:00:00+14:00", "online"]),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=12,
)
PAYLOADS = st.one_of(st.binary(max_size=60), VALUES.map(msgspec.json.encode))


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
