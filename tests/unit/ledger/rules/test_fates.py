"""Which bags ought to have a final fate and have none, and the closure rate."""

from dataclasses import replace

import pytest

from ledger.rules.fates import DAY_MS, Closure, Life, Question, closure, missing, started_ms

NOW = 1000 * DAY_MS
ASKED = Question(now_ms=NOW, days=7, window_days=30)
DUE = NOW - 7 * DAY_MS
BAG = Life(unit="unit:1", holder="org:h", state="issued")


@pytest.mark.parametrize(
    ("life", "started"),
    [
        (BAG, None),
        (replace(BAG, issued_ms=5), 5),
        (replace(BAG, expires_ms=9), 9),
        (replace(BAG, issued_ms=5, expires_ms=9), 5),
        (replace(BAG, issued_ms=12, expires_ms=9), 9),
        (replace(BAG, expires_ms=9, ended_ms=8), None),
        (replace(BAG, expires_ms=9, ended_ms=9), 9),
        (replace(BAG, issued_ms=5, expires_ms=9, ended_ms=6), 5),
    ],
)
def test_the_clock_starts_with_the_issue_or_with_the_expiry_of_what_was_not_used(
    life: Life, started: int | None
) -> None:
    assert started_ms(life) == started


def test_a_fate_is_missed_once_its_days_are_over_the_longest_first() -> None:
    lives = [
        replace(BAG, unit="unit:1", issued_ms=DUE),
        replace(BAG, unit="unit:2", issued_ms=DUE + 1),
        replace(BAG, unit="unit:3", expires_ms=DUE - 400 * DAY_MS, state="in_hospital"),
        replace(BAG, unit="unit:4", issued_ms=DUE - 1, ended_ms=DUE),
        replace(BAG, unit="unit:0", issued_ms=DUE),
        BAG,
    ]
    found = missing(lives, ASKED)
    assert [(each.life.unit, each.since_ms) for each in found] == [
        ("unit:3", DUE - 400 * DAY_MS),
        ("unit:0", DUE),
        ("unit:1", DUE),
    ]


def test_the_rate_is_over_the_window_and_each_holder_has_its_own() -> None:
    first = DUE - 30 * DAY_MS
    lives = [
        replace(BAG, issued_ms=first),
        replace(BAG, issued_ms=first + 1, ended_ms=first + 2),
        replace(BAG, issued_ms=DUE),
        replace(BAG, issued_ms=DUE + 1),
        replace(BAG, holder=None, expires_ms=DUE, ended_ms=NOW),
        replace(BAG, holder="org:g", issued_ms=NOW),
        BAG,
    ]
    told = closure(lives, ASKED)
    assert told == (Closure(None, 1, 1), Closure("org:h", 1, 2))
    assert [each.per_mille for each in told] == [1000, 500]


def test_all_but_one_of_many_is_not_all() -> None:
    assert Closure("org:h", 9999, 10_000).per_mille == 999


def test_what_the_rate_lacks_is_in_the_list() -> None:
    lives = [replace(BAG, unit=f"unit:{n}", issued_ms=DUE - n, ended_ms=NOW if n % 3 else None) for n in range(10)]
    (rate,) = closure(lives, ASKED)
    assert rate.due - rate.closed == len(missing(lives, ASKED)) == 4
