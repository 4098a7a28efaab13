"""Columns of many rows as PostgreSQL's arrays in their binary form: `unnest` makes rows of them again.

One statement then takes any number of rows, and unlike COPY it can be sent without waiting for what went before.
Loaded only where psycopg is: whoever opens a connection imports this before.
"""

import struct
from collections.abc import Sequence
from typing import ClassVar

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from typing_extensions import override

_HEAD = struct.Struct(">iiIii")
"""Dimensions, whether there are NULLs, the elements' type; the one dimension's length, and where it begins."""
_NULL = b"\xff\xff\xff\xff"
_SIZE = struct.Struct(">i")
_SIZED_NUMBER = struct.Struct(">iq")
_NUMBER_BYTES = 8


class Column:
    """One column's values, as the server reads them.

    Attributes:
        raw: the array in PostgreSQL's binary form.
        element: the type of its elements, by the server's number of it.
        array: the type of the array, the same way.
    """

    element: ClassVar[int]
    array: ClassVar[int]
    __slots__ = ("raw",)

    def __init__(self, values: Sequence[object]) -> None:
        head = _HEAD.pack(1, None in values, self.element, len(values), 1)
        self.raw = head + self._elements(values)

    def _elements(self, values: Sequence[object]) -> bytes:
        raise NotImplementedError


class Numbers(Column):
    """Integers of eight bytes, or None."""

    element, array = 20, 1016
    __slots__ = ()

    @override
    def _elements(self, values: Sequence[object]) -> bytes:
        if None in values:
            return b"".join(_NULL if each is None else _SIZED_NUMBER.pack(_NUMBER_BYTES, each) for each in values)
        sized: list[object] = [_NUMBER_BYTES] * (2 * len(values))
        sized[1::2] = values
        return struct.pack(f">{'iq' * len(values)}", *sized)


class Texts(Column):
    """Text, or None."""

    element, array = 25, 1009
    __slots__ = ()

    @override
    def _elements(self, values: Sequence[object]) -> bytes:
        return _sized([None if each is None else str(each).encode() for each in values])


class Blobs(Column):
    """Bytes, or None."""

    element, array = 17, 1001
    __slots__ = ()

    @override
    def _elements(self, values: Sequence[object]) -> bytes:
        return _sized(values)


_OF = {int: Numbers, str: Texts, bytes: Blobs}


def column(kind: type, values: Sequence[object]) -> Column:
    """A column of `int`, `str` or `bytes`, each value of that type or None."""
    return _OF[kind](values)


def _sized(values: Sequence[object]) -> bytes:
    parts: list[bytes] = []
    for each in values:
        if each is None:
            parts.append(_NULL)
        else:
            assert isinstance(each, bytes)  # noqa: S101  for the type checker
            parts += (_SIZE.pack(len(each)), each)
    return b"".join(parts)


def _sent_as(of: type[Column]) -> type[Dumper]:
    class Sent(Dumper):
        format, oid = Format.BINARY, of.array

        @override
        def dump(self, obj: Column) -> bytes:
            return obj.raw

    return Sent


for _each in _OF.values():
    psycopg.adapters.register_dumper(_each, _sent_as(_each))
