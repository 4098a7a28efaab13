import math

import pytest

from gateway.wire.protobuf import Field, ProtobufError, fields


def read(text: str) -> list[Field]:
    return list(fields(bytes.fromhex(text)))


def test_every_wire_type_is_read() -> None:
    assert read("0896011202414225000088401d00000000")[:2] == [Field(1, 0, 150), Field(2, 2, content=b"AB")]
    assert read("6500008840")[0].floating() == 4.25
    assert read("69000000000000F03F")[0].floating() == 1.0
    assert math.isnan(read("0801")[0].floating())


def test_varint_of_64_bits_is_read_and_a_longer_one_is_cut_to_them() -> None:
    assert read("08FFFFFFFFFFFFFFFFFF01") == [Field(1, 0, 2**64 - 1)]


@pytest.mark.parametrize(
    "text",
    ["08", "0880", "1205AA", "0800120A", "0D0000", "0900000000", "0B", "0C", "0001", "08" + "FF" * 11, "0E", "0F"],
)
def test_what_is_cut_or_of_no_wire_type_is_no_message(text: str) -> None:
    with pytest.raises(ProtobufError):
        read(text)
