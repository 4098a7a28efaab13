"""Loggers' files as they come: from spreadsheets, from other countries, with holes and slips."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ledger.core.errors import FormatError
from ledger.rules.logger_file import centi_degrees, parse_logger_file

EIGHT = int(datetime(2026, 3, 2, 8, tzinfo=UTC).timestamp()) * 1000
MINUTE = 60_000


def read(text: str, zone: str | None = None) -> list[tuple[int, str]]:
    """(minutes after eight, temperature)."""
    found = parse_logger_file(text.encode(), zone=None if zone is None else ZoneInfo(zone))
    return [((each.at_ms - EIGHT) // MINUTE, str(each.celsius)) for each in found]


PLAIN = [(0, "4.0"), (10, "4.5")]


@pytest.mark.parametrize(
    "text",
    [
        "time,celsius\n2026-03-02T08:00:00Z,4.0\n2026-03-02T08:10:00Z,4.5\n",
        "\ufefftime,celsius\r\n2026-03-02T08:00:00Z,4.0\r\n2026-03-02T08:10:00Z,4.5",
        "Time,CELSIUS\r2026-03-02 08:00,4.0\r2026-03-02 08:10,4.5\r",
        "time;celsius\n2026-03-02T08:00:00Z;4,0\n2026-03-02T08:10:00Z;4,5\n",
        "time\tcelsius\n2026/3/2 8:00:00\t4.0 °C\n2026/3/2 8:10:00\t4.5℃\n",
        'time,celsius\n"2026-03-02T08:00:00Z","4,0"\n"2026-03-02T08:10:00Z","4,5"\n',
        "probe,celsius,note,time\n1,4.0,,2026-03-02T08:00:00Z\n1,4.5,door,2026-03-02T08:10:00Z\n",
        "time,celsius\n\n2026-03-02T08:10:00Z,4.5\n,\n2026-03-02T08:00:00Z,+4.0\n",
        "time,celsius\n2026-03-02T08:00:00Z,4.0\n2026-03-02T08:10:00Z,4.5\n2026-03-02T08:00:00Z,4.0\n",
        "time,celsius\n2026-03-02T16:00:00+08:00,4.0\n2026-03-02T03:10:00.000-0500,4.5\n",
        "time,celsius\n2026-03-02T16:00+08,4.0\n2026-03-02T05:10-03,4.5\n",
        "time,celsius\n2026-03-02T08:00:00Z,4.0,\n2026-03-02T08:10:00z, 4.5 ,,\n",
    ],
)
def test_a_file_is_read_however_it_was_saved(text: str) -> None:
    assert read(text) == PLAIN


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_file_with_a_byte_order_mark(encoding: str) -> None:
    octets = "time,celsius\n2026-03-02T08:00:00Z,\N{MINUS SIGN}18.25\n".encode(encoding)
    assert [each.celsius for each in parse_logger_file(octets)] == [Decimal("-18.25")]


def test_local_times_are_read_in_the_zone_that_is_given() -> None:
    text = "time,celsius\n2026-03-02 16:00,4.0\n2026-03-02T08:10:00Z,4.5\n"
    assert read(text, "Asia/Shanghai") == PLAIN


@pytest.mark.parametrize(
    ("zone", "moment", "often"),
    [
        ("Europe/London", "2026-10-25 01:00", "twice (write it with +01:00 or +00:00)"),
        ("Europe/London", "2026-10-25 01:59:59.999", "twice (write it with +01:00 or +00:00)"),
        ("Europe/Berlin", "2026-10-25 02:30", "twice (write it with +02:00 or +01:00)"),
        ("Europe/Berlin", "2026-03-29 02:00", "never"),
        ("America/New_York", "2026-03-08 02:30", "never"),
    ],
)
def test_a_time_that_the_clocks_showed_twice_or_never_is_refused_with_its_line(
    zone: str, moment: str, often: str
) -> None:
    with pytest.raises(FormatError) as refused:
        read(f"time,celsius\n2026-03-02 08:00,4.0\n{moment},9.0\n", zone)
    told = str(refused.value)
    assert told.startswith(f"line 3: time: the clocks of {zone} were changed and showed {moment}")
    assert told.endswith(f" {often}: expected times with their own zone")
    assert read("time,celsius\n2026-10-25T01:30+01:00,4.0\n", "Europe/London")


def test_on_the_days_of_the_change_every_other_time_is_read() -> None:
    autumn = "time,celsius\n2026-10-25 00:59,4.0\n2026-10-25 02:00,4.5\n"
    spring = "time,celsius\n2026-03-29 00:59,4.0\n2026-03-29 02:00,4.5\n"
    apart = [late - early for [(early, _), (late, _)] in (read(autumn, "Europe/London"), read(spring, "Europe/London"))]
    assert apart == [121, 1]


def test_times_with_and_without_a_zone_are_not_mixed_silently() -> None:
    with pytest.raises(FormatError, match="some times name a time zone and others none"):
        read("time,celsius\n2026-03-02 16:00,4.0\n2026-03-02T08:10:00Z,4.5\n")


def test_two_readings_of_one_instant_are_both_kept() -> None:
    text = "time,celsius\n2026-03-02T08:00:00Z,4.0\n2026-03-02T08:00:00Z,9.0\n"
    assert read(text) == [(0, "4.0"), (0, "9.0")]


def test_milliseconds_count() -> None:
    [reading] = parse_logger_file(b"time,celsius\n2026-03-02T08:00:00.1239Z,4\n")
    assert reading.at_ms == EIGHT + 123


def test_a_time_without_seconds_is_the_full_minute_and_a_whole_degree_is_whole() -> None:
    [reading] = parse_logger_file(b"time,celsius\n2026-03-02T13:30+05:30,4\n")
    assert (reading.at_ms, reading.celsius) == (EIGHT, Decimal(4))
    assert read("time,celsius\n2026-03-02T04:30-0330,4.0\n") == [(0, "4.0")]


def test_the_widest_zone_is_read() -> None:
    [east] = parse_logger_file(b"time,celsius\n2026-03-03T07:59+23:59,4\n")
    [west] = parse_logger_file(b"time,celsius\n2026-03-01T08:01-2359,4\n")
    assert (east.at_ms, west.at_ms) == (EIGHT, EIGHT)


@pytest.mark.parametrize("celsius", ["-273.15", "200"])
def test_the_coldest_and_the_hottest_are_taken(celsius: str) -> None:
    [reading] = parse_logger_file(f"time,celsius\n2026-03-02T08:00:00Z,{celsius}\n".encode())
    assert reading.celsius == Decimal(celsius)


def test_a_file_of_a_header_alone_has_no_readings() -> None:
    assert read("time,celsius\n") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty; expected a first line with the columns time and celsius"),
        ("\n \n", "the file is empty"),
        ("2026-03-02T08:00:00Z,4.0\n", "line 1: expected the columns time and celsius, each once, or as loggers name"),
        ("\ntime,humidity\n", "line 2: expected the columns time and celsius, each once"),
        ("\ntime,humidity\n", "; came time, humidity"),
        ("date,time,celsius\n2026-03-02,,4\n", "line 2: time: expected one such as 2026-03-02T08:00:00Z, came '2026-"),
        ("date,time,celsius\n2026/3-2,08:00,4\n", "such as 2026-03-02T08:00:00Z, came '2026/3-2 08:00'"),
        ("time,temp\n2026-03-02T08:00:00Z,4.5\n", "celsius: expected the unit, as in 4.5 °C, or in the column's name"),
        ("time,temp\n2026-03-02T08:00:00Z,40.1 °F\n", "celsius: expected a number such as 4.25, came '40.1 °F'"),
        ("time,Temp (°F)\n2026-03-02T08:00:00Z,40.1\n", "line 1: expected degrees Celsius; the column Temp (°F) is in"),
        ("time,celsius,celsius\n", "each once"),
        ("time,celsius\n2026-03-02T08:00:00Z\n", "line 2: expected 2 values, as in the first line, came 1"),
        ("time,celsius\n2026-03-02T08:00:00Z,4,5\n", "line 2: expected 2 values, as in the first line, came 3"),
        ("time,celsius\n2026-03-02T08:00:00Z,\n", "line 2: celsius: expected a number such as 4.25, came ''"),
        ("time,celsius\n2026-03-02T08:00:00Z,nan\n", "line 2: celsius: expected a number such as 4.25, came 'nan'"),
        ("time,celsius\n2026-03-02T08:00:00Z,1e3\n", "came '1e3'"),
        ("time,celsius\n2026-03-02T08:00:00Z,-273.16\n", "celsius: expected -273.15 to 200, came -273.16"),
        ("time,celsius\n2026-03-02T08:00:00Z,200.01\n", "celsius: expected -273.15 to 200, came 200.01"),
        ("time,celsius\n2026-03-02,4.0\n", "time: expected one such as 2026-03-02T08:00:00Z, came '2026-03-02'"),
        ("time,celsius\n02.03.2026 08:00,4.0\n", "line 2: time: expected one such as"),
        ("time,celsius\n2026-02-30 08:00,4.0\n", "time: day is out of range for month, came '2026-02-30 08:00'"),
        ("time,celsius\n2026-03-02 08:00+24:00,4.0\n", "line 2: time: expected a zone of up to 23 hours and 59 min"),
        ("time,celsius\n2026-03-02 08:00+08:60,4.0\n", "line 2: time: expected a zone of up to 23 hours and 59 min"),
        ("time,celsius\n2026-03-02 08:00+08:75,4.0\n", "line 2: time: expected a zone of up to 23 hours and 59 min"),
        ("time,celsius\nx,4\ny,4\n2026-03-02 08:00,4\nz,4\nu,4\nv,4\nw,4\n", "and 1 more rows"),
        ("time,celsius\n" + "x" * 200_000 + ",4\n", "line 2: expected comma-separated values; field larger than"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_line(text: str, says: str) -> None:
    with pytest.raises(FormatError) as refused:
        read(text)
    assert says in str(refused.value)


def test_six_bad_rows_are_named_up_to_the_fifth() -> None:
    with pytest.raises(FormatError) as refused:
        read("time,celsius\n" + "x,4\n" * 5)
    assert str(refused.value).count("line ") == 5
    assert "more rows" not in str(refused.value)
    with pytest.raises(FormatError, match="; and 8 more rows"):
        read("time,celsius\n" + "x,4\n" * 13)


@pytest.mark.parametrize(
    "text",
    [
        "时间,温度(℃)\n2026-03-02 08:00:00,4.0\n2026-03-02 08:10:00,4.5\n",
        "序号,日期时间,温度（℃）,湿度（%RH）\n1,2026/3/2 8:00,4.0,55\n2,2026/3/2 8:10,4.5,54\n",
        "日期;时间;温度\n2026-03-02;08:00;4,0\n2026-03-02;08:10:00;4,5\n",
        "日期\t时间\t温度值\n2026年3月2日\t8:00\t4.0℃\n2026年03月02日\t08:10\t4.5\n",
        "记录时间,温度\n2026年3月2日08:00,4.0\n2026年3月2日 08:10,4.5\n",
        "sep=;\n时间;温度(℃)\n2026-03-02 08:00;4,0\n2026-03-02 08:10;4,5\n",
        "日期,时间,温度\n2026-03-01,2026-03-02 08:00,4.0\n2026-03-01,2026-03-02 08:10,4.5\n",
        "Date/Time,Temp\n2026-03-02 08:00,4.0 C\n2026-03-02 08:10,4.5 °C\n",
        "Date,Time,Temperature_C\n2026-03-02,08:00Z,4.0\n2026-03-02,08:10Z,4.5\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_file_of_a_chinese_logger_however_its_columns_are_called(text: str, encoding: str) -> None:
    found = parse_logger_file(text.encode(encoding))
    assert [((each.at_ms - EIGHT) // MINUTE, str(each.celsius)) for each in found] == PLAIN


def test_columns_that_are_not_understood_say_how_they_were_read() -> None:
    with pytest.raises(FormatError, match=r"line 1: .*; came 时间, 湿度 \(read as GB18030, for it is not UTF-8\)$"):
        parse_logger_file("时间,湿度\n".encode("gb18030"))
    with pytest.raises(FormatError, match=r"line 1: .*; came 时间, 湿度$"):
        parse_logger_file("时间,湿度\n".encode())


def test_a_degree_sign_of_western_europe_is_not_taken_for_anything() -> None:
    with pytest.raises(FormatError, match=r"line 1: expected the columns .* \(read as GB18030"):
        parse_logger_file("time,Temp (°C)\n2026-03-02T08:00:00Z,4\n".encode("latin-1"))


@pytest.mark.parametrize(
    ("celsius", "centi"),
    [
        ("6.00", 600), ("6.004", 601), ("5.996", 600), ("2.00", 200), ("1.996", 199), ("2.004", 200), ("4", 400),
    ],
)  # fmt: skip
def test_what_is_beyond_a_limit_by_less_than_a_hundredth_stays_beyond_it(celsius: str, centi: int) -> None:
    assert centi_degrees(Decimal(celsius), 200, 600) == centi


def test_without_limits_a_temperature_is_rounded() -> None:
    assert centi_degrees(Decimal("-18.006"), None, None) == -1801
