"""When a unit expires, with the dates that usually go wrong."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.core.errors import ConfigError
from ledger.rules.dating import expires_ms, is_expired, zone_of
from ledger.rules.pack import Dating

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * 1000


def local(instant_ms: int, zone: ZoneInfo = SHANGHAI) -> str:
    return datetime.fromtimestamp(instant_ms / 1000, tz=UTC).astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")


def life(ends: str, **length: int) -> Dating:
    return Dating(ends=ends, source="test", verified=True, **length)  # type: ignore[arg-type]  # the words are checked


@pytest.mark.parametrize(
    ("dating", "start", "expires"),
    [
        (life("end_of_day", days=35), "2026-01-07T08:20", "2026-02-11T23:59:00"),
        (life("end_of_day", days=5), "2028-02-25T23:58", "2028-03-01T23:59:00"),
        (life("end_of_day", days=5), "2026-02-25T00:01", "2026-03-02T23:59:00"),
        (life("end_of_day", years=1), "2026-03-02T08:20", "2027-03-02T23:59:00"),
        (life("end_of_day", years=1), "2028-02-29T08:20", "2029-02-28T23:59:00"),
        (life("end_of_day", years=4), "2028-02-29T08:20", "2032-02-29T23:59:00"),
        (life("end_of_day", years=10), "2028-02-29T08:20", "2038-02-28T23:59:00"),
        (life("end_of_day", years=1), "2028-01-15T08:20", "2029-01-15T23:59:00"),
        (life("end_of_day", years=1), "2027-02-28T08:20", "2028-02-28T23:59:00"),
        (life("end_of_day", years=1), "2027-12-31T08:20", "2028-12-31T23:59:00"),
        (life("end_of_day", hours=24), "2026-03-02T08:20", "2026-03-03T23:59:00"),
        (life("exact", hours=24), "2026-03-02T08:20:59", "2026-03-03T08:20:00"),
        (life("exact", days=5), "2026-03-02T08:20", "2026-03-07T08:20:00"),
        (life("exact", years=10), "2026-03-02T08:20", "2036-03-02T08:20:00"),
    ],
)
def test_a_life_ends(dating: Dating, start: str, expires: str) -> None:
    assert local(expires_ms(dating, start_ms=at(start), zone=SHANGHAI)) == expires


def test_the_day_is_the_facilitys_day() -> None:
    start = at("2026-03-02T07:59")  # still 1 March in UTC
    assert local(expires_ms(life("end_of_day", days=1), start_ms=start, zone=SHANGHAI)) == "2026-03-03T23:59:00"


def test_hours_are_elapsed_hours_when_the_clocks_change() -> None:
    start = at("2026-03-28T12:00", BERLIN)
    exact = expires_ms(life("exact", hours=24), start_ms=start, zone=BERLIN)
    assert exact - start == 24 * 3_600_000
    assert local(exact, BERLIN) == "2026-03-29T13:00:00"


def test_irradiation_only_ever_shortens_a_life() -> None:
    dating = life("end_of_day", days=42, irradiated_days=28)
    start = at("2026-01-01T09:00")
    early = expires_ms(dating, start_ms=start, zone=SHANGHAI, irradiated_ms=at("2026-01-03T10:00"))
    late = expires_ms(dating, start_ms=start, zone=SHANGHAI, irradiated_ms=at("2026-02-01T10:00"))
    assert (local(early), local(late)) == ("2026-01-31T23:59:00", "2026-02-12T23:59:00")


def test_irradiation_changes_nothing_where_the_pack_is_silent() -> None:
    start = at("2026-01-01T09:00")
    dating = life("end_of_day", days=42)
    assert expires_ms(dating, start_ms=start, zone=SHANGHAI, irradiated_ms=start) == expires_ms(
        dating, start_ms=start, zone=SHANGHAI
    )


def test_a_component_never_outlives_what_it_was_made_from() -> None:
    start, parent = at("2026-01-01T09:00"), at("2026-01-02T23:59")
    dating = life("end_of_day", days=5)
    assert expires_ms(dating, start_ms=start, zone=SHANGHAI, parents_expire_ms=(parent,)) == parent


def test_the_last_instant_may_still_be_used() -> None:
    assert [is_expired(1000, now_ms=now) for now in (999, 1000, 1001)] == [False, False, True]


@pytest.mark.parametrize("name", ["Asia/Fuzhouu", "", "../etc/passwd", "Asia", "A" * 300])
def test_an_unknown_zone_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match="expected an IANA time zone"):
        zone_of(name)


def test_a_known_zone_is_found() -> None:
    assert zone_of("Asia/Shanghai") == SHANGHAI
