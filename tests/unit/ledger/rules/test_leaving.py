"""A bag goes through a door. Was it let out?"""

import pytest

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.ids import format_instant
from ledger.rules.leaving import Left, left_without_paper

DOOR, SHELF, UNIT = "place:centre/door", "place:centre/fridge", "unit:A999926000001.A0002V00"
TAG = {"tag": "tag:E0040150000000A1", "device": "device:r1", "antenna": 1, "reads": 3}
SENT = {"dispatch_note": "consignment:N-1", "units": [UNIT]}
ABOUT = {"unit": UNIT, "place": SHELF}


def told(*events: tuple[int, type[kinds.Event], dict[str, object]]) -> Left | None:
    """Whether it left, by events at these seconds."""
    history = [
        Recorded(kind(v=1, stream="web", seq=place + 1, nonce="0" * 32, time=format_instant(1000 * at),
                      clock="synchronised", **fields), place, 0)
        for place, (at, kind, fields) in enumerate(events)
    ]  # fmt: skip
    return left_without_paper(history, {DOOR}.__contains__)


def seen(at: int, place: str = DOOR) -> tuple[int, type[kinds.Event], dict[str, object]]:
    return at, kinds.TagArrived, {**TAG, "place": place}


def test_a_bag_at_the_door_that_nobody_let_out_has_left_without_a_paper() -> None:
    assert told(seen(5)) == Left(DOOR, 5000)
    assert told((1, kinds.Stored, ABOUT), (2, kinds.Removed, ABOUT), seen(5)) == Left(DOOR, 5000), "taken is not sent"
    assert told(seen(5), (6, kinds.TagLeft, {"tag": TAG["tag"], "device": "device:r1", "reads": 2, "place": DOOR}))
    assert told(seen(5, SHELF)) is None
    assert told() is None


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (kinds.Dispatched, SENT | {"to": "org:h1"}),
        (kinds.HandedOver, SENT),
        (kinds.Issued, {**ABOUT, "patient": "person:" + "1" * 32}),
        (kinds.Discarded, ABOUT),
    ],
)
def test_a_paper_lets_it_out_whenever_it_is_written(kind: type[kinds.Event], fields: dict[str, object]) -> None:
    assert told((1, kind, fields), seen(5)) is None
    assert told(seen(5), (7, kind, fields)) is None


def test_what_came_back_needs_a_paper_of_its_own_to_leave_again() -> None:
    sent, back = (1, kinds.Dispatched, SENT | {"to": "org:h1"}), (3, kinds.Received, SENT | {"outcome": "accepted"})
    assert told(sent, seen(2), back) is None
    assert told(sent, back, seen(5)) == Left(DOOR, 5000)
    assert told(sent, (3, kinds.Returned, ABOUT), seen(5)) == Left(DOOR, 5000)


def test_a_bag_that_is_seen_inside_again_or_put_away_did_not_leave() -> None:
    assert told(seen(5), seen(6, SHELF)) is None
    assert told(seen(5), (6, kinds.Stored, ABOUT)) is None
    assert told(seen(6, SHELF), seen(5)) is None, "by time, however late it is learnt"


def test_who_reads_of_it_is_told_where_it_was_seen() -> None:
    left = told(seen(5))
    assert left
    assert left.text == f"seen at {DOOR}; nobody recorded that it may leave"
