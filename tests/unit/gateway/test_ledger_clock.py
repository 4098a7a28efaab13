from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from gateway.clock import Trust
from gateway.ledger_clock import LedgerClock

NOW = 1_794_000_000_000
MINUTE = 60_000


class Machine:
    """A clock that the test sets."""

    name: Trust = "synchronised"

    def __init__(self) -> None:
        self.ms = NOW

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


def date(ms: int) -> str:
    return format_datetime(datetime.fromtimestamp(ms // 1000, UTC), usegmt=True)


def heard(ahead_ms: int, *, minutes: int = 3) -> tuple[Machine, LedgerClock]:
    machine = Machine()
    ledger = LedgerClock(machine)
    for _ in range(minutes * 6):
        ledger.hear(date(machine.ms + ahead_ms))
        machine.ms += 10_000
    return machine, ledger


@pytest.mark.parametrize("ahead_ms", [2 * 3_600_000, -90_000, 86_400_000 * 365])
def test_a_clock_that_is_off_is_told_once_it_has_settled(ahead_ms: int) -> None:
    machine, ledger = heard(ahead_ms)
    assert abs(ledger.ahead_ms - ahead_ms) <= 1000
    assert ledger.take_told(machine.ms) == ledger.ahead_ms
    assert ledger.take_told(machine.ms) is None


@pytest.mark.parametrize("ahead_ms", [0, -900, 5000])
def test_clocks_that_agree_within_seconds_are_no_news(ahead_ms: int) -> None:
    machine, ledger = heard(ahead_ms)
    assert (ledger.ahead_ms, ledger.take_told(machine.ms)) == (0, None)


def test_an_answer_that_was_long_on_its_way_is_no_clock_behind() -> None:
    machine, ledger = heard(0)
    ledger.hear(date(machine.ms - 5 * MINUTE))
    assert (ledger.ahead_ms, ledger.take_told(machine.ms)) == (0, None)


def test_once_the_gateways_clock_is_set_right_there_is_nothing_more_to_tell_but_that() -> None:
    machine, ledger = heard(120 * MINUTE)
    assert ledger.take_told(machine.ms) is not None
    machine.ms += 120 * MINUTE
    ledger.shift(120 * MINUTE)
    assert ledger.ahead_ms == 0
    assert abs(ledger.take_told(machine.ms + MINUTE) or 0) <= 1000


@pytest.mark.parametrize("said", [None, "", "yesterday", "Mon, 32 Nov 2026 08:00:00 GMT"])
def test_an_answer_without_a_date_says_nothing(said: str | None) -> None:
    machine, ledger = heard(0, minutes=0)
    ledger.hear(said)
    assert (ledger.ahead_ms, ledger.take_told(machine.ms + MINUTE)) == (0, None)


def test_the_clock_of_a_story_is_held_against_nothing() -> None:
    machine = Machine()
    machine.name = "simulated"
    ledger = LedgerClock(machine)
    ledger.hear(date(NOW + 120 * MINUTE))
    assert ledger.ahead_ms == 0
