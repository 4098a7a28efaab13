"""The memory of a tag on a bag: what is read from it, what is not, and what may be written."""

from pathlib import Path

import pytest

from ledger.core import isbt128, tagmemory
from ledger.core.errors import ConfigError, FormatError
from ledger.core.tagmemory import Layout, TagMemory, Unreadable
from tests.support.golden_tagmemory import MESSAGE, memory

FOLDER = Path(__file__).parents[3] / "vectors" / "format" / "tag-memory"
ALL_BLOCKS = range(28)
SAYS = {
    "blank_zeros": "112 bytes that are blank",
    "blank_ones": "112 bytes that are blank",
    "bytes_one-block-short": "expected 112 bytes of tag memory (28 blocks of 4), came 108",
    "printable_after-the-filler": "came 00 at byte 51",
    "message_cut-short": "the scan was cut short",
    "header_none": "without its header =+",
    "person_donor": "nothing that names a person",
    "donation_none": "a message without one",
}


def golden(name: str) -> bytes:
    return bytes.fromhex((FOLDER / f"{name}.hex").read_text("ascii"))


@pytest.mark.parametrize("name", ["good", "good_long-division"])
def test_a_golden_memory_is_read_and_written_back(name: str) -> None:
    read = tagmemory.parse(golden(name))
    assert read.crc == "holds"
    assert tagmemory.format_memory(read.message) == golden(name)


def test_a_memory_says_what_the_label_says() -> None:
    read = tagmemory.parse(golden("good"))
    assert read.message == isbt128.parse(MESSAGE.decode())
    assert (str(read.message.din), read.message.product) == ("A999926123456", "E0382V00")
    assert tagmemory.parse(golden("good_long-division")).message.product == "E0382V0A0B0C"


def test_every_file_is_told_here() -> None:
    told = {*SAYS, "good", "good_long-division", "crc_one-bit"}
    assert {path.stem for path in FOLDER.iterdir()} == told


@pytest.mark.parametrize(("name", "says"), SAYS.items(), ids=SAYS)
def test_what_cannot_be_read_says_what_was_expected(name: str, says: str) -> None:
    with pytest.raises(FormatError) as refused:
        tagmemory.parse(golden(name))
    assert says in str(refused.value)
    assert tagmemory.examine(golden(name)) == Unreadable(str(refused.value), name.startswith("blank"))


def test_one_wrong_bit_in_a_message_that_still_reads_is_seen_by_its_crc() -> None:
    read = tagmemory.parse(golden("crc_one-bit"))
    assert read.message.format().endswith("2358")
    assert read.crc == "differs"


def test_a_message_that_does_not_read_and_has_a_wrong_crc_says_both() -> None:
    damaged = b"\x07" + golden("good")[1:]
    with pytest.raises(FormatError, match=r"CRC of the tag's memory does not fit: read again\. .*came 07 at byte 0"):
        tagmemory.parse(damaged)


def test_what_names_a_person_is_neither_written_nor_told() -> None:
    donor = isbt128.parse("=+02000=A99992612345600=;A99990000000000000123")
    for act in (lambda: tagmemory.format_memory(donor), lambda: tagmemory.parse(golden("person_donor"))):
        with pytest.raises(FormatError, match="names a person") as refused:
            act()
        assert "0123" not in str(refused.value)


@pytest.mark.parametrize(
    ("locked", "protection"),
    [((), "unlocked"), ((3, 0, 3), "partly-locked"), (ALL_BLOCKS, "locked"), (ALL_BLOCKS[:-1], "partly-locked")],
)
def test_a_memory_of_which_any_block_is_open_is_not_locked(locked: tuple[int, ...], protection: str) -> None:
    read = tagmemory.parse(golden("good"), locked=locked)
    assert (read.locked, read.protection) == (tuple(sorted(set(locked))), protection)


def test_a_reader_that_was_not_asked_for_locks_says_nothing_of_them() -> None:
    read = tagmemory.parse(golden("good"))
    assert (read.locked, read.protection) == (None, "unknown")


@pytest.mark.parametrize("block", [-1, 28])
def test_a_locked_block_that_the_memory_has_not_is_refused(block: int) -> None:
    with pytest.raises(FormatError, match="expected locked blocks from 0 to 27"):
        tagmemory.parse(golden("good"), locked=[5, block])


@pytest.mark.parametrize(
    ("layout", "octets"),
    [
        (Layout(crc="none"), MESSAGE.ljust(112, b"\x00")),
        (Layout(filler=0xFF), memory(MESSAGE, filler=b"\xff")),
        (Layout(crc="high-byte-first"), memory(MESSAGE)[:-2] + memory(MESSAGE)[:-3:-1]),
        (Layout(blocks=8, block_bytes=8), memory(MESSAGE, room=62)),
    ],
    ids=["no CRC", "FF", "CRC the other way round", "8 blocks of 8"],
)
def test_a_site_may_write_its_tags_another_way(layout: Layout, octets: bytes) -> None:
    read = tagmemory.parse(octets, layout)
    assert (read.message.format().encode(), read.crc) == (MESSAGE, "absent" if layout.crc == "none" else "holds")
    assert tagmemory.format_memory(read.message, layout) == octets


def test_a_layout_without_a_crc_sees_no_wrong_bit() -> None:
    layout = Layout(crc="none")
    assert tagmemory.parse(MESSAGE.replace(b"2359", b"2358").ljust(112, b"\x00"), layout).crc == "absent"


def test_a_message_that_does_not_fit_is_not_written() -> None:
    message = isbt128.parse(MESSAGE.decode())
    exactly = Layout(blocks=53, block_bytes=1)
    assert tagmemory.format_memory(message, exactly) == memory(MESSAGE, room=51)
    with pytest.raises(FormatError, match="at most 50 characters, came 51"):
        tagmemory.format_memory(message, Layout(blocks=13))


@pytest.mark.parametrize("text", ["=A99992612345600=%5100", "=+01000=%5100"])
def test_what_would_not_be_read_is_not_written(text: str) -> None:
    with pytest.raises(FormatError):
        tagmemory.format_memory(isbt128.parse(text))


def test_a_label_that_was_put_together_wrongly_is_not_written() -> None:
    message = isbt128.parse(MESSAGE.decode())
    with pytest.raises(FormatError):
        tagmemory.format_memory(isbt128.Label(message.structures, 3))


def test_the_crc_is_that_of_the_standard() -> None:
    assert tagmemory.crc16_x25(b"123456789") == 0x906E


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"blocks": 0}, "blocks: expected 1 to 256; got 0"),
        ({"block_bytes": 33}, "block_bytes: expected 1 to 32; got 33"),
        ({"filler": 0x20}, "filler: expected 0 or 255"),
        ({"crc": "crc32"}, "crc: expected low-byte-first"),
        ({"blocks": 2, "block_bytes": 1}, "room for more than a CRC"),
        ({"afi": 256}, "afi: expected 0 to 255; got 256"),
        ({"dsfid": -1}, "dsfid: expected 0 to 255; got -1"),
    ],
)
def test_a_layout_that_cannot_be_names_its_setting(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Layout(**wrong)  # type: ignore[arg-type]
    assert says in str(refused.value)


def test_afi_and_dsfid_are_compared_only_where_the_site_names_them() -> None:
    site = Layout(afi=0x50, dsfid=0x01)
    assert site.differences(afi=0x50, dsfid=0x01) == ()
    assert site.differences(afi=0x00, dsfid=0x02) == ("expected AFI 50, came 00", "expected DSFID 01, came 02")
    assert site.differences(afi=None, dsfid=None) == ()
    assert tagmemory.DEFAULT_LAYOUT.differences(afi=0xC2, dsfid=0x3E) == ()


def test_examining_a_good_memory_is_reading_it() -> None:
    read = tagmemory.examine(golden("good"), locked=[1])
    assert isinstance(read, TagMemory)
    assert read == tagmemory.parse(golden("good"), locked=[1])
