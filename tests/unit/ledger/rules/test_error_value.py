"""85 and -127 in a logger's file: written by a sensor that measured nothing, unless a reading beside it is near."""

from decimal import Decimal

import pytest

from ledger.rules.error_value import sort_out
from ledger.rules.logger_file import LoggedReading


def rows(*celsius: str) -> list[LoggedReading]:
    return [LoggedReading(minute, Decimal(each)) for minute, each in enumerate(celsius)]


@pytest.mark.parametrize(
    ("celsius", "faults"),
    [
        (["4", "85", "4"], [1]),
        (["22.0", "85.000", "22.1"], [1]),
        (["-30", "-127", "-30"], [1]),
        (["-30", "-127.00", "85", "-127", "-30"], [1, 2, 3]),
        (["85", "4"], [0]),
        (["4", "85"], [1]),
        (["85", "85", "85"], [0, 1, 2]),
        (["-127"], [0]),
        (["4", "84.9", "85.1", "-126.9", "-127.1"], []),
        (["4", "4"], []),
        ([], []),
    ],
)
def test_a_value_that_comes_from_nowhere_is_an_error(celsius: list[str], faults: list[int]) -> None:
    found = sort_out(rows(*celsius))
    assert found.faults_ms == tuple(faults)
    assert found.measured == tuple(each for each in rows(*celsius) if each.at_ms not in faults)


@pytest.mark.parametrize(
    "celsius",
    [
        ["-130", "-127", "-129"],
        ["-127", "-130", "-131"],
        ["-107.01", "-127", "4"],
        ["4", "-127", "-146.99"],
        ["4", "65.01", "85", "4"],
        ["104.99", "85", "85", "85", "4"],
    ],
)
def test_where_a_reading_beside_it_is_near_it_is_a_temperature(celsius: list[str]) -> None:
    assert sort_out(rows(*celsius)).faults_ms == ()


@pytest.mark.parametrize("beside", ["-107", "-147", "4"])
def test_twenty_degrees_away_is_not_near(beside: str) -> None:
    assert sort_out(rows(beside, "-127", beside)).faults_ms == (1,)


def test_only_the_readings_next_to_it_count() -> None:
    assert sort_out(rows("-130", "4", "-127", "4", "-130")).faults_ms == (2,)
    assert sort_out(rows("4", "-130", "4", "-127", "4")).faults_ms == (3,)


def test_a_reading_of_the_same_instant_is_beside_it() -> None:
    twice = [LoggedReading(0, Decimal(4)), LoggedReading(5, Decimal(-130)), LoggedReading(5, Decimal(-127))]
    assert sort_out(twice).faults_ms == ()
