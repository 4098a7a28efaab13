"""Axes and decimation: nothing is hidden."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from web.scale import Axis, decimate, degree_ticks, time_ticks


@given(
    st.lists(st.tuples(st.integers(0, 100_000), st.integers(-3000, 4000)), min_size=1, max_size=400),
    st.integers(1, 60),
)
def test_decimation_keeps_every_peak_and_invents_nothing(points: list[tuple[int, int]], columns: int) -> None:
    points.sort()
    kept = decimate(points, columns=columns, low=0, high=100_000)
    values = [value for _, value in points]
    assert set(kept) <= set(points)
    assert max(value for _, value in kept) == max(values)
    assert min(value for _, value in kept) == min(values)
    assert [time for time, _ in kept] == sorted(time for time, _ in kept)
    assert len(kept) <= max(4 * (columns + 1), 4)


def test_an_axis_maps_its_ends_and_holds_what_lies_beyond() -> None:
    axis = Axis(0, 100, 10.0, 210.0)
    assert [axis.at(value) for value in (0, 50, 100, 400, -5)] == [10.0, 110.0, 210.0, 210.0, 10.0]
    assert Axis(0, 100, 200.0, 0.0).at(25) == 150.0


def test_ticks_are_round_and_few() -> None:
    start = datetime(2026, 3, 2, 8, 20, tzinfo=UTC)
    ticks, step = time_ticks(start, start + timedelta(hours=30), at_most=12)
    assert step == 3 * 3_600_000
    assert [tick.hour for tick in ticks[:4]] == [9, 12, 15, 18]
    days, _ = time_ticks(start, start + timedelta(days=35), at_most=12)
    assert all((tick.hour, tick.minute) == (0, 0) for tick in days)
    assert len(days) <= 12
    assert degree_ticks(150, 1100, at_most=7) == [200, 400, 600, 800, 1000]
