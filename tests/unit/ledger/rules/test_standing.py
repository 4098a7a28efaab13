"""What one place was like, minute by minute: a reading stands, a probe falls silent, is taken away, tells a fault."""

from collections.abc import Sequence

from ledger.rules.pack import Limits
from ledger.rules.standing import Piece, Track, combine, cut, probe_logs

MINUTE = 60_000
STORE = Limits(low=200, high=600, max_gap_ms=10 * MINUTE, source="test", verified=True)


def track(*samples: tuple[int, int], name: str = "a", start: int = 0, end: int = 60, **more: object) -> Track:
    """A probe that read (minute, centi-degrees), told from one minute to another."""
    read = tuple((minute * MINUTE, centi) for minute, centi in samples)
    return Track(probe=name, start_ms=start * MINUTE, end_ms=end * MINUTE, samples=read, **more)  # type: ignore[arg-type]  # a track's own fields


def pieces(tracks: Sequence[Track], start: int = 0, end: int = 60) -> list[Piece]:
    return list(combine(probe_logs(tracks, STORE), start * MINUTE, end * MINUTE))


def told(found: Sequence[Piece]) -> list[tuple[float, float, str, str]]:
    """Each piece as (from minute, to minute, state, reason)."""
    return [(piece.start_ms / MINUTE, piece.end_ms / MINUTE, piece.state, piece.reason) for piece in found]


def test_a_reading_stands_for_ten_minutes_and_nothing_is_known_before_the_first_or_after() -> None:
    before, stands, after = pieces([track((5, 400))], end=20)
    assert before == Piece(0, 5 * MINUTE, "gap", "no-reading")
    assert stands == Piece(5 * MINUTE, 15 * MINUTE, "ok", "", 400, 400, 5 * MINUTE)
    assert after == Piece(15 * MINUTE, 20 * MINUTE, "gap", "no-reading", silent_since_ms=5 * MINUTE)


def test_who_comes_when_the_last_reading_has_run_out_meets_silence_only() -> None:
    read = [track((5, 400), (50, 410))]
    assert told(pieces(read, start=15, end=20)) == [(15, 20, "gap", "no-reading")]
    assert told(pieces(read, start=14, end=20)) == [(14, 15, "ok", ""), (15, 20, "gap", "no-reading")]


def test_a_run_of_good_readings_is_one_piece_with_the_coldest_and_the_warmest_of_them() -> None:
    minutes = [track(*((minute, 400 + minute) for minute in range(10)))]
    assert pieces(minutes, start=2, end=8) == [Piece(2 * MINUTE, 8 * MINUTE, "ok", "", 402, 407, 7 * MINUTE)]
    assert [piece.lowest for piece in cut(probe_logs(minutes, STORE), 2 * MINUTE, 8 * MINUTE)] == [
        402, 403, 404, 405, 406, 407,
    ]  # fmt: skip


def test_a_fault_and_a_reading_of_one_instant_leave_the_reading_out() -> None:
    """What the device says of itself at that instant counts; the reading lies inside it."""
    broken = track(start=10, end=12, quality="fault", reason="sensor-open")
    assert told(pieces([track((9, 400), (10, 400), (12, 400), end=10), broken], start=9, end=15)) == [
        (9, 10, "ok", ""), (10, 12, "unknown", "sensor-open"), (12, 15, "ok", ""),
    ]  # fmt: skip


def test_a_device_that_names_no_fault_is_quoted_with_its_quality() -> None:
    assert told(pieces([track(quality="suspect")], end=5)) == [(0, 5, "unknown", "suspect")]


def test_faults_that_overlap_last_until_the_longer_one_ends() -> None:
    long, short = track(start=0, end=9, quality="fault"), track(start=2, end=4, quality="fault")
    found = told(pieces([long, short, track((5, 400), (9, 400), start=5, end=20)], end=12))
    assert found == [(0, 9, "unknown", "fault"), (9, 12, "ok", "")]


def test_of_two_readings_of_one_instant_the_worse_counts() -> None:
    assert told(pieces([track((2, 400), (2, 700)), track((2, 500))], end=5)) == [
        (0, 2, "gap", "no-reading"), (2, 5, "out", "above"),
    ]  # fmt: skip


def test_limits_are_of_the_range_and_a_hundredth_beyond_is_out() -> None:
    read = [track((0, 200), (2, 600), (4, 199), (6, 601))]
    assert told(pieces(read, end=8)) == [(0, 4, "ok", ""), (4, 6, "out", "below"), (6, 8, "out", "above")]


def test_a_probe_whose_calibration_has_run_out_says_nothing_any_more() -> None:
    """On the last instant of it the reading still counts."""
    due = track((0, 400), (4, 400), (5, 700), (8, 400), calibration_until_ms=4 * MINUTE)
    assert told(pieces([due], end=10)) == [(0, 5, "ok", ""), (5, 10, "unknown", "calibration-expired")]
    assert told(pieces([due], end=30))[1:] == [(5, 30, "unknown", "calibration-expired")], "silent or not"
    held = track((0, 400), (4, 400), calibration_until_ms=60 * MINUTE)
    assert told(pieces([held], end=10)) == [(0, 10, "ok", "")]


def test_of_two_probes_out_is_worse_than_unknown_and_that_than_silence_and_that_than_good() -> None:
    good, silent = track((0, 400), (8, 400)), track(name="b")
    broken = track(name="c", quality="fault", reason="air")
    cold, warm = track((0, 100), (8, 100), name="d"), track((0, 700), (8, 700), name="e")
    assert told(pieces([good, silent], end=10)) == [(0, 10, "gap", "no-reading")]
    assert told(pieces([good, silent, broken], end=10)) == [(0, 10, "unknown", "air")]
    assert told(pieces([good, silent, broken, warm], end=10)) == [(0, 10, "out", "above")]
    assert told(pieces([good, broken, cold], end=10)) == [(0, 10, "out", "below")]
    assert told(pieces([warm, cold], end=10)) == [(0, 10, "out", "below")], "of one gravity, the later in the alphabet"
    assert pieces([track((0, 400)), broken], start=12, end=20)[0].silent_since_ms is None, "told of a silence alone"


def test_a_hole_that_is_told_hides_neither_what_was_out_nor_a_fault() -> None:
    hole = ((6 * MINUTE, 8 * MINUTE, "link lost"),)
    warm = track((0, 400), (5, 700), (8, 400), gaps=hole)
    assert told(pieces([warm], end=10)) == [(0, 5, "ok", ""), (5, 8, "out", "above"), (8, 10, "ok", "")]
    cooled = track((0, 700), (1, 700), (5, 400), (8, 400), gaps=hole)
    assert told(pieces([cooled], end=10))[2:] == [(6, 8, "gap", "link lost"), (8, 10, "ok", "")]
    first = track((8, 400), gaps=((0, 2 * MINUTE, "link lost"), (3 * MINUTE, 5 * MINUTE, "told twice")))
    assert told(pieces([first], end=10)) == [
        (0, 3, "gap", "link lost"), (3, 8, "gap", "told twice"), (8, 10, "ok", ""),
    ]  # fmt: skip
    heard = track((0, 400), (7, 410), (8, 400), gaps=hole)
    assert told(pieces([heard], end=10)) == [(0, 6, "ok", ""), (6, 7, "gap", "link lost"), (7, 10, "ok", "")]
    broken = track(start=2, end=6, quality="fault", reason="sensor-open")
    spoken = track((1, 400), (8, 400), gaps=((4 * MINUTE, 5 * MINUTE, "link lost"),))
    assert told(pieces([broken, spoken], start=1, end=10)) == [
        (1, 2, "ok", ""), (2, 8, "unknown", "sensor-open"), (8, 10, "ok", ""),
    ]  # fmt: skip


def test_readings_after_one_that_a_fault_covers_count_again() -> None:
    broken = track(start=2, end=4, quality="fault", reason="sensor-open")
    assert told(pieces([broken, track((0, 400), (3, 400), (4, 700), (6, 400))], end=8)) == [
        (0, 2, "ok", ""), (2, 4, "unknown", "sensor-open"), (4, 6, "out", "above"), (6, 8, "ok", ""),
    ]  # fmt: skip


def test_a_probe_that_was_taken_away_for_good_is_asked_no_more() -> None:
    gone = track((0, 400), (5, 400), end=8, removed=True)
    assert told(pieces([gone], end=20)) == [(0, 8, "ok", ""), (8, 20, "gap", "probe-moved")]
    stayed = track(*((minute, 410) for minute in range(0, 20, 5)), name="b")
    assert pieces([gone, stayed], start=8, end=20) == [
        Piece(8 * MINUTE, 20 * MINUTE, "ok", "", 410, 410, 15 * MINUTE)
    ]  # fmt: skip


def test_a_probe_that_comes_back_has_not_read_here_before_it_reads_again() -> None:
    gone = track((0, 400), (5, 400), end=8, removed=True)
    back = track((15, 420), start=12, end=20)
    assert pieces([gone, back], start=12, end=18) == [
        Piece(12 * MINUTE, 15 * MINUTE, "gap", "probe-removed"),
        Piece(15 * MINUTE, 18 * MINUTE, "ok", "", 420, 420, 15 * MINUTE),
    ]


def test_a_segment_from_before_a_probe_was_taken_away_fills_no_time_in_which_it_was_not_there() -> None:
    """Two segments overlap, and their pieces add up to the time asked for: what came before is unknown."""
    gone = track(*((minute, 400) for minute in range(3, 7)), start=3, end=6, removed=True)
    assert told(pieces([gone, track((5, 400), start=5, end=5)], start=2, end=6)) == [
        (2, 3, "gap", "no-reading"), (3, 6, "ok", ""),
    ]  # fmt: skip


def test_a_hole_of_no_length_behind_its_reading_is_none() -> None:
    at_ms = 5 * MINUTE
    holed = track((0, 400), (5, 400), gaps=((at_ms, at_ms + 1, "link lost"),))
    assert told(pieces([holed], end=10)) == [(0, 10, "ok", "")]


def test_a_hole_that_is_told_begins_just_after_the_reading_at_its_start_and_else_where_it_is_told() -> None:
    read, unread = ((5 * MINUTE, 8 * MINUTE, "link lost"),), ((6 * MINUTE, 8 * MINUTE, "link lost"),)
    counted = pieces([track((0, 400), (5, 390), (8, 400), gaps=read)], end=10)
    assert [(piece.start_ms, piece.state) for piece in counted] == [
        (0, "ok"), (5 * MINUTE + 1, "gap"), (8 * MINUTE, "ok"),
    ]  # fmt: skip
    assert counted[0].lowest == 390
    assert told(pieces([track((0, 400), (5, 390), (8, 400), gaps=unread)], end=10)) == [
        (0, 6, "ok", ""), (6, 8, "gap", "link lost"), (8, 10, "ok", ""),
    ]  # fmt: skip


def test_a_place_with_two_probes_is_as_bad_as_the_worse_and_as_old_as_the_older() -> None:
    fresh, lagging = track((0, 400), (4, 400), (8, 400)), track((0, 350), (3, 450), name="b")
    assert pieces([fresh, lagging], end=10)[0] == Piece(0, 10 * MINUTE, "ok", "", 350, 450, 3 * MINUTE)
    warm = track((0, 700), (4, 400), (8, 400))
    assert told(pieces([warm, lagging], end=10)) == [(0, 4, "out", "above"), (4, 10, "ok", "")]


def test_of_two_silent_probes_the_one_that_lags_most_is_the_silence() -> None:
    one, other = track((0, 400), (4, 400)), track((0, 400), (2, 400), name="b")
    (silence,) = pieces([one, other], start=20, end=30)
    assert silence == Piece(20 * MINUTE, 30 * MINUTE, "gap", "no-reading", silent_since_ms=2 * MINUTE)


def test_a_probe_without_a_place_makes_no_place() -> None:
    assert pieces([], end=10) == [Piece(0, 10 * MINUTE, "gap", "no-reading")]
    assert pieces([track((0, 400))], start=5, end=5) == []


def test_a_gap_that_a_device_declares_tells_since_when_it_is_silent_and_a_fault_does_not() -> None:
    declared = track((4, 400), gaps=((6 * MINUTE, 9 * MINUTE, "probe-unplugged"),), end=20)
    stands, silent, *_ = pieces([declared], start=4, end=9)
    assert stands == Piece(4 * MINUTE, 6 * MINUTE, "ok", "", 400, 400, 4 * MINUTE)
    assert silent == Piece(6 * MINUTE, 9 * MINUTE, "gap", "probe-unplugged", silent_since_ms=4 * MINUTE)
    broken = track(start=6, end=9, quality="fault", reason="sensor-open")
    _, faulty = pieces([track((4, 400), end=6), broken], start=4, end=9)
    assert faulty == Piece(6 * MINUTE, 9 * MINUTE, "unknown", "sensor-open")


def test_a_probe_that_came_and_fell_silent_at_the_instant_of_its_reading_was_read_then() -> None:
    came = track((5, 400), start=5, end=20)
    *_, after = pieces([came], start=5, end=20)
    assert after == Piece(15 * MINUTE, 20 * MINUTE, "gap", "no-reading", silent_since_ms=5 * MINUTE)
