from datetime import date, datetime, time
from pathlib import Path

import pytest

from gateway.loggers.fridge_tag import Alarm, Day, Extreme, LoggerFileError, parse

CONTENT = (Path(__file__).parents[3] / "vectors" / "loggers" / "fridge-tag-2.txt").read_bytes()


def changed(before: str, after: str) -> bytes:
    assert before.encode() in CONTENT
    return CONTENT.replace(before.encode(), after.encode(), 1)


def test_days_come_from_the_oldest_on_with_extremes_alarms_and_silence() -> None:
    file = parse(CONTENT)
    assert (file.serial, file.created) == ("130400141244", datetime(2022, 3, 28, 7, 26))  # noqa: DTZ001 - local
    assert [day.date.day for day in file.days] == [26, 27, 28]
    assert file.days[1] == Day(
        date(2022, 3, 27),
        Extreme(290, time(6, 2)),
        Extreme(1180, time(17, 13)),
        Alarm(-50, 0, None),
        Alarm(830, 615, time(19, 20)),
        4,
    )


def test_fahrenheit_is_converted() -> None:
    day = parse(changed("Temp unit: C", "Temp unit: F")).days[0]
    assert day.highest is not None
    assert day.highest.centi_celsius == -1594


def test_windows_line_ends_and_a_byte_order_mark_are_text_too() -> None:
    assert parse(b"\xef\xbb\xbf" + CONTENT.replace(b"\n", b"\r\n")) == parse(CONTENT)


def test_day_without_a_measurement_has_no_extremes() -> None:
    day = parse(changed("Min T: +2.3, TS Min T: 16:57", "Min T: --, TS Min T: --")).days[0]
    assert (day.lowest, day.highest is None) == (None, False)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("Device: Q-tag Fridge-tag 2", "Device: LogTag", "expected the file of a Fridge-tag 2; got 'LogTag'"),
        ("Sig: C7", "Sig: ZZ", "Sig: expected the maker's signature in hex"),
        ("\nSig: ", "\nSig2: ", "Sig: expected the maker's signature in hex"),
        (" Sig Cert: A1", " Sig Cert: A", "Sig Cert: expected the maker's signature"),
        ("Serial: 130400141244", "Serial: x", r"Conf\.Serial: expected digits"),
        ("Temp unit: C", "Temp unit: K", r"Conf\.Temp unit: expected C or F"),
        ("Hist:", "History:", "expected 'Hist' below; an unknown layout"),
        ("Min T: +2.9", "Min T: cold", r"line \d+: expected a temperature such as \+3\.2; got 'cold'"),
        ("TS Max T: 17:13", "TS Max T: 27:13", r"line \d+: expected a time such as"),
        ("Date: 2022-03-26", "Date: 2022-02-30", r"line \d+: expected a date such as"),
        ("Date: 2022-03-26", "Date: 2022-03-27", "days, each once"),
        ("t Acc: 615", "t Acc: many", r"line \d+: expected minutes"),
        ("Min T: +2.9", "Min T: +12.9", "expected Min T below Max T on 2022-03-27"),
        ("  Avrg T: +5.2", "  what is this", r"line \d+: expected `key: value`"),
        ("   t AccST: 4", "   t Acc: 4", "expected 't AccST' below"),
    ],
)
def test_file_that_is_not_as_it_should_be_is_refused_with_its_reason(before: str, after: str, told: str) -> None:
    with pytest.raises(LoggerFileError, match=told):
        parse(changed(before, after))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x" * (1024 * 1024 + 1), b": : :", b" a: 1\n"])
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(LoggerFileError):
        parse(content)
