"""The records in which a ThingMagic module tells of tags (M5e developer's guide, "Tag buffer", metadata flags).

A record is what the metadata flags announce, in the order of the flags, then the length of the EPC in bits (PC and tag
CRC included), then PC, EPC and the tag's own CRC.
"""

from binascii import crc_hqx
from dataclasses import dataclass
from functools import lru_cache

from gateway.wire import gen2
from gateway.wire.items import Item, Status, TagRead

GHOST: tuple[Item, ...] = (Status("ghost"),)
"""What a frame says whose tag's own CRC fails: nothing, and nothing else of it is believed either."""
MISFIT: tuple[Item, ...] = (Status("misfit"),)
"""The same, of a tag whose PC announces another length than its EPC has."""

_READ_COUNT, _RSSI, _ANTENNA, _FREQUENCY, _TIME, _PHASE = 0x001, 0x002, 0x004, 0x008, 0x010, 0x020
_PROTOCOL, _EMBEDDED, _GPIO = 0x040, 0x080, 0x100
_FIXED_BYTES = ((_READ_COUNT, 1), (_RSSI, 1), (_ANTENNA, 1), (_FREQUENCY, 3), (_TIME, 4), (_PHASE, 2), (_PROTOCOL, 1))
_LATER_BYTES = ((_GPIO, 1), (0x200, 1), (0x400, 1), (0x800, 1), (0x1000, 2), (0x2000, 1))
_STREAM_HEAD, _BUFFER_HEAD = 6, 4
_LAST_ANTENNA = 16
# Two's complement.
_DBM = tuple(float(octet - 256 if octet > 127 else octet) for octet in range(256))


def streamed(content: bytes) -> tuple[Item, ...] | None:
    """`option searchflags(2) metadata(2) count record …`: a tag of a continuous read. None: it has another form."""
    if len(content) <= _STREAM_HEAD:
        return None
    return _records(content, content[3] << 8 | content[4], content[5], _STREAM_HEAD)


def streamed_alike(frames: bytes, length: int, *, content_at: int) -> list[Item]:
    """What many frames of one length say, each of which holds one such record of one form; none if any does not.

    `content_at` is where in each frame its content begins; two bytes of check follow that.
    """
    first = frames[content_at : length - 2]
    flags = first[3] << 8 | first[4] if len(first) > _STREAM_HEAD else 0
    layout, record = _layout(flags), content_at + _STREAM_HEAD
    bits_at = layout.end(frames, record)
    size = length - 2 - bits_at - 2 - gen2.PC_BYTES - gen2.CRC_BYTES
    same = [content_at + 3, content_at + 4, content_at + 5, bits_at, bits_at + 1, *layout.embedded_at(record)]
    if not flags or size <= 0 or any(frames[at::length].strip(frames[at : at + 1]) for at in same):
        return []
    tag, end = bits_at + 2, length - 2
    if first[5] != 1 or frames[bits_at] << 8 | frames[bits_at + 1] != 8 * (end - tag):
        return []
    places = range(0, len(frames), length)
    crcs = {crc_hqx(frames[at + tag : at + end], gen2.CRC_START) for at in places}
    if frames[tag::length].strip(gen2.pcs(size)) or crcs != {gen2.CRC_REMAINDER}:
        return []
    return [layout.tag(frames[at + tag + 2 : at + end - 2], frames, at + record) for at in places]


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
        layout = _layout(content[1] << 8 | content[2])
        epc = content[layout.end(content, 3) : -2]
        told = 4 <= len(epc) <= gen2.MAX_EPC_BYTES and len(epc) % 2 == 0
        return (layout.tag(epc, content, 3),) if told else None
    epc = content[:-2]
    if not 4 <= len(epc) <= gen2.MAX_EPC_BYTES:
        return None
    return (TagRead(gen2.number(epc), 0),)


def _records(content: bytes, flags: int, count: int, at: int) -> tuple[Item, ...] | None:
    tags: list[Item] = []
    layout = _layout(flags)
    for _ in range(count):
        record, at = at, layout.end(content, at)
        bits = int.from_bytes(content[at : at + 2], "big")
        number = content[at + 2 : at + 2 + bits // 8]
        at += 2 + bits // 8
        if at > len(content) or len(number) < 4 or bits % 8:
            return None
        if not gen2.tag_crc_holds(number):
            return GHOST
        # Modules leave the extended control word out of the count, so that only a PC without one can be held to it.
        if not number[0] & gen2.EXTENDED and gen2.epc_bytes(number[0]) != len(number) - gen2.PC_BYTES - gen2.CRC_BYTES:
            return MISFIT
        epc = gen2.without_extension(number[0], number[2:-2]) if len(number) > 4 else b""
        if not epc:
            return None
        tags.append(layout.tag(epc, content, record))
    return tuple(tags) if tags and at == len(content) else None


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a record has what its flags announce, counted from its beginning; -1 where it is not announced.

    Attributes:
        strength: received power, dBm, signed.
        antenna: transmitting port in the high half, receiving in the low; sixteen does not fit and is written as zero.
        embedded: whether data of the tag stand behind the fields of fixed length, with a length of their own.
        fixed_bytes: the fields before them.
        later_bytes: the fields behind them.
    """

    strength: int
    antenna: int
    embedded: bool
    fixed_bytes: int
    later_bytes: int

    def end(self, content: bytes, at: int) -> int:
        """Where the fields of the record at `at` end; beyond the content, if they do."""
        at += self.fixed_bytes
        if self.embedded:
            at += 2 + (int.from_bytes(content[at : at + 2], "big") + 7) // 8
        return at + self.later_bytes

    def embedded_at(self, at: int) -> tuple[int, ...]:
        """Where the record at `at` says how long its embedded data are."""
        return (at + self.fixed_bytes, at + self.fixed_bytes + 1) if self.embedded else ()

    def tag(self, epc: bytes, content: bytes, at: int) -> TagRead:
        """The tag of the record at `at`, which is whole."""
        antenna = content[at + self.antenna] >> 4 or _LAST_ANTENNA if self.antenna >= 0 else 0
        rssi_dbm = _DBM[content[at + self.strength]] if self.strength >= 0 else None
        return TagRead(epc.hex().upper(), antenna, rssi_dbm)


@lru_cache(maxsize=64)
def _layout(flags: int) -> _Layout:
    places: dict[int, int] = {}
    at = 0
    for flag, size in _FIXED_BYTES:
        if flags & flag:
            places[flag], at = at, at + size
    later = sum(size for flag, size in _LATER_BYTES if flags & flag)
    return _Layout(places.get(_RSSI, -1), places.get(_ANTENNA, -1), bool(flags & _EMBEDDED), at, later)
