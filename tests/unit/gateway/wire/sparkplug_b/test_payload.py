import gzip
import zlib

import pytest

from gateway.wire.protobuf import ProtobufError
from gateway.wire.sparkplug_b.payload import MAX_INFLATED_BYTES, MAX_METRICS, Metric, parse
from tests.support import sparkplug as spb


def test_every_member_that_counts_is_read() -> None:
    metric = spb.metric(name="T", alias=7, timestamp=5, datatype=9, value=4.25, unit="°C", quality=500)
    payload = parse(spb.payload(3, metric))
    assert payload.seq == 3
    assert payload.metrics == (Metric("T", 7, 5, 9, 4.25, unit="°C", quality=500),)
    assert not payload.metrics[0].is_good


@pytest.mark.parametrize(
    ("datatype", "value"), [(1, -1), (2, -300), (3, -70000), (4, -(2**40)), (6, 65535), (8, 2**63)]
)
def test_integer_is_what_its_type_says(datatype: int, value: int) -> None:
    (metric,) = parse(spb.payload(0, spb.metric(name="T", datatype=datatype, value=value))).metrics
    assert metric.value == value


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, lambda body: zlib.compress(body)[2:-4]])
def test_compressed_payload_is_the_one_in_its_body(pack: spb.Pack) -> None:
    inner = spb.payload(None, spb.metric(name="T", value=4.5))
    payload = parse(spb.compressed(0, pack(inner)))
    assert (payload.seq, [metric.value for metric in payload.metrics]) == (0, [4.5])


@pytest.mark.parametrize("body", [b"\xff\xff", zlib.compress(b"\x08\x05" * MAX_INFLATED_BYTES)])
def test_body_that_cannot_be_inflated_within_bounds_is_refused(body: bytes) -> None:
    with pytest.raises(ProtobufError):
        parse(spb.compressed(0, body))


def test_number_of_metrics_is_bounded() -> None:
    with pytest.raises(ProtobufError):
        parse(spb.payload(0, *[spb.metric(name="T")] * (MAX_METRICS + 1)))


@pytest.mark.parametrize("message", [b"\x0a\x01\x00", b"\x10\x01", b"\x1a\x00", b"\x20\x01"])
def test_field_of_another_wire_type_is_no_payload(message: bytes) -> None:
    with pytest.raises(ProtobufError):
        parse(message)
