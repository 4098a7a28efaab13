"""What a UHF tag says of itself, the same through every reader: PC, EPC and the tag's own CRC (EPC Gen2, 6.3.2.1).

The protocol control word's highest five bits count the 16-bit words that follow. They are the EPC, before which a tag
whose XPC indicator is set answers with one extended control word, or two: those are no part of its number. The CRC-16
that the tag sends after them (6.3.1.5) is a second integrity check behind the reader's own, and the one that unmasks
tags that do not exist.
"""

from binascii import crc_hqx

PC_BYTES = 2
CRC_BYTES = 2
# In the first byte of the PC: an extended control word follows; in that word's: one more does (6.3.2.1.2.2, .5).
EXTENDED, _EXTENDED_AGAIN = 0x02, 0x80
MAX_EPC_BYTES = 62
# What is left after an inverted CRC-16 was divided along with what it covers.
CRC_START, CRC_REMAINDER = 0xFFFF, 0x1D0F


def epc_bytes(pc_high: int) -> int:
    """How many bytes the first byte of a PC announces behind it: of the EPC, and of extended control words."""
    return 2 * (pc_high >> 3)


def without_extension(pc_high: int, told: bytes) -> bytes:
    """The EPC of what a tag told behind its PC: without extended control words, where the PC announces them."""
    if not pc_high & EXTENDED:
        return told
    return told[4:] if told[0] & _EXTENDED_AGAIN else told[2:]


def pcs(size: int) -> bytes:
    """Every first byte of a PC that announces so many bytes, all of them the EPC's."""
    fits = 0 < size <= MAX_EPC_BYTES and not size & 1
    return bytes(octet for octet in range(size << 2, (size << 2) + 8) if not octet & EXTENDED) if fits else b""


def tag_crc_holds(tag: bytes) -> bool:
    """Whether `PC EPC CRC` ends in the tag's own CRC, big endian."""
    return crc_hqx(tag, CRC_START) == CRC_REMAINDER


def number(epc: bytes) -> str:
    """A tag's number as the product writes it."""
    return epc.hex().upper()
