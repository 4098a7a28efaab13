"""Columns as arrays: the server makes of them the values that they were made of."""

import psycopg
import pytest

from ledger.store.arrays import column
from tests.support.postgresql import server


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (int, [0, -1, 2**62, -(2**63)]),
        (int, [7, None, 2**40]),
        (str, ["", "冰箱 😀", 'a "b" \\ {c},NULL', None]),
        (bytes, [b"", bytes(range(256)) * 300, b"\\x00", None]),
        (int, [None]),
    ],
)
def test_values_come_back_as_they_were(kind: type, values: list[object]) -> None:
    with psycopg.connect(server().url()) as connection:
        found = connection.execute("SELECT unnest(%b), pg_typeof(%b)::text", [column(kind, values)] * 2).fetchall()
    assert [value for value, _ in found] == values
    assert {of for _, of in found} == {{int: "bigint[]", str: "text[]", bytes: "bytea[]"}[kind]}
