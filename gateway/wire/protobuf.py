"""Reading Protocol Buffers by hand: the fields of one message, bounded, without a schema compiler.

A message is a run of fields, each a number, a wire type and a value (Protocol Buffers encoding): varint, 64 bits, a
length and so many bytes, 32 bits. Groups are obsolete and refused. What a field means is the reader's.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAX_VARINT_BYTES = 10


class ProtobufError(ValueError):
    """Bytes that are no message."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `number`, and either an unsigned `value` (varint, 32 or 64 bits) or its `content`.

    `wire` tells them apart: 0 varint, 1 64 bits, 2 content, 5 32 bits.
    """

    number: int
    wire: int
    value: int = 0
    content: bytes = b""

    def floating(self) -> float:
        """The value as the float or double that its bits are; nan for a field of another wire type."""
        if self.wire == 5:
            return float(struct.unpack("<f", self.value.to_bytes(4, "little"))[0])
        if self.wire == 1:
            return float(struct.unpack("<d", self.value.to_bytes(8, "little"))[0])
        return float("nan")


def fields(message: bytes) -> Iterator[Field]:
    """Every field of a message, in order.

    Raises:
        ProtobufError: the bytes end within a field, or a field is of no known wire type.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise ProtobufError("field number 0")
        if wire == 0:
            value, at = _varint(message, at)
            yield Field(number, wire, value)
            continue
        if wire == 2:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ProtobufError(f"field {number}: {length} bytes announced, {len(message) - at} left")
            yield Field(number, wire, content=message[at : at + length])
            at += length
            continue
        size = {1: 8, 5: 4}.get(wire)
        if size is None or at + size > len(message):
            raise ProtobufError(f"field {number}: wire type {wire}, {len(message) - at} bytes left")
        yield Field(number, wire, int.from_bytes(message[at : at + size], "little"))
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(message[at : at + MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value & (1 << 64) - 1, at + place + 1
    raise ProtobufError("a varint that does not end")
