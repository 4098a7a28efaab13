"""A Sparkplug B payload: its metrics, with their names or aliases, values and units (specification 3.0, 6.4).

    Payload        1 timestamp   2 metrics …   3 seq   4 uuid   5 body
    Metric         1 name   2 alias   3 timestamp   4 datatype   5 is_historical   6 is_transient   7 is_null
                   9 properties   10 int   11 long   12 float   13 double   14 boolean   15 string
    PropertySet    1 keys …   2 values …      PropertyValue   1 type   3 int   4 long   5 float   6 double   8 string

Integers of every signed type travel as two's complement in an unsigned field, of 32 bits up to Int32, of 64 for Int64.
A compressed payload (uuid `SPBV1.0_COMPRESSED`) has another one in its body, deflated or gzipped.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.wire.protobuf import Field, ProtobufError, fields

MAX_METRICS = 2048
MAX_INFLATED_BYTES = 256 * 1024
_COMPRESSED = b"SPBV1.0_COMPRESSED"
_SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
_ANY_HEADER = 32 + zlib.MAX_WBITS
_MAX_NAME_BYTES = 512
_GOOD_QUALITY = 192
_PAYLOAD_WIRES = {1: 0, 2: 2, 3: 0, 4: 2, 5: 2}
_NUMBERS = (10, 11, 12, 13)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: empty where only the alias was sent.
        alias: None where there is none.
        timestamp: milliseconds since 1970, or None.
        datatype: see the specification, 6.4.16; 0 if it was not sent.
        value: a number, also one that is not finite; None for null, text, and everything that is no number.
        text: a string's value.
        is_historical: measured earlier and sent late.
        unit: the property `engUnit` (or `unit`), empty if not sent.
        quality: the property `Quality`, 192 good; None if not sent.
    """

    name: str = ""
    alias: int | None = None
    timestamp: int | None = None
    datatype: int = 0
    value: int | float | None = None
    text: str = ""
    is_historical: bool = False
    is_null: bool = False
    unit: str = ""
    quality: int | None = None

    def of_type(self, datatype: int) -> "Metric":
        """The same metric, its integer read as the type that its birth announced."""
        value = _signed(self.value, datatype) if isinstance(self.value, int) else self.value
        return replace(self, datatype=datatype, value=value)

    @property
    def is_good(self) -> bool:
        """Whether the device itself stands by the value."""
        return self.quality is None or self.quality == _GOOD_QUALITY


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload: its time (milliseconds since 1970), its sequence number 0 to 255, its metrics."""

    timestamp: int | None
    seq: int | None
    metrics: tuple[Metric, ...]


def parse(message: bytes) -> Payload:
    """A payload, whole.

    Raises:
        ProtobufError: no payload, or one that is larger than any edge node sends.
    """
    payload, uuid, body = _parse_plain(message)
    if uuid != _COMPRESSED:
        return payload
    inner, _, _ = _parse_plain(_inflated(body))
    return replace(inner, seq=payload.seq if inner.seq is None else inner.seq)


def _parse_plain(message: bytes) -> tuple[Payload, bytes, bytes]:
    """The payload, its uuid and its body."""
    whole = list(fields(message))
    for field in whole:
        if field.wire != _PAYLOAD_WIRES.get(field.number, field.wire):
            raise ProtobufError(f"payload field {field.number} of wire type {field.wire}")
    metrics = [field.content for field in whole if field.number == 2]
    if len(metrics) > MAX_METRICS:
        raise ProtobufError(f"more than {MAX_METRICS} metrics")
    last = {field.number: field for field in whole}
    payload = Payload(_value(last, 1), _value(last, 3), tuple(_metric(content) for content in metrics))
    return payload, _content(last, 4), _content(last, 5)


def _content(last: Mapping[int, Field], number: int) -> bytes:
    field = last.get(number)
    return b"" if field is None else field.content


def _value(last: Mapping[int, Field], number: int) -> int | None:
    field = last.get(number)
    return None if field is None else field.value


def _inflated(body: bytes) -> bytes:
    """The bytes of a deflated or gzipped body, bounded."""
    for header in (_ANY_HEADER, -zlib.MAX_WBITS):
        try:
            engine = zlib.decompressobj(header)
            inflated = engine.decompress(body, MAX_INFLATED_BYTES)
        except zlib.error:
            continue
        if engine.unconsumed_tail:
            raise ProtobufError(f"a compressed payload of more than {MAX_INFLATED_BYTES} bytes")
        return inflated
    raise ProtobufError("a compressed payload that cannot be inflated")


def _metric(message: bytes) -> Metric:
    last = {field.number: field for field in fields(message)}
    number = next((last[place] for place in _NUMBERS if place in last), None)
    datatype = _value(last, 4) or 0
    unit, quality = _properties(_content(last, 9))
    return Metric(
        name=_text(_content(last, 1)),
        alias=_value(last, 2),
        timestamp=_value(last, 3),
        datatype=datatype,
        value=None if number is None else _number(number, datatype),
        text=_text(_content(last, 15)),
        is_historical=bool(_value(last, 5)),
        is_null=bool(_value(last, 7)),
        unit=unit,
        quality=quality,
    )


def _number(field: Field, datatype: int) -> int | float:
    return field.floating() if field.number in {12, 13} else _signed(field.value, datatype)


def _signed(value: int, datatype: int) -> int:
    """An unsigned field's value as the integer type that it stands for."""
    bits = _SIGNED_BITS.get(datatype)
    if bits is None:
        return value
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def _properties(message: bytes) -> tuple[str, int | None]:
    """The unit and the quality among a metric's properties; empty and None where they are not."""
    keys: list[str] = []
    values: list[str | int] = []
    for field in fields(message):
        if field.number == 1:
            keys.append(_text(field.content).lower())
        elif field.number == 2:
            values.append(_property_value(field.content))
    named = dict(zip(keys, values, strict=False))
    unit = next((str(named[key]) for key in ("engunit", "engunits", "unit", "units") if key in named), "")
    quality = named.get("quality")
    return unit, quality if isinstance(quality, int) else None


def _property_value(message: bytes) -> str | int:
    for field in fields(message):
        if field.number in {3, 4}:
            return field.value
        if field.number == 8:
            return _text(field.content)
    return ""


def _text(content: bytes) -> str:
    return content[:_MAX_NAME_BYTES].decode("utf-8", "replace")
