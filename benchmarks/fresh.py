"""Frames that no decoder has heard before: readers' answers in which every tag is another one, as at a portal.

What a family says of tag number `n`, sealed as its device seals it; a round of several tags where it answers in rounds.
Between them a reader says again and again that nobody answered, that a round is over, or that it lives (`QUIET`). Each
family's layout is told at its decoder (`gateway/wire`).
"""

import binascii
import struct
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from gateway.wire import chafon_crc_uhf, crc16, feig_obid, r2000_a0_uhf
from gateway.wire.decoder import ByteDecoder
from gateway.wire.families import FAMILIES, ByteFamily
from gateway.wire.m100_uhf import BB7E

_IN_A_ROUND = 16
_MICROSECONDS = 1_594_174_805_140_192


def _epc(number: int) -> bytes:
    return b"\xe2\x80\xa9\x99" + number.to_bytes(8, "big")


def _tag(number: int) -> bytes:
    """PC, EPC and the tag's own CRC (EPC Gen2, 6.3.1.5)."""
    tag = b"\x30\x00" + _epc(number)
    return tag + (binascii.crc_hqx(tag, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")


def _m100(number: int) -> bytes:
    frame = bytearray(BB7E.command(0x22, bytes((0xC4 + number % 16,)) + _tag(number)))
    # A notice, where a command has 00.
    frame[1] = 2
    frame[-2] = frame[-2] + 2 & 0xFF
    return bytes(frame)


def _r2000(number: int) -> bytes:
    heard = bytes((8 | number % 4,)), bytes((40 + number % 50,))
    return r2000_a0_uhf.command(0x89, heard[0] + b"\x30\x00" + _epc(number) + heard[1], address=1)


def _thingmagic(number: int) -> bytes:
    metadata = struct.pack(">BbB", 1, -40 - number % 30, 0x11) + b"\x0d\xf7\x32" + struct.pack(">I", number % 1000)
    record = metadata + b"\x00\x10\x05\x00\x00\x11\x00\x80" + _tag(number)
    content = b"\x10\x00\x1b\x01\xff\x01" + record
    body = bytes((len(content), 0x22, 0, 0)) + content
    return b"\xff" + body + crc16.unpadded(body).to_bytes(2, "big")


def _chafon(number: int, tags: int = _IN_A_ROUND) -> bytes:
    told = b"".join(b"\x0c" + _epc(each) + b"\x50" for each in _round(number, tags))
    return chafon_crc_uhf.command(1, bytes((1, 1, tags)) + told, address=0)


def _feig(number: int, tags: int = _IN_A_ROUND) -> bytes:
    uids = (b"\xe0\x04\x01" + each.to_bytes(5, "big") for each in _round(number, tags))
    content = bytes((0, tags)) + b"".join(b"\x03\x00" + uid for uid in uids)
    return feig_obid.request(0xB0, content, address=0)


def _llrp(number: int, tags: int = _IN_A_ROUND) -> bytes:
    reports = []
    for each in _round(number, tags):
        seen = struct.pack(">BHBb", 0x81, 1 + each % 4, 0x86, -40 - each % 30) + struct.pack(
            ">BQ", 0x82, _MICROSECONDS + each
        )
        reports.append(b"\x00\xf0\x00\x1f\x8d" + _epc(each) + seen)
    content = b"".join(reports)
    return struct.pack(">HII", 0x043D, 10 + len(content), number) + content


def _round(number: int, tags: int) -> range:
    return range(number * tags, (number + 1) * tags)


FRESH: dict[str, Callable[[int], bytes]] = {
    "m100_uhf": _m100,
    "r2000_a0_uhf": _r2000,
    "thingmagic_m6e": _thingmagic,
    "chafon_crc_uhf": _chafon,
    "hf_iso15693": _feig,
    "llrp": _llrp,
}
"""By family: the frame with that number."""

OF_ONE_TAG: dict[str, Callable[[int], bytes]] = {
    "chafon_crc_uhf": partial(_chafon, tags=1),
    "hf_iso15693": partial(_feig, tags=1),
    "llrp": partial(_llrp, tags=1),
}
"""The same, where each round has heard one tag."""


QUIET: dict[str, bytes] = {
    "m100_uhf": bytes.fromhex("BB01FF000115167E"),
    # The end of a round: antenna, reads a second, reads.
    "r2000_a0_uhf": r2000_a0_uhf.command(0x89, bytes.fromhex("00001400000001"), address=1),
    "thingmagic_m6e": b"\xff\x00\x22\x04\x00" + crc16.unpadded(b"\x00\x22\x04\x00").to_bytes(2, "big"),
    "chafon_crc_uhf": chafon_crc_uhf.command(1, b"\x01\x01\x00", address=0),
    "hf_iso15693": feig_obid.request(0xB0, b"\x01", address=0),
    # A keep-alive.
    "llrp": struct.pack(">HII", 0x043E, 10, 7),
}
"""By family: what it says over and over where there is nothing new."""


def mixed(family: str, size: int, makers: Mapping[str, Callable[[int], bytes]] = FRESH) -> Iterator[bytes]:
    """Frames of about `size` bytes in all, every other one the same."""
    make, quiet, number = makers[family], QUIET[family], 0
    while size > 0:
        frame = make(number)
        yield frame
        yield quiet
        number, size = number + 1, size - len(frame) - len(quiet)


def frames(family: str, size: int) -> Iterator[bytes]:
    """Frames of about `size` bytes in all."""
    make, number = FRESH[family], 0
    while size > 0:
        frame = make(number)
        yield frame
        number, size = number + 1, size - len(frame)


def decoder(family: str) -> ByteDecoder:
    """What reads them in the gateway."""
    return _spoken(family).live()


def recorder(family: str) -> ByteDecoder:
    """What reads a recording of the line."""
    return _spoken(family).capture()


def _spoken(family: str) -> ByteFamily:
    spoken = FAMILIES[family]
    assert isinstance(spoken, ByteFamily)  # noqa: S101  for the type checker
    return spoken
