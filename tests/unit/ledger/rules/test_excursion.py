"""Which allowance covers an excursion: every bound met exactly, and just missed."""

import pytest

from ledger.rules.excursion import allowance_for
from ledger.rules.files import pack_text
from ledger.rules.pack_file import parse_pack
from ledger.rules.returning import MINUTE_MS

RED_CELLS = parse_pack(pack_text("uk")).components["RBC_AS"].allowances


@pytest.mark.parametrize(
    ("minutes", "lowest", "highest", "before", "covered"),
    [
        (300, 100, 1000, 0, True),
        (301, 100, 1000, 0, False),
        (300, 99, 1000, 0, False),
        (300, 100, 1001, 0, False),
        (300, 100, 1000, 1, False),
        (300, 100, 1000, 2, False),
        (10, 400, 600, 0, True),
    ],
)
def test_once_up_to_five_hours(minutes: int, lowest: int, highest: int, before: int, *, covered: bool) -> None:
    found = allowance_for(
        RED_CELLS, phase="store", out_ms=minutes * MINUTE_MS, lowest=lowest, highest=highest, before=before
    )
    assert (found is not None) == covered
    assert found is None or found.times == 1


def test_the_allowance_of_the_road_is_another() -> None:
    found = allowance_for(RED_CELLS, phase="transport", out_ms=720 * MINUTE_MS, lowest=-50, highest=1000, before=9)
    assert found is not None
    assert found.minutes == 720
    assert allowance_for(RED_CELLS, phase="ward", out_ms=1, lowest=400, highest=700, before=0) is None


def test_a_pack_without_allowances_covers_nothing() -> None:
    assert allowance_for((), phase="store", out_ms=0, lowest=400, highest=400, before=0) is None
