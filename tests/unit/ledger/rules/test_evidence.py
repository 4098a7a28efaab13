"""What may be kept as evidence of an assessment, and which readings are in it."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from ledger.core.errors import FormatError
from ledger.rules.evidence import MAX_OCTETS, MOST_FILES, EvidenceFile, read_evidence, suffix_of

CSV = b"time,celsius\n2026-03-02 08:00,4.1\n"
PDF = b"%PDF-1.7 of a logger"


def test_a_loggers_file_is_read_in_the_zone_of_the_site() -> None:
    (here,) = read_evidence("logger_file", CSV, zone=ZoneInfo("Asia/Shanghai"))
    (there,) = read_evidence("logger_file", CSV, zone=UTC)
    assert there.at_ms - here.at_ms == 8 * 3_600_000
    assert read_evidence("manual_readings", CSV, zone=UTC) == (there,)


def test_of_a_pdf_or_a_photograph_nothing_is_read() -> None:
    assert read_evidence("logger_file", PDF, zone=UTC) == ()
    assert read_evidence("manual_readings", b"\xff\xd8\xff\xe0 a photograph", zone=UTC) == ()


def test_what_is_said_to_be_a_loggers_file_and_is_none_is_refused_with_its_line() -> None:
    with pytest.raises(FormatError, match=r"line 3: celsius: .* came 'warm'"):
        read_evidence("logger_file", CSV + b"2026-03-02 08:05,warm\n", zone=UTC)
    assert read_evidence("manual_readings", CSV + b"2026-03-02 08:05,warm\n", zone=UTC) == ()


@pytest.mark.parametrize("octets", [0, MAX_OCTETS + 1])
def test_a_file_has_a_length_that_is_kept(octets: int) -> None:
    with pytest.raises(FormatError, match=f"expected a file of 1 to 1048576 bytes; got {octets}"):
        read_evidence("manual_readings", bytes(octets), zone=UTC)
    assert read_evidence("manual_readings", bytes(MAX_OCTETS), zone=UTC) == ()
    assert read_evidence("manual_readings", b"4", zone=UTC) == ()


def test_an_assessment_has_four_files_at_most() -> None:
    assert MOST_FILES == 4


def test_a_copy_is_named_after_what_can_be_told_of_it() -> None:
    readings = read_evidence("logger_file", CSV, zone=UTC)
    assert [suffix_of(PDF, ()), suffix_of(CSV, readings), suffix_of(b"<html>", ())] == ["pdf", "csv", "dat"]


def test_a_message_about_a_file_shows_none_of_it() -> None:
    assert "4.1" not in repr(EvidenceFile("logger_file", CSV))
