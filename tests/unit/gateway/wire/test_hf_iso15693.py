"""HF readers: what a capture cannot show. Their frames are in tests/vectors/devices/hf_iso15693."""

import pytest

from gateway.wire import feig_obid, trf7970a
from gateway.wire.hf_iso15693 import HfCaptureDecoder, HfDecoder
from gateway.wire.iso15693 import Blocks, SystemInformation
from gateway.wire.items import Item, Noise, Status, TagRead

BAG = bytes.fromhex("1100B000010300E004015012345678BA40")
BAG_READ = TagRead("E004015012345678", numbered_by="uid")
ENDED = Status("round-finished")
SLOT = b"[E004015012345678,7F]\r\n"


def test_requests_are_the_manuals_frames() -> None:
    assert feig_obid.inventory() == bytes.fromhex("07FFB001001C56")
    assert feig_obid.inventory(more=True)[3:5] == b"\x01\x80"
    assert trf7970a.INITIALISE == b"0108000304FF0000"
    assert trf7970a.SET_ISO15693 == (b"010C00030410002101000000", b"0109000304F0000000", b"0109000304F1FF0000")
    assert trf7970a.INVENTORY == b"010B000304140401000000"


def test_a_reader_tells_its_own_number() -> None:
    assert feig_obid.request(feig_obid.READER_INFO, feig_obid.DEVICE_ID)[:4] == bytes.fromhex("06FF6680")
    told = feig_obid.request(feig_obid.READER_INFO, bytes.fromhex("00" + "00A1B2C3" + "00" * 12), address=0)
    assert HfDecoder().feed(told) == [Status("device-id", "00A1B2C3")]
    without = feig_obid.request(feig_obid.READER_INFO, bytes(17), address=0)
    assert HfDecoder().feed(without) == [Status("answer", "reader-info " + "00" * 16)], "no number is no identity"


def feig(content: str) -> list[Item]:
    return HfDecoder().feed(feig_obid.request(feig_obid.HOST_COMMAND, bytes.fromhex(content), address=0))


def test_memory_is_asked_of_one_tag_as_the_manuals_say() -> None:
    uid = "E004015012345678"
    asked = {
        feig_obid.read_blocks(uid, 16, 12): "2309" + uid + "100C",
        feig_obid.write_blocks(uid, 2, b"ABCDEFGH", block_bytes=4): "2401" + uid + "020204" + b"ABCDEFGH".hex(),
        feig_obid.lock_blocks(uid, 0, 28): "2201" + uid + "001C",
        feig_obid.write_afi(uid, 0xC4): "2701" + uid + "C4",
        feig_obid.write_dsfid(uid, 7): "2901" + uid + "07",
        feig_obid.system_information(uid): "2B01" + uid,
    }
    assert [frame[3:-2].hex().upper() for frame in asked] == [content.upper() for content in asked.values()]


def test_blocks_and_what_a_tag_says_of_itself_are_values() -> None:
    (blocks,) = feig("00020400DEADBEEF01CAFEBABE")
    assert isinstance(blocks, Blocks)
    assert (blocks.octets.hex(), blocks.block_bytes, blocks.locked) == ("deadbeefcafebabe", 4, (1,))
    _, said = feig("0007E004015012345678C41B0301")
    assert isinstance(said, SystemInformation)
    assert (said.tag, said.dsfid, said.afi, said.blocks, said.block_bytes) == ("E004015012345678", 7, 0xC4, 28, 4)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("0305", "status 03: not written, block 5"),
        ("951205", "status 95: the transponder refused: 12 block locked, not written, block 5"),
        ("9512", "status 95: the transponder refused: 12 block locked, not written"),
    ],
)
def test_a_refused_write_names_its_block(content: str, told: str) -> None:
    assert feig(content) == [Status("refused", f"host-command: {told}")]


@pytest.mark.parametrize("place", range(len(BAG)))
def test_any_changed_byte_makes_noise_of_a_tag(place: int) -> None:
    changed = bytearray(BAG)
    changed[place] ^= 0x10
    decoder = HfDecoder()
    assert {type(item) for item in decoder.feed(bytes(changed)) + decoder.idle()} == {Noise}
    assert decoder.counters.discarded == len(BAG)


def test_a_host_line_of_the_module_may_be_cut_anywhere() -> None:
    heard = HfCaptureDecoder()
    assert heard.feed(SLOT) == [TagRead("E004015012345678", 1, numbered_by="uid")]
    assert [item for octet in trf7970a.INITIALISE for item in heard.feed(bytes((octet,)))] == [
        Status("command", "initialise")
    ]


def test_a_uid_without_a_checksum_counts_when_it_is_heard_twice() -> None:
    decoder = HfDecoder()
    assert decoder.feed(SLOT) == [Status("heard-once", tag="E004015012345678")]
    assert decoder.feed(SLOT.replace(b"5678", b"5679")) == [Status("heard-once", tag="E004015012345679")]
    assert decoder.feed(SLOT) == [BAG_READ]
    assert decoder.feed(SLOT) == [BAG_READ]


def test_a_uid_under_a_crc_counts_at_once() -> None:
    assert HfDecoder().feed(BAG) == [BAG_READ, ENDED]


def test_the_first_good_frame_decides_the_dialect() -> None:
    feig = HfDecoder()
    feig.feed(BAG)
    assert [type(item) for item in feig.feed(SLOT) + feig.idle()] == [Noise]
    ti = HfCaptureDecoder()
    ti.feed(SLOT)
    assert {type(item) for item in ti.feed(BAG) + ti.idle()} == {Noise}


def test_the_dialect_is_learnt_again_after_much_noise() -> None:
    decoder = HfCaptureDecoder()
    decoder.feed(BAG)
    decoder.feed(b"\x03" * 256)
    assert decoder.feed(SLOT)[-1] == BAG_READ


def test_a_cut_frame_does_not_swallow_the_good_one_behind_it() -> None:
    decoder = HfDecoder()
    assert decoder.feed(BAG[:8] + BAG) + decoder.idle() == [Noise(8, "crc"), BAG_READ, ENDED]


def test_memory_is_bounded_whatever_is_seen() -> None:
    decoder = HfDecoder()
    for number in range(6000):
        decoder.feed(b"[E004%012X,7F]\r\n" % number)
    assert len(decoder._heard._once) <= 4096
    assert len(decoder._heard._twice) <= 4096
    other = HfDecoder()
    other.feed(b"\x02\x07\xff" * 1000)
    assert other.counters.pending <= 2048
