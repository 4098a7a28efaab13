"""What an ISO 15693 tag says of itself, the same through every reader: its UID and its error codes.

A UID has eight bytes: E0, the chip's maker (ISO/IEC 7816-6: 04 NXP, 07 Texas Instruments, 02 ST, 16 EM), and six of the
maker's own (ISO/IEC 15693-3, 4.1). It goes lowest byte first over the air; readers pass it on in either order.
"""

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
