"""The two CRC-16 forms of RFID readers, computed by the standard library's C code.

Both use the CCITT polynomial, which `binascii.crc_hqx` has, highest bit first and shifting sixteen zeros in at the end:

* *reflected* (polynomial written 8408, start FFFF, sent low byte first): FEIG OBID readers and Chafon's, there known as
  CRC-16/MCRF4XX. Bit order is the only difference, so the bytes are mirrored first; over a frame with its CRC the
  result is zero.
* *without the zeros* (start FFFF): ThingMagic, whose sheet gives it as a table over half bytes. Leaving the zeros out
  divides everything but the last two bytes, which are only added; the start value is what FFFF becomes on that way.
"""

from binascii import crc_hqx
from itertools import chain, repeat
from struct import iter_unpack

CRC_BYTES = 2
_MIRRORED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))
_START = 0xFFFF
_START_TWO_BYTES_ON = crc_hqx(b"\x00\x00", _START)


def reflected_holds(frame: bytes) -> bool:
    """Whether a frame ends in its own CRC, low byte first."""
    return crc_hqx(frame.translate(_MIRRORED), _START) == 0


def all_reflected_hold(frames: bytes, length: int) -> bool:
    """Whether frames of that length, one behind the other, each end in their own CRC, low byte first."""
    each = iter_unpack(f"{length}s", frames.translate(_MIRRORED))
    return not any(map(crc_hqx, chain.from_iterable(each), repeat(_START)))


def reflected(content: bytes) -> bytes:
    """The CRC that follows `content` on the wire, low byte first."""
    return crc_hqx(content.translate(_MIRRORED), _START).to_bytes(2, "big").translate(_MIRRORED)


def unpadded(content: bytes) -> int:
    """ThingMagic's CRC of `content`, which has two bytes or more."""
    head, last = content[:-CRC_BYTES], content[-CRC_BYTES:]
    return crc_hqx(head, _START_TWO_BYTES_ON) ^ int.from_bytes(last, "big")


def unpadded_holds(frame: bytes) -> bool:
    """Whether a frame of four bytes or more ends in ThingMagic's CRC of it, high byte first."""
    ends = int.from_bytes(frame[-2 * CRC_BYTES :], "big")
    return crc_hqx(frame[: -2 * CRC_BYTES], _START_TWO_BYTES_ON) == (ends >> 16 ^ ends) & 0xFFFF
