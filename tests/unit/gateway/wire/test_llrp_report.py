import struct
from datetime import UTC, datetime

from gateway.wire.items import TagRead
from gateway.wire.llrp_report import MAX_EPC_BYTES, ReportReader, claimed, form
from tests.support import llrp

EPC = "3000ABCDEF00000000000003"
HEADER_BYTES = 10


def report(epc: str, more: bytes = b"") -> bytes:
    return llrp.tag(epc, more=more)[HEADER_BYTES:]


def test_reports_of_several_lengths_in_one_message_are_all_read() -> None:
    message = llrp.message(61, report(EPC) + report("E2801160") + report(EPC))
    assert ReportReader().of_message(message) == [TagRead(epc, 1, -50.0) for epc in (EPC, "E2801160", EPC)]


def test_one_report_for_the_library_leaves_it_the_whole_message() -> None:
    chips_number = llrp.parameter(1023, struct.pack(">IIH", 25882, 55, 2) + bytes.fromhex("E2801160"))
    assert ReportReader().of_message(llrp.message(61, report(EPC) + report(EPC, chips_number))) == []


def test_the_chips_own_number_is_told_beside_the_epc() -> None:
    chips = ["E2801160600002051A2B3C4D", "E2801160600002051A2B3C4E"]
    told = [llrp.parameter(1023, struct.pack(">IIH", 25882, 55, 6) + bytes.fromhex(each)) for each in chips]
    message = llrp.message(61, b"".join(report(EPC, each) for each in told))
    assert ReportReader().of_message(message) == [TagRead(EPC, 1, -50.0, each) for each in chips]


def test_a_finer_strength_counts_before_the_coarse_one() -> None:
    finer = llrp.parameter(1023, struct.pack(">IIh", 25882, 57, -5750))
    assert ReportReader().of_message(llrp.message(61, report(EPC, finer))) == [TagRead(EPC, 1, -57.5)]


def test_an_epc_is_as_long_as_it_says_and_no_longer_than_a_tag_can_hold() -> None:
    longest = "AB" * MAX_EPC_BYTES
    assert ReportReader().of_message(llrp.message(61, report(longest))) == [TagRead(longest, 1, -50.0)]
    assert form(report(longest + "AB")) is None
    assert form(report("")) is None


def test_another_form_of_the_same_length_is_looked_at_anew() -> None:
    uptime, counted = b"\x85" + bytes(8), b"\x88" + bytes(2) + b"\x8c" + bytes(2) + b"\x8b" + bytes(2)
    reader = ReportReader()
    assert len(report(EPC, uptime)) == len(report(EPC, counted))
    for more in (uptime, counted, uptime):
        assert reader.of_message(llrp.message(61, report(EPC, more))) == [TagRead(EPC, 1, -50.0)]


def test_a_clock_that_was_never_set_claims_nothing() -> None:
    second = 1_000_000
    assert claimed(946_684_800 * second) == datetime(2000, 1, 1, tzinfo=UTC)
    assert claimed(946_684_800 * second - 1) is None
    assert claimed(253_402_300_800 * second) is None
