"""A logger's file judged: inclusive limits, gaps to the minute, single readings, minutes out, and coming back."""

from decimal import Decimal

import pytest

from ledger.rules.files import pack_text
from ledger.rules.logged import Logged, judge_readings
from ledger.rules.logger_file import LoggedReading
from ledger.rules.pack import Pack, Phase
from ledger.rules.pack_file import parse_pack

MINUTE = 60_000
EIGHT = 1_772_438_400_001
"""A morning: a file's times are instants, not durations."""
CN = parse_pack(pack_text("cn"))
UK = parse_pack(pack_text("uk"))
CANADA = parse_pack(
    'pack = "ours"\nversion = "1"\nderives = "cn"\n[sources]\nsop = "procedure"\n[returns]\n'
    'uncontrolled = { rule = "within", minutes = 30, source = "sop", verified = true }\n',
    lambda _: pack_text("cn"),
)


def judged(
    readings: list[tuple[float, str]],
    *,
    pack: Pack = CN,
    component: str = "RBC_AS",
    phase: Phase = "store",
    before: int = 0,
) -> Logged:
    logged = [LoggedReading(EIGHT + int(minute * MINUTE), Decimal(celsius)) for minute, celsius in readings]
    return judge_readings(logged, pack=pack, component=component, phase=phase, before=before)


def told(found: Logged) -> tuple[str, float, str]:
    return found.exposure.verdict, found.out_ms / MINUTE, found.reason


@pytest.mark.parametrize(
    ("readings", "says"),
    [
        ([(0, "2.00"), (5, "6.00")], ("ok", 0, "")),
        ([(0, "1.99"), (5, "4")], ("out", 5, "below")),
        ([(0, "4"), (5, "6.01"), (8, "4")], ("out", 3, "above")),
        ([(0, "4"), (5, "6.001"), (8, "4")], ("out", 3, "above")),
        ([(0, "4"), (10, "4")], ("ok", 0, "")),
        ([(0, "4"), (10.001, "4")], ("unknown", 0, "no-reading")),
        ([(0, "7"), (10, "4")], ("out", 10, "above")),
        ([(0, "7"), (25, "4")], ("out", 10, "above")),
        ([(0, "7"), (10, "1"), (20, "4")], ("out", 20, "above,below")),
        ([(0, "4"), (60, "7"), (65, "4"), (66, "4")], ("out", 5, "above")),
        ([(0, "4"), (5, "7")], ("out", 0, "above")),
        ([(0, "7"), (5, "7")], ("out", 5, "above")),
        ([(0, "7"), (0.75125, "7")], ("out", 0.75125, "above")),
        ([(0, "4")], ("ok", 0, "")),
        ([(0, "7")], ("out", 0, "above")),
        ([], ("unknown", 0, "no-reading")),
        ([(0, "4"), (0, "7"), (5, "4")], ("out", 5, "above")),
    ],
)
def test_a_file_from_the_fridge(readings: list[tuple[float, str]], says: tuple[str, float, str]) -> None:
    assert told(judged(readings)) == says


def test_lowest_and_highest_are_the_files_own() -> None:
    found = judged([(0, "4.004"), (5, "6.001"), (8, "3")])
    assert (found.lowest, found.highest, found.lasted_ms) == (Decimal(3), Decimal("6.001"), 8 * MINUTE)
    empty = judged([])
    assert (empty.lowest, empty.highest, empty.lasted_ms) == (None, None, 0)


@pytest.mark.parametrize(
    ("component", "readings", "says"),
    [
        ("RBC_AS", [(0, "4"), (5, "85"), (8, "4"), (10, "4")], ("unknown", 0, "fault")),
        ("PLT", [(0, "22"), (5, "85"), (8, "22"), (10, "22")], ("unknown", 0, "fault")),
        ("FFP", [(0, "-30"), (5, "-127"), (8, "-30"), (10, "-30")], ("unknown", 0, "fault")),
        ("FFP", [(0, "-30"), (5, "-17"), (8, "-127"), (10, "-30")], ("out", 3, "above")),
        ("RBC_FROZEN_20", [(0, "-130"), (5, "-127"), (8, "-130"), (10, "-130")], ("ok", 0, "")),
    ],
)
def test_what_a_sensor_writes_that_measured_nothing_is_unknown_and_no_temperature(
    component: str, readings: list[tuple[float, str]], says: tuple[str, float, str]
) -> None:
    found = judged(readings, component=component)
    assert told(found) == says
    if says[0] != "ok":
        assert (found.exposure.unknown_ms, found.allowance) == ((3 if says[0] == "unknown" else 2) * MINUTE, None)
        assert not {found.lowest, found.highest} & {Decimal(85), Decimal(-127)}


def test_a_file_of_nothing_but_error_values_says_nothing() -> None:
    found = judged([(0, "-127"), (5, "-127")], component="FFP")
    assert told(found) == ("unknown", 0, "fault")
    assert (found.lowest, found.highest, found.lasted_ms) == (None, None, 5 * MINUTE)


def test_a_phase_without_limits_cannot_be_judged() -> None:
    found = judged([(0, "4"), (5, "4")], phase="ward")
    assert told(found) == ("unknown", 0, "no-limits")
    assert (found.limits, found.must_quarantine) == (None, False)


def test_a_component_that_the_pack_does_not_know_cannot_be_judged() -> None:
    found = judged([(0, "4"), (5, "4")], component="PLASMA_LIQUID")
    assert (told(found), found.allowance) == (("unknown", 0, "no-limits"), None)


def test_quarantine_follows_the_tolerance_and_not_the_first_reading() -> None:
    lenient = parse_pack(
        pack_text("cn").replace("max_gap_minutes = 10", "max_gap_minutes = 10\ntolerated_out_minutes = 5")
    )
    assert not judged([(0, "7"), (5, "4")], pack=lenient).must_quarantine
    assert not judged([(0, "4"), (5, "7"), (10, "7")], pack=lenient).must_quarantine
    assert judged([(0, "4"), (5, "7"), (10.001, "7")], pack=lenient).must_quarantine
    assert not judged([(0, "4"), (5, "7"), (9, "7")], pack=lenient).must_quarantine
    assert judged([(0, "4"), (5, "7")]).must_quarantine
    assert not judged([(0, "4"), (5, "4")]).must_quarantine


def test_what_a_person_may_accept() -> None:
    hours = [(minute, "9.5") for minute in range(0, 301, 10)]
    five = judged(hours, pack=UK)
    assert five.exposure.verdict == "out"
    assert five.allowance is not None
    assert five.allowance.value == "store 100..1000 300 minutes 1 times"
    assert judged([*hours, (310, "9.5")], pack=UK).allowance is None
    assert judged(hours, pack=UK, before=1).allowance is None
    assert judged([(0, "9.5"), (60, "4"), (61, "4")], pack=UK).allowance is None  # nobody knows how long
    assert judged([(0, "10.001"), (5, "4")], pack=UK).allowance is None
    assert judged([(0, "4"), (5, "4")], pack=UK).allowance is None


@pytest.mark.parametrize(
    ("pack", "readings", "phase", "before", "decision"),
    [
        (CN, [(0, "4"), (5, "4")], "ward", 0, ("no", "never")),
        (CN, [(0, "4"), (5, "4")], "uncontrolled", 0, ("undecided", "unstated")),
        (CANADA, [(0, "4"), (30, "12")], "uncontrolled", 0, ("yes", "")),
        (CANADA, [(0, "4"), (31, "4")], "uncontrolled", 0, ("no", "too-long")),
        (CANADA, [(0, "4")], "uncontrolled", 0, ("undecided", "time-unknown")),
        (UK, [(minute, "10") for minute in range(0, 301, 10)], "ward", 0, ("yes", "")),
        (UK, [(minute, "10") for minute in range(0, 311, 10)], "ward", 0, ("no", "too-long")),
        (UK, [(0, "4"), (10, "10.001")], "uncontrolled", 0, ("no", "above")),
        (UK, [(0, "4"), (10, "0.999")], "uncontrolled", 0, ("no", "below")),
        (UK, [(0, "4"), (10, "9")], "uncontrolled", 1, ("no", "too-often")),
        (UK, [(0, "4"), (11, "9")], "uncontrolled", 0, ("undecided", "temperature-unknown")),
        (UK, [(0, "4"), (9, "9")], "uncontrolled", 0, ("yes", "")),
        (UK, [(0, "4"), (11, "9")], "ward", 0, ("undecided", "temperature-unknown")),
        (UK, [(0, "4"), (5, "85"), (9, "9")], "ward", 0, ("undecided", "temperature-unknown")),
        (UK, [(0, "4"), (5, "85"), (301, "9")], "ward", 0, ("no", "too-long")),
        (UK, [(0, "85")], "ward", 0, ("undecided", "time-unknown")),
        (UK, [(0, "85"), (5, "85")], "ward", 0, ("undecided", "temperature-unknown")),
        (UK, [], "uncontrolled", 0, ("undecided", "time-unknown")),
    ],
)  # fmt: skip
def test_whether_it_comes_back(
    pack: Pack, readings: list[tuple[float, str]], phase: Phase, before: int, decision: tuple[str, str]
) -> None:
    found = judged(readings, pack=pack, phase=phase, before=before)
    assert found.returning is not None
    assert (found.returning.answer, found.returning.reason) == decision


def test_in_a_store_nothing_comes_back() -> None:
    assert judged([(0, "4")]).returning is None
