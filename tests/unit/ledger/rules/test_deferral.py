"""A donor who was deferred, let in again, and what was given in between."""

import pytest

from ledger.rules.deferral import Blocked, Reentered, deferrals, is_deferred, stands_against


@pytest.mark.parametrize(
    ("told", "deferred_at"),
    [
        ([], []),
        ([Blocked(10)], [10, 20, 30, 40, 99]),
        ([Blocked(10, 30)], [10, 20]),
        ([Blocked(10), Reentered(30)], [10, 20]),
        ([Reentered(5), Blocked(10)], [10, 20, 30, 40, 99]),
        ([Blocked(10, 20), Reentered(30)], [10]),
        ([Blocked(10, 99), Reentered(30)], [10, 20]),
        ([Blocked(10), Blocked(20, 40), Reentered(30)], [10, 20]),
        ([Blocked(10), Reentered(20), Blocked(30)], [10, 30, 40, 99]),
        ([Reentered(30), Blocked(10)], [10, 20]),
        ([Blocked(20), Reentered(20)], [20, 30, 40, 99]),
    ],
)
def test_a_deferral_lasts_until_its_end_or_the_re_entry(
    told: list[Blocked | Reentered], deferred_at: list[int]
) -> None:
    spells = deferrals(told)
    assert [at for at in (0, 9, 10, 20, 30, 40, 99) if is_deferred(spells, at)] == deferred_at


def test_what_was_given_while_deferred_never_becomes_eligible() -> None:
    spells = deferrals([Blocked(10, 30)])
    assert stands_against(spells, collected_ms=20, now_ms=40)
    assert not stands_against(spells, collected_ms=5, now_ms=40)


def test_what_was_given_before_is_held_back_as_long_as_the_donor_is_deferred() -> None:
    spells = deferrals([Blocked(10, 30)])
    assert stands_against(spells, collected_ms=5, now_ms=20)
    assert not stands_against(spells, collected_ms=5, now_ms=30)
