"""What a UHF tag says of itself, the same through every reader: PC, EPC and the tag's own CRC (EPC Gen2, 6.3.2.1).

The protocol control word's highest five bits count the EPC's 16-bit words. The CRC-16 that the tag sends after them
(6.3.1.5) is a second integrity check behind the reader's own, and the one that unmasks tags that do not exist.
"""

from binascii import crc_hqx

PC_BYTES = 2
CRC_BYTES = 2
MAX_EPC_BYTES = 62
# What is left after an inverted CRC-16 was divided along with what it covers.
CRC_START, CRC_REMAINDER = 0xFFFF, 0x1D0F


def epc_bytes(pc_high: int) -> int:
    """How many bytes of EPC the first byte of a PC announces."""
    return 2 * (pc_high >> 3)


def pcs(size: int) -> bytes:
    """Every first byte of a PC that announces so many bytes of EPC."""
    return bytes(range(size << 2, (size << 2) + 8)) if 0 < size <= MAX_EPC_BYTES and not size & 1 else b""


def tag_crc_holds(tag: bytes) -> bool:
    """Whether `PC EPC CRC` ends in the tag's own CRC, big endian."""
    return crc_hqx(tag, CRC_START) == CRC_REMAINDER


def number(epc: bytes) -> str:
    """A tag's number as the product writes it."""
    return epc.hex().upper()
