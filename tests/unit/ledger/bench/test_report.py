"""What a measurement cost, told so that it can be compared."""

import os

from ledger.bench.report import NOTHING, Cost, cpu_seconds_of, measured, peak_mb_of, resident_mb_of


def test_a_ratio_says_how_many_times_as_many_events_a_second() -> None:
    ledger, yardstick = Cost(1000, 0.5, 2.0), Cost(1000, 0.1, 1.0)
    assert ledger.ratios(yardstick) == {"ratio_cpu": 0.2, "ratio_wall": 0.5}
    assert ledger.figures() == {
        "events_per_cpu_second": 2000,
        "events_per_wall_second": 500,
        "cpu_seconds": 0.5,
        "wall_seconds": 2.0,
    }


def test_stretches_add_up() -> None:
    assert sum([Cost(10, 1.0, 2.0), Cost(30, 3.0, 4.0)], NOTHING) == Cost(40, 4.0, 6.0)


def test_a_cost_too_small_for_the_clock_is_no_division_by_nothing() -> None:
    assert (Cost(5, 0.0, 0.0).per_cpu_second, Cost(5, 0.0, 0.0).per_wall_second) == (0.0, 0.0)


def test_work_of_this_process_is_counted() -> None:
    cost = measured(7, lambda: sum(range(300_000)))
    assert cost.events == 7
    assert cost.cpu_seconds > 0
    assert cost.wall_seconds > 0


def test_memory_and_time_of_a_process_are_read() -> None:
    assert cpu_seconds_of(os.getpid()) > 0
    assert 5 < resident_mb_of() <= peak_mb_of() + 1
    assert abs(peak_mb_of(os.getpid()) - peak_mb_of()) < 5
