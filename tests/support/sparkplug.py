"""Sparkplug B payloads, written byte by byte for tests; independent of the decoder and of the mock."""

import struct
from collections.abc import Callable
from typing import TypeAlias

Pack: TypeAlias = Callable[[bytes], bytes]


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    octets = bytearray()
    number &= (1 << 64) - 1
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*octets, number])


def whole(number: int, value: int) -> bytes:
    """A varint field."""
    return varint(number << 3) + varint(value)


def content(number: int, octets: bytes) -> bytes:
    """A field with a length."""
    return varint(number << 3 | 2) + varint(len(octets)) + octets


def metric(
    *,
    name: str = "",
    alias: int | None = None,
    timestamp: int | None = None,
    datatype: int | None = None,
    value: float | None = None,
    unit: str = "",
    quality: int | None = None,
    historical: bool = False,
    null: bool = False,
) -> bytes:
    """One metric as a field of a payload; a float goes as a float, an integer as what its datatype says."""
    octets = content(1, name.encode()) if name else b""
    octets += b"" if alias is None else whole(2, alias)
    octets += b"" if timestamp is None else whole(3, timestamp)
    octets += b"" if datatype is None else whole(4, datatype)
    octets += whole(5, 1) if historical else b""
    octets += whole(7, 1) if null else b""
    keys = (content(1, b"engUnit") if unit else b"") + (b"" if quality is None else content(1, b"Quality"))
    values = content(2, whole(1, 12) + content(8, unit.encode())) if unit else b""
    values += b"" if quality is None else content(2, whole(1, 3) + whole(3, quality))
    octets += content(9, keys + values) if keys else b""
    if isinstance(value, int):
        octets += whole(10, value & 0xFFFFFFFF) if (datatype or 3) in {1, 2, 3, 5, 6, 7} else whole(11, value)
    elif value is not None:
        octets += varint(12 << 3 | 5) + struct.pack("<f", value)
    return content(2, octets)


def payload(seq: int | None, *metrics: bytes, timestamp: int = 1795305746000) -> bytes:
    """A payload of metrics."""
    return whole(1, timestamp) + b"".join(metrics) + (b"" if seq is None else whole(3, seq))


def compressed(seq: int, body: bytes) -> bytes:
    """A payload whose metrics are in a packed body."""
    return whole(1, 1795305746000) + whole(3, seq) + content(4, b"SPBV1.0_COMPRESSED") + content(5, body)
