"""Numbers without gaps, each year from one."""

import pytest

from ledger.rules.numbering import following, is_numbered, prefix


def test_the_first_number_of_a_year_and_the_one_after_it() -> None:
    first = following("FX", 2026, last=None)
    assert first == "FX-2026-000001"
    assert following("FX", 2026, last=first) == "FX-2026-000002"
    assert following("FX", 2026, last="FX-2026-000999") == "FX-2026-001000"
    assert prefix("FX", 33) == "FX-0033-"


def test_numbers_sort_as_they_count_so_that_there_is_an_end_to_them() -> None:
    assert following("FX", 2026, last="FX-2026-999998") == "FX-2026-999999"
    with pytest.raises(ValueError, match="six digits after FX-2026-999999"):
        following("FX", 2026, last="FX-2026-999999")


@pytest.mark.parametrize(
    ("value", "numbered"),
    [
        ("FX-2026-000001", True),
        ("FX-26-0812", False),
        ("FX-2026-0000001", False),
        ("FX-2026-00001", False),
        ("DX-2026-000001", False),
        ("XFX-2026-000001", False),
        ("FX-2026-000001 ", False),
        ("FX-2026-000001\n", False),
    ],
)
def test_only_the_series_own_numbers_are_the_ledgers_to_give_out(value: str, *, numbered: bool) -> None:
    assert is_numbered(value, "FX") is numbered
