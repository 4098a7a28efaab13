"""Tag reports of LLRP are read in two ways, the library's and a quick one: what both read, both read alike."""

import struct

from hypothesis import example, given
from hypothesis import strategies as st
from llrpkit.exceptions import LLRPError
from llrpkit.protocol import decode_message

from gateway.wire.items import TagRead
from gateway.wire.llrp import meaning
from gateway.wire.llrp_report import ReportReader
from tests.support import llrp

REPORT = 61
# What stands before the value of each parameter of a tag report, the value's bytes, in the order of the standard.
FIXED = {0x89: 4, 0x8E: 2, 0x8A: 2, 0x81: 2, 0x86: 1, 0x87: 2, 0x82: 8, 0x83: 8, 0x84: 8, 0x85: 8, 0x88: 2, 0x8C: 2}
USUAL = [*((bytes((kind,)), size) for kind, size in FIXED.items()), (b"\x8b", 2), (b"\x90", 4)]
IMPINJ = [(struct.pack(">HHII", 1023, 14, 25882, kind), 2) for kind in (56, 57, 68)]
TID = struct.pack(">HHIIH", 1023, 26, 25882, 55, 6), 12
TOLD = [*USUAL, TID, *IMPINJ]
# Instants that a reader may claim, and others; of a shorter value the first bytes.
INSTANTS = st.integers(946_684_799_000_000, 1_900_000_000_000_000).map(struct.Struct(">Q").pack)
CONTENT = st.one_of(INSTANTS, st.binary(min_size=8, max_size=8))


@st.composite
def parameters(draw: st.DrawFn) -> list[bytes]:
    """Some of the parameters, in their order: told as most readers do."""
    chosen = draw(st.lists(st.sampled_from(range(len(TOLD))), max_size=8, unique=True).map(sorted))
    return [before + (draw(CONTENT) * 2)[:size] for before, size in (TOLD[each] for each in chosen)]


@st.composite
def reports(draw: st.DrawFn) -> bytes:
    """A report, and sometimes one that has a parameter twice, in another place, or one that is a stranger's."""
    told = draw(parameters())
    if draw(st.booleans()):
        told = draw(st.permutations(told + draw(parameters())))
    size = draw(st.sampled_from([12, 12, 1, 8, 16, 62, 64]))
    number = draw(st.binary(min_size=size, max_size=size))
    bits = draw(st.sampled_from([8 * size, 8 * size, 8 * size - 3]))
    epc = b"\x8d" + number if size == 12 else llrp.parameter(241, struct.pack(">H", bits) + number)
    stranger = llrp.parameter(300, b"\x01") if draw(st.integers(0, 9)) == 0 else b""
    return llrp.parameter(240, epc + b"".join(told) + stranger)


@given(
    st.lists(reports(), min_size=1, max_size=3),
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=2),
)
@example([llrp.parameter(240, b"\x8d" + bytes(12))], 1, [])
def test_a_report_is_what_the_library_says(told: list[bytes], times: int, spoilt: list[tuple[int, int]]) -> None:
    message = bytearray(llrp.message(REPORT, b"".join(told * times)))
    for place, octet in spoilt:
        message[10 + place % (len(message) - 10)] = octet
    reader = ReportReader()
    for _ in "once", "again, by the forms that it remembers":
        read = reader.of_message(bytes(message))
        if read:
            assert read == meaning(decode_message(bytes(message)), REPORT)


@given(parameters(), st.lists(CONTENT, min_size=2, max_size=4))
def test_what_readers_usually_send_needs_no_library(told: list[bytes], numbers: list[bytes]) -> None:
    content = [llrp.parameter(240, b"\x8d" + number + b"\0\0\0\0" + b"".join(told)) for number in numbers]
    read = ReportReader().of_message(llrp.message(REPORT, b"".join(content)))
    assert [item.epc for item in read if isinstance(item, TagRead)] == [
        f"{number.hex().upper()}00000000" for number in numbers
    ]


@given(st.binary(max_size=80))
def test_what_is_no_report_is_told_as_none(content: bytes) -> None:
    message = llrp.message(REPORT, content)
    if ReportReader().of_message(message):
        try:
            decode_message(message)
        except LLRPError as error:
            raise AssertionError(content.hex()) from error
