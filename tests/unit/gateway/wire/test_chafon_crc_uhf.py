"""Chafon readers: what a capture cannot show. Their frames are in tests/vectors/devices/chafon_crc_uhf."""

import pytest

from gateway.wire.chafon_crc_uhf import ChafonDecoder, command, inventory
from gateway.wire.items import Fault, Item, Noise, Status, TagRead
from gateway.wire.stream import KNOWN_BYTES

BAG = bytes.fromhex("1500010304010C49440000000000000A0003346425C0")
BAG_READ = TagRead("49440000000000000A000334", 3)


def answer(code: int, content: str) -> list[Item]:
    return ChafonDecoder().feed(command(code, bytes.fromhex(content), address=0))


def test_requests_end_in_the_crc_that_readers_use() -> None:
    assert command(0x01, bytes.fromhex("03010104003230386D"), address=0) == bytes.fromhex(
        "0D000103010104003230386DA3D2"
    )
    assert inventory(3)[3:-2] == bytes.fromhex("04000100000000820A")


def test_a_reader_tells_its_serial_number() -> None:
    assert answer(0x4C, "00" + "20260001") == [Status("device-id", "20260001")]
    assert answer(0x4C, "00" + "00000000") == [Status("answer", "get-serial-number 00000000")], "no number, no identity"
    assert answer(0x4C, "FE") == [Status("refused", "get-serial-number: status FE: unknown command")]


@pytest.mark.parametrize("place", range(len(BAG)))
def test_any_changed_byte_makes_noise_of_a_tag(place: int) -> None:
    changed = bytearray(BAG)
    changed[place] ^= 0x10
    decoder = ChafonDecoder()
    assert {type(item) for item in decoder.feed(bytes(changed)) + decoder.idle()} == {Noise}
    assert decoder.counters.discarded == len(BAG)


def test_only_the_last_frame_of_an_inventory_ends_the_round() -> None:
    (tag,) = answer(0x01, "0301" + "01" + "0C49440000000000000A000334" + "64")
    assert tag == TagRead("49440000000000000A000334", 1)
    (ended,) = answer(0x01, "010100")
    assert isinstance(ended, Status)
    assert ended.completes_round
    (cut,) = answer(0x01, "020100")
    assert isinstance(cut, Status)
    assert not cut.completes_round


def test_tags_that_do_not_come_out_even_are_no_tags() -> None:
    (item,) = answer(0x01, "03010249440000")
    assert isinstance(item, Status)


def test_an_antenna_error_is_an_illness_of_that_antenna() -> None:
    assert answer(0x01, "F80800") == [Fault("status F8: antenna error", 4)]


def test_a_cut_frame_does_not_swallow_the_good_one_behind_it() -> None:
    decoder = ChafonDecoder()
    assert decoder.feed(BAG[:9] + BAG) + decoder.idle() == [Noise(9, "crc"), BAG_READ]


def test_memory_is_bounded_whatever_is_seen() -> None:
    decoder = ChafonDecoder()
    for number in range(6000):
        decoder.feed(command(0x25, number.to_bytes(2, "big"), address=0))
    assert sum(map(len, decoder._known)) <= KNOWN_BYTES
    decoder.feed(b"\xff\xfe" * 1000)
    assert decoder.counters.pending <= 256


def test_a_number_of_an_odd_length_is_no_epc() -> None:
    decoder = ChafonDecoder()
    frame = command(0x01, bytes.fromhex("03010103" + "494400" + "64"), address=0)
    assert decoder.feed(frame) + decoder.idle() == [Noise(len(frame), "tags that do not add up")]


@pytest.mark.parametrize(
    "asked", ["", "0200", "0400", "04000206", "0400008001", "04000206008001", "040001002000008001"]
)
def test_what_a_host_may_ask_is_its_command(asked: str) -> None:
    (item,) = answer(0x01, asked)
    assert isinstance(item, Status)
    assert item.name != "round-finished"


def test_tags_of_a_frame_may_have_numbers_of_several_lengths() -> None:
    # As many bytes as three tags of the first one's length would have.
    lengths = {6: "494400000001", 4: "49440000", 8: "4944000000000003"}
    told = "".join(f"{size:02X}{number}64" for size, number in lengths.items())
    assert answer(0x01, "030103" + told) == [TagRead(number, 1) for number in lengths.values()]
