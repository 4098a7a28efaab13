"""Tag memories over all messages and all bytes: inverse, and nothing but a `FormatError` ever comes out."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.core import isbt128, tagmemory
from ledger.core.errors import FormatError
from ledger.core.tagmemory import Layout
from tests.support.golden_tagmemory import memory

dins = st.from_regex(r"=[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{10}00", fullmatch=True)
others = st.one_of(
    st.from_regex(r"=%[0-9A-Za-z]{2}[0-9A-Z]{2}", fullmatch=True),
    st.from_regex(r"=<[A-Z][0-9A-Z]{4}[0-9A-Za-z]{3}", fullmatch=True),
    st.from_regex(r"=,[0-9A-Z]{6}", fullmatch=True),
    st.from_regex(r"&>0[0-9]{2}[12][0-9]{2}2359", fullmatch=True),
    st.text("AB 12-", min_size=10, max_size=10).map(lambda lot: f"&){lot}"),
)
messages = st.tuples(dins, st.lists(others, max_size=5)).map(
    lambda parts: isbt128.parse(f"=+{len(parts[1]) + 1:02d}000{parts[0]}{''.join(parts[1])}")
)
layouts = st.builds(
    Layout,
    blocks=st.integers(12, 80),
    block_bytes=st.integers(2, 8),
    filler=st.sampled_from([0x00, 0xFF]),
    crc=st.sampled_from(["low-byte-first", "high-byte-first", "none"]),
)


@given(messages, layouts, st.sets(st.integers(0, 11)))
def test_what_fits_is_read_back(message: isbt128.Label, layout: Layout, locked: set[int]) -> None:
    try:
        octets = tagmemory.format_memory(message, layout)
    except FormatError:
        assert len(message.format()) > layout.message_bytes
        return
    read = tagmemory.parse(octets, layout, locked=list(locked))
    assert len(octets) == layout.memory_bytes
    assert (read.message, read.locked) == (message, tuple(sorted(locked)))
    assert read.crc == ("absent" if layout.crc == "none" else "holds")


def spoilt(message: isbt128.Label, place: int, wrong: bytes) -> bytes:
    text = message.format().encode()
    return memory((text[:place] + wrong + text[place:])[:110])


almost = st.builds(
    spoilt, messages, st.integers(0, 60), st.binary(max_size=6) | st.sampled_from([b"=", b"&;", b"=+02"])
)


@given(st.binary(max_size=120) | almost, st.lists(st.integers(-3, 40), max_size=3))
def test_any_bytes_are_a_memory_or_a_format_error(octets: bytes, locked: list[int]) -> None:
    try:
        read = tagmemory.parse(octets, locked=locked)
    except FormatError:
        return
    assert (read.crc, tagmemory.format_memory(read.message)) == ("holds", octets)


@given(messages, st.integers(0, 111), st.integers(1, 255))
def test_one_wrong_byte_is_always_seen(message: isbt128.Label, place: int, wrong: int) -> None:
    if len(message.format()) > tagmemory.DEFAULT_LAYOUT.message_bytes:
        return
    octets = bytearray(tagmemory.format_memory(message))
    octets[place] ^= wrong
    try:
        read = tagmemory.parse(bytes(octets))
    except FormatError:
        return
    assert read.crc == "differs"
