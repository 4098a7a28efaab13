"""The line that stands for an erased event: one spelling, and never an event's bytes."""

import pytest

from ledger.core.errors import FormatError
from ledger.core.events import Remains
from ledger.core.remains import format_remains, is_remains, parse_remains
from tests.support.golden import story

LEFT = Remains(bytes(range(32)), ("unit:A999926000001.A0002V00", "tag:E280A99900000001"))


def test_it_is_read_as_it_was_written() -> None:
    for left in (LEFT, Remains(bytes(32))):
        line = format_remains(left)
        assert is_remains(line)
        assert parse_remains(line) == left


def test_no_event_is_taken_for_one() -> None:
    assert not any(is_remains(body) for sealed in story().batches for body in sealed.bodies)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'","listed"', b'!","listed"'),
        (b'"listed":', b'"listed": '),
        (b"]}", b'],"more":1}'),
        (b"]}", b"]"),
        (b'{"erased"', b'{"wiped"'),
    ],
)
def test_any_other_line_is_refused(old: bytes, new: bytes) -> None:
    line = format_remains(LEFT)
    assert old in line
    with pytest.raises(FormatError, match="erased event"):
        parse_remains(line.replace(old, new, 1))
