"""A timeline answers any stretch of a place's time with what its pieces say of exactly that stretch."""

from collections.abc import Sequence

import pytest

from ledger.rules import timeline
from ledger.rules.standing import Piece
from ledger.rules.timeline import Timeline


def minute(at: int, centi: int) -> Piece:
    return Piece(at, at + 1, "ok", "", centi, centi, at)


QUIET = [minute(at, 400 + at) for at in range(10)]
WARM = Piece(10, 12, "out", "above", 700, 710, 11)
SILENT = Piece(12, 20, "gap", "no-reading")
DAY: Sequence[Piece] = [*QUIET, WARM, SILENT]


def test_the_whole_time_is_its_runs() -> None:
    assert list(Timeline(DAY).pieces(0, 20)) == [Piece(0, 10, "ok", "", 400, 409, 9), WARM, SILENT]


def test_a_stretch_knows_only_the_readings_that_stood_in_it() -> None:
    """A unit that came in the fourth minute never met the cold of the first three."""
    assert list(Timeline(DAY).pieces(3, 7)) == [Piece(3, 7, "ok", "", 403, 406, 6)]


def test_a_stretch_may_begin_and_end_within_pieces() -> None:
    assert list(Timeline(DAY).pieces(11, 15)) == [
        Piece(11, 12, "out", "above", 700, 710, 11),
        Piece(12, 15, "gap", "no-reading"),
    ]
    assert list(Timeline(DAY).pieces(13, 14)) == [Piece(13, 14, "gap", "no-reading")]


def test_a_stretch_ends_before_the_piece_that_begins_with_its_end() -> None:
    assert list(Timeline(DAY).pieces(8, 10)) == [Piece(8, 10, "ok", "", 408, 409, 9)]


def test_no_time_has_no_pieces() -> None:
    assert not list(Timeline(DAY).pieces(5, 5))


def test_one_state_for_two_reasons_is_two_runs() -> None:
    two = [Piece(0, 5, "unknown", "stuck"), Piece(5, 9, "unknown", "calibration-expired")]
    assert list(Timeline(two).pieces(0, 9)) == two


def test_freezing_and_the_first_instant_are_figures_too() -> None:
    frozen = [Piece(0, 1, "ok", "", -4000, -4000, 0), Piece(1, 2, "ok", "", -7000, -7000, -1)]
    assert list(Timeline(frozen).pieces(0, 2)) == [Piece(0, 2, "ok", "", -7000, -4000, -1)]
    assert list(Timeline(frozen).pieces(0, 1)) == [Piece(0, 1, "ok", "", -4000, -4000, 0)]


@pytest.mark.parametrize("block", [1, 3, 4, 100])
def test_extremes_are_those_of_every_reading_however_they_are_kept(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "BLOCK", block)
    read = [200 + at * 7919 % 401 for at in range(40)]
    made = Timeline([minute(at, centi) for at, centi in enumerate(read)])
    for start in range(40):
        for end in range(start + 1, 41):
            (found,) = made.pieces(start, end)
            assert (found.lowest, found.highest) == (min(read[start:end]), max(read[start:end]))
            assert (found.start_ms, found.end_ms, found.read_ms) == (start, end, end - 1)
