"""The records in which a ThingMagic module tells of tags (M5e developer's guide, "Tag buffer", metadata flags).

A record is what the metadata flags announce, in the order of the flags, then the length of the EPC in bits (PC and tag
CRC included), then PC, EPC and the tag's own CRC.
"""

from gateway.wire import gen2
from gateway.wire.items import Item, Status, TagRead

GHOST: tuple[Item, ...] = (Status("ghost"),)
"""What a frame says whose tag's own CRC fails: nothing, and nothing else of it is believed either."""

_READ_COUNT, _RSSI, _ANTENNA, _FREQUENCY, _TIME, _PHASE = 0x001, 0x002, 0x004, 0x008, 0x010, 0x020
_PROTOCOL, _EMBEDDED, _GPIO = 0x040, 0x080, 0x100
_FIXED_BYTES = ((_READ_COUNT, 1), (_RSSI, 1), (_ANTENNA, 1), (_FREQUENCY, 3), (_TIME, 4), (_PHASE, 2), (_PROTOCOL, 1))
_LATER_BYTES = ((_GPIO, 1), (0x200, 1), (0x400, 1), (0x800, 1), (0x1000, 2), (0x2000, 1))
_STREAM_HEAD, _BUFFER_HEAD = 6, 4
_LAST_ANTENNA = 16


def streamed(content: bytes) -> tuple[Item, ...] | None:
    """`option searchflags(2) metadata(2) count record …`: a tag of a continuous read. None: it has another form."""
    if len(content) <= _STREAM_HEAD:
        return None
    return _records(content, content[3] << 8 | content[4], content[5], _STREAM_HEAD)


def buffered(content: bytes) -> tuple[Item, ...] | None:
    """`metadata(2) option count record …`: tags of the module's buffer. None: it has another form."""
    if len(content) <= _BUFFER_HEAD:
        return None
    return _records(content, content[0] << 8 | content[1], content[3], _BUFFER_HEAD)


def single(content: bytes) -> tuple[Item, ...] | None:
    """`EPC CRC` of a single read, without PC: the tag's check cannot be repeated, the module did it.

    With metadata (option bit 10): `option metadata(2) fields EPC CRC`.
    """
    if len(content) > 3 and content[0] == 0x10:
        flags = content[1] << 8 | content[2]
        told, at = _fields(content, flags, 3)
        epc = content[at:-2]
        return (_tag(epc, told),) if 4 <= len(epc) <= gen2.MAX_EPC_BYTES and len(epc) % 2 == 0 else None
    epc = content[:-2]
    if not 4 <= len(epc) <= gen2.MAX_EPC_BYTES:
        return None
    return (TagRead(gen2.number(epc), 0),)


def _records(content: bytes, flags: int, count: int, at: int) -> tuple[Item, ...] | None:
    tags: list[Item] = []
    for _ in range(count):
        told, at = _fields(content, flags, at)
        bits = int.from_bytes(content[at : at + 2], "big")
        number = content[at + 2 : at + 2 + bits // 8]
        at += 2 + bits // 8
        if at > len(content) or len(number) < 4 or bits % 8:
            return None
        if not gen2.tag_crc_holds(number):
            return GHOST
        # PC words beyond the first (XPC) are announced by the PC itself; the EPC is what its length says.
        size = gen2.epc_bytes(number[0])
        epc = number[-2 - size : -2] if 0 < size <= len(number) - 4 else number[2:-2]
        if not epc:
            return None
        tags.append(_tag(epc, told))
    return tuple(tags) if tags and at == len(content) else None


def _fields(content: bytes, flags: int, at: int) -> tuple[dict[int, bytes], int]:
    """The announced fields by their flag, and where they end."""
    told: dict[int, bytes] = {}
    for flag, size in _FIXED_BYTES:
        if flags & flag:
            told[flag], at = content[at : at + size], at + size
    if flags & _EMBEDDED:
        size = (int.from_bytes(content[at : at + 2], "big") + 7) // 8
        told[_EMBEDDED], at = content[at + 2 : at + 2 + size], at + 2 + size
    for flag, size in _LATER_BYTES:
        if flags & flag:
            told[flag], at = content[at : at + size], at + size
    return told, at


def _tag(epc: bytes, told: dict[int, bytes]) -> TagRead:
    strength = int.from_bytes(told.get(_RSSI, b""), "big", signed=True) if told.get(_RSSI) else None
    antenna = 0
    if told.get(_ANTENNA):
        # Transmitting port in the high half, receiving in the low; sixteen does not fit and is written as zero.
        antenna = told[_ANTENNA][0] >> 4 or _LAST_ANTENNA
    return TagRead(gen2.number(epc), antenna, None if strength is None else float(strength))
