"""What every row of a pack carries."""

import msgspec
import pytest
from msgspec import ValidationError

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


@pytest.mark.parametrize(
    ("verified", "confirmed", "standing"),
    [(True, True, "verified"), (True, False, "verified"), (False, True, "confirmed"), (False, False, "unverified")],
)
def test_a_figure_holds_once_somebody_read_it_in_its_source(*, verified: bool, confirmed: bool, standing: str) -> None:
    row = Row(source="a", verified=verified, confirmed=confirmed)
    assert (row.holds, row.standing) == (verified or confirmed, standing)


def test_nobody_has_confirmed_a_row_that_was_just_read() -> None:
    assert not Row(source="a", verified=False).holds


def test_a_row_with_a_word_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="unknown field `checked`"):
        msgspec.convert({"source": "a", "verified": True, "checked": True}, Row)
