"""Whether an unfit bag was seen where nobody takes it for fit."""

import pytest

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.ids import format_instant
from ledger.read.batches import seen_isolated

UNIT = "unit:A999926000001.A0002V00"
APART, SHELF = "place:centre/isolation", "place:centre/f-07"
SEEN = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 2}
LEFT = {"tag": "tag:E0040100", "device": "device:r", "reads": 2}
UNFIT = (kinds.Tested, {"din": "din:A999926000001", "overall": "unfit"})
SWEPT = (kinds.StockTaken, {"place": APART, "found": [UNIT]})
READ = (kinds.TagArrived, {"place": APART, **SEEN})
BY_HAND = (kinds.Stored, {"unit": UNIT, "place": APART})


@pytest.mark.parametrize(
    ("told", "isolated"),
    [
        ([], False),
        ([UNFIT], False),
        ([UNFIT, SWEPT], True),
        ([UNFIT, READ], True),
        ([UNFIT, BY_HAND], False),  # a person says so, no sweep has seen it
        ([UNFIT, BY_HAND, SWEPT], True),
        ([UNFIT, SWEPT, BY_HAND], True),
        ([SWEPT, UNFIT], False),  # that was before anybody knew
        ([(kinds.Quarantined, {"unit": UNIT}), SWEPT], True),
        ([SWEPT, (kinds.Nonconforming, {"unit": UNIT})], False),
        ([UNFIT, (kinds.StockTaken, {"place": SHELF, "found": [UNIT]})], False),
        ([UNFIT, (kinds.StockTaken, {"place": APART, "missing": [UNIT]})], False),
        ([UNFIT, (kinds.StockTaken, {"found": [UNIT]})], False),
        ([UNFIT, SWEPT, (kinds.TagArrived, {"place": SHELF, **SEEN})], False),
        ([UNFIT, SWEPT, (kinds.Moved, {"unit": UNIT, "place": SHELF})], False),
        ([UNFIT, READ, (kinds.TagLeft, {"place": APART, **LEFT})], False),
        ([UNFIT, READ, (kinds.TagLeft, {"place": SHELF, **LEFT})], True),
        ([UNFIT, SWEPT, (kinds.Removed, {"unit": UNIT, "place": APART})], False),
        ([(kinds.Tested, {"din": "din:A999926000001", "overall": "fit"}), SWEPT], True),
    ],
)
def test_the_last_that_was_seen_of_it_counts(
    told: list[tuple[type[kinds.Event], dict[str, object]]], *, isolated: bool
) -> None:
    common = {"v": 1, "stream": "web", "seq": 1, "nonce": "0" * 32, "clock": "synchronised"}
    history = [
        Recorded(kind(**common, time=format_instant(60_000 * minute), **fields), minute, 0)
        for minute, (kind, fields) in enumerate(told, 1)
    ]
    assert seen_isolated(history, UNIT, is_isolation=lambda place: place == APART) is isolated
