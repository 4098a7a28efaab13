"""CRC-16/MODBUS (polynomial 8005 reflected, start FFFF, sent low byte first; Modbus over serial line V1.02, 6.2.2).

The standard library has none with this polynomial. A CRC is linear: what each byte changes of it adds up, whatever the
others are. So the commonest frame is checked without a loop over its bytes, and many frames of one length are checked
column by column, in C.
"""


def _crc_tables(length: int) -> tuple[tuple[int, ...], ...]:
    """By how many bytes follow it: what a byte alone changes of the CRC. A CRC is linear, so changes only add up."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    tables = [tuple(table)]
    for _ in range(length - 1):
        tables.append(tuple(crc >> 8 ^ table[crc & 0xFF] for crc in tables[-1]))
    return tuple(tables)


_ANSWER_BYTES = 7
# An answer of two registers, without its CRC: the commonest frame there is.
_BY_FOLLOWERS = _crc_tables(_ANSWER_BYTES)
_CRC = _BY_FOLLOWERS[0]
_LOW = tuple(bytes(crc & 0xFF for crc in table) for table in _BY_FOLLOWERS)
_HIGH = tuple(bytes(crc >> 8 for crc in table) for table in _BY_FOLLOWERS)
_START = 0xFFFF


def crc16(content: bytes) -> bytes:
    """CRC-16/MODBUS (poly 8005 reflected, init FFFF), in the order of the wire: low byte first."""
    return _crc(content).to_bytes(2, "little")


def _crc(content: bytes) -> int:
    if len(content) == _ANSWER_BYTES:
        return _crc_of_seven(content)
    crc = _START
    for byte in content:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def _crc_of_seven(content: bytes) -> int:
    """The same without a loop: each byte's share, looked up by its place. The start value meets the first two."""
    t, u, v, w, x, y, z = content
    t0, t1, t2, t3, t4, t5, t6 = _BY_FOLLOWERS
    return t6[t ^ 0xFF] ^ t5[u ^ 0xFF] ^ t4[v] ^ t3[w] ^ t2[x] ^ t1[y] ^ t0[z]


def holds(frame: bytes) -> bool:
    """Whether a frame ends in its own CRC."""
    return _crc(frame[:-2]) == frame[-2] | frame[-1] << 8


def all_hold(frames: bytes, length: int, start: int) -> bool:
    """Whether frames of that length, one behind the other, each end in the CRC of what they have from `start` on.

    Those are seven bytes at most: answers of one register or two.
    """
    count, end = len(frames) // length, length - 2
    # What the start value alone makes of so many bytes, were they all zero.
    begun = _crc(bytes(end - start))
    low, high = (int.from_bytes(bytes((octet,)) * count, "big") for octet in (begun & 0xFF, begun >> 8))
    for place in range(start, end):
        column, followers = frames[place::length], end - 1 - place
        low ^= int.from_bytes(column.translate(_LOW[followers]), "big")
        high ^= int.from_bytes(column.translate(_HIGH[followers]), "big")
    told = (int.from_bytes(frames[place::length], "big") for place in (end, end + 1))
    return (low, high) == tuple(told)
