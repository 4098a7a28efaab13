from binascii import crc_hqx
from itertools import pairwise

import pytest

from gateway.wire.items import NO_TAG, Fault, Noise, Status, TagRead
from gateway.wire.m100_uhf import AADD, BB7E, M100Decoder
from gateway.wire.stream import KNOWN_BYTES

BAG = bytes.fromhex("BB02220011C43000E200001D7315016521408FC6B83EC27E")
BAG_READ = TagRead("E200001D7315016521408FC6", 1, -60.0)
OTHER_FRAMING = bytes.fromhex("AA02220011BC3000E28069150000501D63E2784FB0B7E1DD")


def with_checksum(frame: bytes) -> bytes:
    return frame[:-2] + bytes((sum(frame[1:-2]) & 0xFF, frame[-1]))


def test_requests_are_the_vendor_sheets_frames() -> None:
    assert BB7E.module_info() == bytes.fromhex("BB0003000100047E")
    assert BB7E.multi_poll(10000) == bytes.fromhex("BB00270003222710837E")
    assert BB7E.single_poll() == bytes.fromhex("BB00220000227E")
    assert BB7E.stop() == bytes.fromhex("BB00280000287E")
    assert AADD.stop() == bytes.fromhex("AA0028000028DD")


def test_extended_control_word_is_no_part_of_the_number_however_many_frames_come_at_once() -> None:
    extended = bytes.fromhex("C43A006012E200001D7315016521408FC6")
    crc = (crc_hqx(extended[1:], 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")
    frame = with_checksum(bytes.fromhex("BB02220013") + extended + crc + b"\x00\x7e")
    assert M100Decoder().feed(frame * 64) == [BAG_READ] * 64


def test_ghost_tag_whose_own_crc_fails_is_noise() -> None:
    ghost = with_checksum(BAG.replace(b"\xe2\x00\x00\x1d", b"\xe2\x00\x00\x1c"))
    decoder = M100Decoder()
    assert decoder.feed(ghost + BAG) == [Noise(len(ghost), "tag crc"), BAG_READ]
    assert decoder.counters.discarded == len(ghost)


def test_tag_whose_pc_disagrees_with_its_length_is_noise() -> None:
    short = with_checksum(BAG.replace(b"\xc4\x30\x00", b"\xc4\x28\x00"))
    assert M100Decoder().feed(short + BAG) == [Noise(len(short), "tag length"), BAG_READ]


def test_empty_shelf_is_a_completed_round_and_not_a_fault() -> None:
    (said,) = M100Decoder().feed(bytes.fromhex("BB01FF000115167E"))
    assert said == Status(NO_TAG)
    assert isinstance(said, Status)
    assert said.completes_round


def test_no_free_channel_is_an_illness() -> None:
    (said,) = M100Decoder().feed(bytes.fromhex("BB01FF000120217E"))
    assert isinstance(said, Fault)


def test_refusal_of_a_command_is_told() -> None:
    assert M100Decoder().feed(bytes.fromhex("BB01FF000117187E")) == [Status("refused", "error 17: bad command")]


def test_module_information_is_text() -> None:
    answer = with_checksum(b"\xbb\x01\x03\x00\x07\x00M100 V1"[:4] + b"\x08\x00M100 V1" + b"\x00\x7e")
    assert M100Decoder().feed(answer) == [Status("module-info", "M100 V1")]


def test_first_good_frame_decides_the_ports_framing() -> None:
    decoder = M100Decoder()
    assert decoder.feed(BAG) == [BAG_READ]
    assert decoder.framing == BB7E
    assert decoder.feed(OTHER_FRAMING) + decoder.idle() == [Noise(len(OTHER_FRAMING), "outside any frame")]


def test_framing_is_learnt_again_after_much_noise() -> None:
    decoder = M100Decoder()
    decoder.feed(BAG)
    decoder.feed(OTHER_FRAMING * 11)
    decoder.feed(OTHER_FRAMING)
    assert decoder.framing == AADD


def test_frame_that_claims_too_much_costs_one_byte() -> None:
    decoder = M100Decoder()
    assert decoder.feed(bytes.fromhex("BB02220089") + BAG) == [Noise(5, "frame length"), BAG_READ]


def test_good_frame_inside_an_unfinished_one_is_found_when_the_line_falls_silent() -> None:
    decoder = M100Decoder()
    assert decoder.feed(bytes.fromhex("BB02220040") + BAG) == []
    assert decoder.idle() == [Noise(5, "unfinished frame"), BAG_READ]
    assert decoder.counters.pending == 0


@pytest.mark.parametrize("place", range(len(BAG)))
def test_any_changed_byte_makes_noise_of_a_tag(place: int) -> None:
    changed = bytearray(BAG)
    changed[place] ^= 0x10
    decoder = M100Decoder()
    items = decoder.feed(bytes(changed)) + decoder.idle()
    assert [type(item) for item in items] == [Noise]
    assert decoder.counters.discarded == len(BAG)


def test_memory_is_bounded_whatever_is_seen() -> None:
    decoder = M100Decoder()
    for low, high in pairwise(range(0, 6000, 100)):
        decoder.feed(b"".join(BB7E.multi_poll(count) for count in range(low, high)))
    assert sum(map(len, decoder._known)) <= KNOWN_BYTES
    decoder.feed(b"\xbb\x00\x00\x00\x88" * 1000)
    assert decoder.counters.pending <= 143


def test_an_answer_whose_tag_does_not_fit_its_pc_names_no_tag() -> None:
    body = bytes.fromhex("01390013" + "0E" + "3800E28011700000020FEBEAD3B5" + "DEADBEEF")
    frame = b"\xbb" + body + bytes((sum(body) & 0xFF, 0x7E))
    (item,) = M100Decoder().feed(frame)
    assert isinstance(item, Status)
    assert item.tag == ""


def test_the_framing_is_doubted_at_the_same_byte_however_the_noise_was_cut() -> None:
    wire = BAG + b"\x01" * 300 + OTHER_FRAMING
    whole, pieces = M100Decoder(), M100Decoder()
    items = whole.feed(wire)
    assert isinstance(items[-1], TagRead)
    assert [item for octet in wire for item in pieces.feed(bytes((octet,)))] == items
