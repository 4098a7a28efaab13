"""What an ISO 15693 tag says of itself, the same through every reader: UID, error codes, blocks, system information.

A UID has eight bytes: E0, the chip's maker (ISO/IEC 7816-6: 04 NXP, 07 Texas Instruments, 02 ST, 16 EM), and six of the
maker's own (ISO/IEC 15693-3, 4.1). It goes lowest byte first over the air; readers pass it on in either order.
"""

from gateway.wire.items import Status

UID_BYTES = 8
FIRST = b"\xe0"

ERRORS = {
    0x01: "command not supported",
    0x02: "command not recognised",
    0x03: "option not supported",
    0x0F: "error without a reason",
    0x10: "block not available",
    0x11: "block locked already",
    0x12: "block locked, not written",
    0x13: "not written",
    0x14: "not locked",
}
"""Error codes of a response (ISO/IEC 15693-3, table 8)."""


def uid(octets: bytes) -> str | None:
    """The UID with E0 first, upper-case hex; None if E0 stands at neither end, so that these are no UID."""
    if len(octets) != UID_BYTES:
        return None
    if octets[:1] == FIRST:
        return octets.hex().upper()
    return octets[::-1].hex().upper() if octets[-1:] == FIRST else None


class Blocks(Status, frozen=True, gc=False):
    """Blocks of one tag's memory, as its reader sent them; which ones, only the question said.

    Attributes:
        octets: the blocks, one after the other, each in the order of the tag.
        block_bytes: bytes a block.
        locked: which of these blocks say that they are locked, counted from 0.
    """

    octets: bytes = b""
    block_bytes: int = 0
    locked: tuple[int, ...] = ()


class SystemInformation(Status, frozen=True, gc=False):
    """What a tag says of its own memory (ISO/IEC 15693-3, 10.4.12).

    Attributes:
        dsfid: its data storage format identifier.
        afi: its application family identifier.
        blocks: how many blocks it has.
        block_bytes: bytes a block.
    """

    dsfid: int = 0
    afi: int = 0
    blocks: int = 0
    block_bytes: int = 0


class MemoryRead(Status, frozen=True, gc=False):
    """The memory of the tag `tag`, whole, or why it could not be read: `detail`.

    Attributes:
        octets: all blocks of the site's layout, block 0 first; empty where it could not be read.
        locked: the numbers of locked blocks.
        afi: the tag's application family identifier; None: it does not tell.
        dsfid: likewise its data storage format identifier.
    """

    octets: bytes = b""
    locked: tuple[int, ...] = ()
    afi: int | None = None
    dsfid: int | None = None
