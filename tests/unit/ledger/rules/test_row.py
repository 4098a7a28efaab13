"""What every row of a pack carries."""

import pytest

from ledger.rules.pack import Limits
from ledger.rules.row import Row, between


@pytest.mark.parametrize(
    ("low", "high", "said"), [(200, 600, "200..600"), (None, -1800, "..-1800"), (100, None, "100..")]
)
def test_a_span_is_said_in_one_way(low: int | None, high: int | None, said: str) -> None:
    assert between(low, high) == said
    assert Limits(low=low, high=high, max_gap_ms=1, source="a", verified=True).value == said


def test_a_row_of_no_kind_says_nothing() -> None:
    with pytest.raises(NotImplementedError):
        _ = Row(source="a", verified=True).value
