"""The one time axis: shapes that tell the truth."""

import itertools
from dataclasses import replace

import pytest

from ledger.read.values import UnitPage
from tests.unit.web import samples
from web.plot import Plot, text_width
from web.timeline import PLOT_TOP, Timeline, span, timeline

EN = samples.speech("en")


def drawn(page: UnitPage, width: int = 1090) -> Timeline:
    found = timeline(page, EN, width=width)
    assert found is not None
    return found


def plotted(page: UnitPage) -> Plot:
    picture = drawn(page).plot
    assert picture is not None
    return picture


def test_holders_stand_in_order_with_the_way_between_them() -> None:
    bands = drawn(samples.unit_page()).bands
    assert [band.tone for band in bands] == ["blood_centre", "transit", "hospital"]
    assert bands[0].label == "Blood centre"
    assert all(left.x + left.width <= right.x for left, right in itertools.pairwise(bands))


def test_what_was_struck_out_is_drawn_as_struck_and_leaves_the_label_to_what_counts() -> None:
    page = samples.unit_page()
    assert not any(mark.struck for mark in drawn(page).marks)
    wrong = next(line for line in page.history if line.kind == "collected")
    struck = replace(wrong, struck_by=("web", 9))
    history = [struck if line is wrong else line for line in page.history]
    [mark] = [mark for mark in drawn(replace(page, history=tuple(history))).marks if mark.struck]
    assert (mark.label, mark.tone) == ("Collected", "quiet")
    assert mark.title.endswith("Collected, struck out by correction web #9")
    right = replace(wrong, seq=wrong.seq + 1, kind="stored")
    history.insert(history.index(struck), right)
    [mark] = [mark for mark in drawn(replace(page, history=tuple(history))).marks if "struck out" in mark.title]
    assert (mark.struck, mark.tone) == (False, "ok"), "what counts stands there too, and is drawn"
    assert mark.label != "Collected"


def test_no_line_is_drawn_across_a_gap() -> None:
    picture = plotted(samples.unit_page())
    gap = next(veil for veil in picture.veils if veil.tone == "unknown")
    for line in picture.lines:
        xs = [float(spot.split()[0]) for spot in line.path.removeprefix("M").split("L")]
        assert not (min(xs) < gap.x and max(xs) > gap.x + gap.width)


def test_every_stretch_that_is_not_fine_is_veiled_and_the_worst_is_named() -> None:
    picture = plotted(samples.unit_page())
    assert [veil.tone for veil in picture.veils] == ["out", "tolerated", "unknown"]
    assert [note.label for note in picture.notes] == [
        "9.8 °C, out for 42 min",
        "1 h 30 min unknown",
        "8 min missing, tolerated",
    ]


def test_a_unit_in_order_names_its_highest_reading() -> None:
    notes = plotted(samples.unit_page("ok")).notes
    assert notes[-1].tone == "peak"
    assert notes[-1].label.startswith("highest 6.6")


def test_the_limits_widen_on_the_way() -> None:
    limits = plotted(samples.unit_page()).limits
    assert len(limits) == 3
    assert limits[1].height > limits[0].height == limits[2].height


def test_the_highest_reading_is_inside_the_drawing() -> None:
    picture = plotted(samples.unit_page())
    assert picture.high >= max(value for run in samples.unit_page().runs for _, value in run.points)
    assert all(limit.y >= PLOT_TOP for limit in picture.limits)


@pytest.mark.parametrize("width", [1090, 330])
def test_no_two_labels_of_a_row_overlap(width: int) -> None:
    marks = [mark for mark in drawn(samples.unit_page(), width).marks if mark.row is not None]
    assert marks
    for row in {mark.row for mark in marks}:
        spans = sorted(
            (mark.label_x - text_width(mark.label) / 2, mark.label_x + text_width(mark.label) / 2)
            for mark in marks
            if mark.row == row
        )
        assert all(left[1] <= right[0] for left, right in itertools.pairwise(spans))


def test_every_event_is_on_the_rail_even_where_no_label_fits() -> None:
    page = samples.unit_page()
    titles = " ".join(mark.title for mark in drawn(page, 330).marks)
    assert titles.count("03-0") == len(page.history)


def test_the_axis_ends_with_the_unit_or_now() -> None:
    page = samples.unit_page()
    assert span(page)[1] >= page.now_ms
    over = replace(page, summary=replace(page.summary, state="transfused"), now_ms=page.now_ms + 99 * samples.HOUR)
    assert span(over)[1] < page.now_ms + 2 * samples.HOUR


def test_a_unit_without_readings_has_a_short_picture_and_none_without_events() -> None:
    page = replace(samples.unit_page(), runs=(), exposure=None)
    assert drawn(page).height < 220
    assert timeline(replace(page, history=(), stays=()), EN, width=1090) is None
