"""Events stand a few in a row: what is packed is found again, and nothing but a batch's own rows is taken for them."""

import pytest

from ledger.store import packing

BODIES = [b"%d" % (10**number) for number in range(12)]
LEAVES = [bytes([number]) * 32 for number in range(12)]
ROWS = packing.rows_of(3, 77, BODIES, LEAVES)


def test_an_event_is_named_by_its_place_in_the_log() -> None:
    assert packing.event_id(3, 5) == 3 * 1024 + 5
    assert packing.log_place(3 * 1024 + 5) == (3, 5)
    assert packing.ids_of(3) == (3 * 1024, 4 * 1024)
    assert [packing.row_key(3 * 1024 + at) - 3 * 1024 for at in (0, 10, 11, 21, 22)] == [0, 0, 11, 11, 22]
    assert [packing.row_key(3 * 1024 + at) - 3 * 1024 for at in (-1, 1022, 1023, 1024)] == [-1, 1012, 1023, 1024]


def test_twelve_events_are_two_rows_in_which_each_is_found_again() -> None:
    assert [(first, sealed_ms, len(leaves)) for first, sealed_ms, leaves, _, _ in ROWS] == [
        (3 * 1024, 77, 11 * 32),
        (3 * 1024 + 11, 77, 32),
    ]
    assert packing.bodies_in(ROWS) == BODIES
    assert packing.leaves_in(ROWS) == LEAVES
    assert packing.sizes_in(ROWS[1][3]) == (12,)
    assert packing.are_rows_of(ROWS, 3, 77, BODIES, LEAVES)


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[:1],
        [*ROWS, packing.rows_of(3, 77, BODIES[:1], LEAVES[:1])[0]],
        packing.rows_of(4, 77, BODIES, LEAVES),
        packing.rows_of(3, 78, BODIES, LEAVES),
        packing.rows_of(3, 77, BODIES, LEAVES[::-1]),
        packing.rows_of(3, 77, BODIES[::-1], LEAVES),
        [ROWS[0], (*ROWS[1][:3], b"\0\x0b", ROWS[1][4])],
        [ROWS[0], (*ROWS[1][:4], ROWS[1][4] + b"0")],
    ],
    ids=["one too few", "one too many", "another batch", "another time", "leaves", "bodies", "a size", "more bytes"],
)
def test_other_rows_are_not_those_of_the_batch(rows: list[packing.Row]) -> None:
    assert not packing.are_rows_of(rows, 3, 77, BODIES, LEAVES)


def test_bytes_that_go_leave_the_others_where_they_can_be_found() -> None:
    sizes, bodies = b"\0\1\0\2\1\0", b"a" + b"bb" + b"c" * 256
    assert packing.bodies_in([(0, 0, b"", sizes, bodies)]) == [b"a", b"bb", b"c" * 256]
    left = packing.without(sizes, bodies, 1)
    assert left == {"sizes": b"\0\1\0\0\1\0", "bodies": b"a" + b"c" * 256}
    assert packing.without(b"\0\2", b"bb", 0) == {"sizes": b"\0\0", "bodies": b""}
    with pytest.raises(ValueError, match="two bytes"):
        packing.bodies_in([(0, 0, b"", b"\0\1\0", b"a")])
