"""Times, durations and temperatures, as a page spells them."""

from gettext import NullTranslations
from zoneinfo import ZoneInfo

import pytest

from ledger.core.errors import FormatError
from ledger.core.ids import parse_instant
from tests.unit.web import samples
from web.speech import SaidError, Speech, degrees

ZH, EN = samples.speech("zh"), samples.speech("en")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("milliseconds", "zh", "en"),
    [
        (0, "0 分钟", "0 min"),
        (1, "<1 分钟", "less than 1 min"),
        (8 * MINUTE, "8 分钟", "8 min"),
        (HOUR, "1 小时", "1 h"),
        (2 * HOUR + 5 * MINUTE, "2 小时 5 分钟", "2 h 5 min"),
        (3 * DAY + 4 * HOUR, "3 天 4 小时", "3 d 4 h"),
    ],
)
def test_durations(milliseconds: int, zh: str, en: str) -> None:
    assert (ZH.duration(milliseconds), EN.duration(milliseconds)) == (zh, en)


@pytest.mark.parametrize(
    ("centi", "shown"),
    [(560, "5.6"), (605, "6.05"), (-1800, "\N{MINUS SIGN}18.0"), (-5, "\N{MINUS SIGN}0.05"), (0, "0.0")],
)
def test_temperatures(centi: int, shown: str) -> None:
    assert degrees(centi) == shown


def test_the_zone_of_the_times_is_said_with_its_offset() -> None:
    assert EN.zone_said(samples.START) == "Beijing time (UTC+08:00)"
    assert ZH.zone_said(samples.START) == "北京时间（UTC+08:00）"
    newfoundland = Speech("en", ZoneInfo("America/St_Johns"), NullTranslations())
    assert newfoundland.zone_said(samples.START) == "America/St_Johns (UTC-03:30)"


def test_each_language_has_its_own_marks_between_words() -> None:
    assert (ZH.joined("ab"), EN.joined("ab")) == ("a、b", "a, b")
    assert (ZH.clauses("ab"), EN.clauses("ab")) == ("a，b", "a, b")
    assert (ZH.comma, EN.comma) == ("、", ", ")
    assert (ZH.colon, EN.colon) == ("：", ": ")
    assert (ZH.aside("a"), EN.aside("a")) == ("（a）", " (a)")
    assert (EN.sentence("it has expired"), EN.sentence("")) == ("It has expired", "")


def test_times_are_the_sites_own() -> None:
    assert EN.moment(samples.START) == "2026-03-02 08:20"
    assert EN.instant_of("2026-03-02 08:20") == "2026-03-02T00:20:00.000Z"
    assert EN.instant_of("2026-03-02T00:20:00.000Z") == "2026-03-02T00:20:00.000Z"


@pytest.mark.parametrize("typed", ["yesterday", "2026-02-30 10:00", "08:20"])
def test_a_time_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(FormatError, match="expected a time such as"):
        EN.instant_of(typed)


LONDON = Speech("en", ZoneInfo("Europe/London"), NullTranslations())


def test_a_time_that_the_clocks_showed_twice_is_asked_for_with_its_offset() -> None:
    with pytest.raises(SaidError) as refused:
        LONDON.instant_of("2026-10-25 01:30")
    assert str(refused.value) == (
        "The clocks (Europe/London) showed 2026-10-25 01:30 twice. "
        "Type which one: 2026-10-25 01:30+01:00, or the later 2026-10-25 01:30+00:00."
    )
    assert LONDON.instant_of("2026-10-25 01:30+01:00") == "2026-10-25T00:30:00.000Z"
    assert LONDON.instant_of("2026-10-25 01:30+00:00") == "2026-10-25T01:30:00.000Z"
    assert LONDON.instant_of("2026-10-25 00:59") == "2026-10-24T23:59:00.000Z"


def test_a_time_that_never_was_is_refused_in_the_readers_language() -> None:
    with pytest.raises(SaidError, match=r"^2026-03-29 01:30 never was: the clocks \(Europe/London\) went forward"):
        LONDON.instant_of("2026-03-29T01:30")
    with pytest.raises(SaidError, match="没有 2026-03-29 01:30 这一时刻"):
        Speech("zh", LONDON.zone, ZH.catalogue).instant_of("2026-03-29T01:30")


@pytest.mark.parametrize(
    "instant", ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z", "2026-10-25T02:30:00.000Z"]
)
def test_what_a_form_shows_of_that_night_comes_back_as_the_same_instant(instant: str) -> None:
    at_ms = parse_instant(instant)
    for shown in (LONDON.moment(at_ms), LONDON.typed_moment(at_ms)):
        assert LONDON.instant_of(shown) == instant
    assert LONDON.moment(parse_instant("2026-10-25T02:30:00.000Z")) == "2026-10-25 02:30"
    assert LONDON.moment(parse_instant("2026-10-25T01:30:00.000Z")) == "2026-10-25 01:30+00:00"


@pytest.mark.parametrize("typed", ["0001-01-01 00:00", "9999-12-31 23:59-12:00"])
def test_a_time_beyond_the_calendar_is_refused_like_any_other(typed: str) -> None:
    with pytest.raises(FormatError, match="expected a time such as"):
        EN.instant_of(typed)
