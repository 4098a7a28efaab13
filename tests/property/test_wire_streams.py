"""The three promises of every decoder of bytes: split anywhere, no byte lost uncounted, recovers after any noise."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from gateway.wire.barcode_isbt128 import BarcodeDecoder
from gateway.wire.chafon_crc_uhf import ChafonDecoder
from gateway.wire.decoder import ByteDecoder
from gateway.wire.ds18b20_serial import Ds18b20CaptureDecoder
from gateway.wire.hf_iso15693 import HfCaptureDecoder
from gateway.wire.items import NO_TAG, Item, LabelScan, Noise, Reading, Status, TagRead
from gateway.wire.llrp import LlrpDecoder
from gateway.wire.m100_uhf import M100Decoder
from gateway.wire.modbus_rtu_temp.capture import ModbusCaptureDecoder
from gateway.wire.r2000_a0_uhf import R2000Decoder
from gateway.wire.thingmagic_m6e import ThingMagicCaptureDecoder, ThingMagicDecoder
from tests.support import llrp


@dataclass(frozen=True)
class Spoken:
    """A family, frames of its own, and what the last of them says."""

    family: str
    decoder: Callable[[], ByteDecoder]
    frames: tuple[bytes, ...]
    good: bytes
    says: Item

    @override
    def __repr__(self) -> str:
        return self.family


W1 = b"44 00 4b 46 7f ff 0c 10 94 : crc=94 YES\n44 00 4b 46 7f ff 0c 10 94 t=4250\n"
BAG = bytes.fromhex("BB02220011C43000E200001D7315016521408FC6B83EC27E")
A0_TAG = bytes.fromhex("A0130189743000E2004074850A0103163070E13629")
M6E_TAG = bytes.fromhex(
    "FF2822000010001B01FF0101C4110E16400000012700000500000F00803000000000000000000000001545E94A561D"
)
CHAFON_TAG = bytes.fromhex("1500010304010C49440000000000000A0003346425C0")
FEIG_TAGS = bytes.fromhex("1100B094010300E004015012345678D4FE")
TI_TAG = b"[E004015012345678,7F]\r\n"
UID_READ = TagRead("E004015012345678", numbered_by="uid")
FAMILIES = [
    Spoken(
        "m100_uhf",
        M100Decoder,
        (
            BAG,
            bytes.fromhex("BB01FF000115167E"),
            bytes.fromhex("BB02220015CE4000300000000000000000001234567890AB0F986D7E"),
            bytes.fromhex("BB02220040"),
            b"\xbb",
            BAG[:13],
        ),
        BAG,
        TagRead("E200001D7315016521408FC6", 1, -60.0),
    ),
    Spoken(
        "r2000_a0_uhf",
        R2000Decoder,
        (
            A0_TAG,
            bytes.fromhex("A005018A0122AD"),
            bytes.fromhex("A00A018900001100000005B6"),
            bytes.fromhex("A004018901D1"),
            b"\xa0",
            A0_TAG[:13],
        ),
        A0_TAG,
        TagRead("E2004074850A0103163070E1", 1, -75.0),
    ),
    Spoken(
        "thingmagic_m6e",
        ThingMagicDecoder,
        (M6E_TAG, bytes.fromhex("FF0022040084E0"), bytes.fromhex("FF032F0000025E86"), b"\xff", M6E_TAG[:29]),
        M6E_TAG,
        TagRead("000000000000000000001545", 1, -60.0),
    ),
    Spoken(
        "thingmagic_m6e capture",
        ThingMagicCaptureDecoder,
        (M6E_TAG, bytes.fromhex("FF0022040084E0"), bytes.fromhex("FF032F0000025E86"), b"\xff", M6E_TAG[:29]),
        M6E_TAG,
        TagRead("000000000000000000001545", 1, -60.0),
    ),
    Spoken(
        "chafon_crc_uhf",
        ChafonDecoder,
        (
            CHAFON_TAG,
            bytes.fromhex("0700010101001E4B"),
            bytes.fromhex("1100210000160C034E001E0A01000000E651"),
            b"\x15",
            CHAFON_TAG[:9],
        ),
        CHAFON_TAG,
        TagRead("49440000000000000A000334", 3),
    ),
    Spoken(
        "hf_iso15693 FEIG",
        HfCaptureDecoder,
        (
            bytes.fromhex("0600B0015C63"),
            bytes.fromhex("07FFB001001C56"),
            bytes.fromhex("020007FF33DD56"),
            b"\x11",
            FEIG_TAGS[:7],
        ),
        bytes.fromhex("0600B0015C63"),
        Status(NO_TAG),
    ),
    Spoken(
        "hf_iso15693 TI",
        HfCaptureDecoder,
        (TI_TAG, b"[,40]\r\n", b"[z]\r\n", b"TRF7970A EVM\r\n", TI_TAG[:9], b"["),
        TI_TAG,
        UID_READ,
    ),
    Spoken(
        "modbus_rtu_temp",
        ModbusCaptureDecoder,
        (
            bytes.fromhex("010400010002200B"),
            bytes.fromhex("010404002A01F4DA5B"),
            bytes.fromhex("0204040131022219CE"),
            bytes.fromhex("010410"),
        ),
        bytes.fromhex("010404002A01F4DA5B"),
        Reading("", 420, 5000),
    ),
    Spoken(
        "llrp",
        LlrpDecoder,
        (
            llrp.tag("E2801160"),
            llrp.message(62),
            llrp.message(61)[:7],
            llrp.tag("3000ABCDEF00000000000003")[:25],
            b"\x04",
        ),
        llrp.tag("3000ABCDEF00000000000003"),
        TagRead("3000ABCDEF00000000000003", 1, -50.0),
    ),
    Spoken(
        "barcode_isbt128",
        BarcodeDecoder,
        (b"=A99991712345600\r\n", b"]C0=<E0382V00\r", b"=A9999\r\n", b"\xff\x00", b"A" * 600),
        b"=A99991712345600\r\n",
        LabelScan("=A99991712345600"),
    ),
    Spoken(
        "ds18b20_serial",
        Ds18b20CaptureDecoder,
        (W1, b"28FF641DCD96F201 4.25\r\n", b"T=nan\r\n", W1[:40], W1[40:]),
        W1,
        Reading("", 425),
    ),
]
FRAMED, LINES = FAMILIES[:-2], FAMILIES[-2:]
every_family = pytest.mark.parametrize("spoken", FAMILIES, ids=repr)


def noises(spoken: Spoken) -> st.SearchStrategy[bytes]:
    """Line noise, mixed with whole, cut and foreign frames of the family itself."""
    return st.lists(st.one_of(st.binary(max_size=12), st.sampled_from(spoken.frames)), max_size=8).map(b"".join)


def heard(decoder: ByteDecoder, chunks: list[bytes]) -> list[Item]:
    items: list[Item] = []
    for chunk in chunks:
        items += decoder.feed(chunk)
        counted(decoder, items)
    items += decoder.idle()
    counted(decoder, items)
    assert decoder.counters.pending == 0
    return items


def counted(decoder: ByteDecoder, items: list[Item]) -> None:
    counters = decoder.counters
    assert counters.received == counters.accepted + counters.discarded + counters.pending
    assert counters.pending >= 0
    assert sum(item.count_bytes for item in items if isinstance(item, Noise)) <= counters.discarded


@every_family
@given(drawn=st.data())
def test_any_chunking_gives_the_same_items(spoken: Spoken, drawn: st.DataObject) -> None:
    wire = drawn.draw(noises(spoken)) + spoken.good
    cuts = sorted(drawn.draw(st.sets(st.integers(0, len(wire)), max_size=8)) | {0, len(wire)})
    whole = heard(spoken.decoder(), [wire])
    assert heard(spoken.decoder(), [wire[start:end] for start, end in pairwise(cuts)]) == whole
    assert heard(spoken.decoder(), [wire[place : place + 1] for place in range(len(wire))]) == whole


@every_family
@given(wire=st.binary(max_size=300))
def test_no_byte_is_lost_uncounted(spoken: Spoken, wire: bytes) -> None:
    decoder = spoken.decoder()
    items = heard(decoder, [wire])
    assert sum(item.count_bytes for item in items if isinstance(item, Noise)) == decoder.counters.discarded
    assert decoder.counters.received == len(wire)


@every_family
@given(drawn=st.data())
def test_good_frame_is_read_after_any_noise_and_a_silence(spoken: Spoken, drawn: st.DataObject) -> None:
    decoder = spoken.decoder()
    heard(decoder, [drawn.draw(noises(spoken))])
    assert heard(decoder, [spoken.good]) == [spoken.says]


# LLRP has no check of its own, because TCP loses nothing: a cut head takes what follows for its message number.
@pytest.mark.parametrize("spoken", [each for each in FRAMED if each.family != "llrp"], ids=repr)
@given(drawn=st.data())
def test_good_frame_is_read_right_behind_any_noise(spoken: Spoken, drawn: st.DataObject) -> None:
    noise = drawn.draw(noises(spoken))
    before = [item for item in heard(spoken.decoder(), [noise]) if not isinstance(item, Noise)]
    after = [item for item in heard(spoken.decoder(), [noise + spoken.good]) if not isinstance(item, Noise)]
    assert after == [*before, spoken.says]


@pytest.mark.parametrize("spoken", LINES, ids=repr)
@given(drawn=st.data())
def test_good_line_is_read_behind_any_ended_noise(spoken: Spoken, drawn: st.DataObject) -> None:
    noise = drawn.draw(noises(spoken)) + b"\r\n"
    assert heard(spoken.decoder(), [noise + spoken.good])[-1] == spoken.says
