"""Golden tag memories: one good one, other layouts, and one defect a file, built here byte by byte.

`<name>.hex`: the memory of 28 blocks of 4 bytes, a line a block, under the default layout of docs/format.md §17. The
CRC is computed bit by bit, so that a slip of the product's own cannot cancel out.
"""

MESSAGE = b"=+04000=A99992612345600=%5100=<E0382V00&>0260422359"


def crc(octets: bytes) -> int:
    """CRC-16/X-25 as its definition has it: reflected 1021, start FFFF, the result inverted."""
    value = 0xFFFF
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return value ^ 0xFFFF


def memory(message: bytes, *, filler: bytes = b"\x00", room: int = 110) -> bytes:
    """A message, filler, and the CRC with its low byte first."""
    filled = message.ljust(room, filler)
    return filled + crc(filled).to_bytes(2, "little")


def tag_memory_files() -> dict[str, bytes]:
    """File name → text of every golden tag memory."""
    good = memory(MESSAGE)
    made = {
        "good": good,
        "good_long-division": memory(b"=+05000=A99992612345600=%5100=<E0382V00=,0A0B0C&>0260422359"),
        "crc_one-bit": bytes((*good[:50], good[50] ^ 0x01, *good[51:])),
        "blank_zeros": bytes(112),
        "blank_ones": b"\xff" * 112,
        "bytes_one-block-short": good[:-4],
        "printable_after-the-filler": memory(MESSAGE + b"\x00A"),
        "message_cut-short": memory(MESSAGE[:-4]),
        "header_none": memory(MESSAGE[7:]),
        "person_donor": memory(b"=+02000=A99992612345600=;A99990000000000000123"),
        "donation_none": memory(b"=+01000=%5100"),
    }
    return {f"{name}.hex": _lines(octets) for name, octets in made.items()}


def _lines(octets: bytes) -> bytes:
    rows = [octets[at : at + 4].hex().upper() for at in range(0, len(octets), 4)]
    return "".join(f"{row}\n" for row in rows).encode()
