"""Chafon UHF readers with a CRC: UHFReader288 (four or eight antennas), UHFReader18, 86 and relatives, 57600 8N1.

    host     Len  Adr  Cmd          data  CRC_L CRC_H       Len counts what follows it
    reader   Len  Adr  Cmd  Status  data  CRC_L CRC_H

The CRC is the reflected CRC-16 (8408, start FFFF). There is no header: a length and a CRC that fits are the frame.
An inventory answers in parts: status 03 announces more frames, 01 is the last, 02 ran out of time, 04 out of memory.
Its data are, for the 288, `Ant Num {Len EPC RSSI}` with the antennas as bits; for the 18, `Num {Len EPC}`. Where the
length's highest bit is set, the tag's TID follows the EPC (FastID). The scale of the RSSI is not documented: it is left
out. Sources: vendor user's manuals of UHFReader18 V2.0 and of the UR series V1.14, section 8.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from typing_extensions import override

from gateway.wire import crc16, gen2
from gateway.wire.chafon_codes import ILL, NAMES, STATUSES
from gateway.wire.frames import FrameDecoder
from gateway.wire.items import NO_TAG, ROUND_FINISHED, ROUND_PARTIAL, Fault, Item, Status, TagRead
from gateway.wire.stream import Frame, Spoilt, Unfinished

ANY_ADDRESS = 0xFF
INVENTORY, READER_INFO, SET_POWER, SERIAL_NUMBER, ACTIVE = 0x01, 0x21, 0x2F, 0x4C, 0xEE
FINISHED, TIMED_OUT, MORE, FULL = 0x01, 0x02, 0x03, 0x04

_FEWEST = 4
_ANSWER_FEWEST = 5
_STATISTICS, _HEARTBEAT, _NO_TAG = 0x26, 0x28, 0xFB
_INVENTORIES = {INVENTORY, 0x0F, 0x18, 0x19, 0x1A, 0x1B, 0x1C}
_PARTIAL = {0x00, FINISHED, TIMED_OUT, MORE, FULL, *ILL}
_ENDS = {0x00, FINISHED}
_BUFFER = 0x72
_TEMPERATURES = {0x42, 0x92}
_INFO_BYTES = 8
_SERIAL_BYTES = 4
_TID_BYTES = 12
_BEFORE_MASK = 6
_FAST_ID = 0x80
_LENGTH = 0x7F


def command(code: int, parameters: bytes = b"", *, address: int = ANY_ADDRESS) -> bytes:
    """The frame that tells the reader to do something."""
    frame = bytes((len(parameters) + 4, address, code)) + parameters
    return frame + crc16.reflected(frame)


def inventory(antenna: int, *, scan_tenths: int = 10) -> bytes:
    """One inventory of a UHFReader288 on one antenna (from 1), Q 4, session 0, for so many tenths of a second."""
    # Mask: EPC memory, from bit 0, no bits; target A.
    return command(INVENTORY, bytes((4, 0, 1, 0, 0, 0, 0, 0x7F + antenna, scan_tenths)))


@dataclass(slots=True)
class ChafonDecoder(FrameDecoder):
    """See `ByteDecoder`."""

    head_bytes = 1

    @override
    def seek(self, window: bytes, at: int) -> int:
        return at

    @override
    def extent(self, window: bytes, at: int) -> int | Spoilt | Unfinished:
        return Spoilt(1, "frame length") if window[at] < _FEWEST else window[at] + 1

    @override
    def read(self, frame: bytes) -> Frame | Spoilt:
        if not crc16.reflected_holds(frame):
            return Spoilt(1, "crc")
        address, code, body = frame[1], frame[2], frame[3:-2]
        items = None if address == ANY_ADDRESS or frame[0] < _ANSWER_FEWEST else _answer(code, body[0], body[1:])
        if not items and address != ANY_ADDRESS and code == INVENTORY and not _may_ask(body):
            return Spoilt(len(frame), "tags that do not add up")
        return Frame(len(frame), items or (_command(code, body),))

    @override
    def read_alike(self, frames: bytes, length: int) -> list[Item]:
        return _inventories_alike(frames, length) if crc16.all_reflected_hold(frames, length) else []


def _answer(code: int, status: int, content: bytes) -> tuple[Item, ...] | None:
    """What a frame says as a reader's; None where no reader says that."""
    if code in _INVENTORIES:
        return _inventoried(status, content)
    if code == ACTIVE:
        return _active(status, content)
    if code == _BUFFER and status in {FINISHED, MORE}:
        tags = _counted(content, _buffered_tag)
        return None if tags is None else (*tags, *_ended(status))
    if status not in STATUSES:
        return None
    return (_outcome(code, status, content) if status else _done(code, content),)


def _may_ask(body: bytes) -> bool:
    """Whether a host may ask for an inventory so: `Q Session [Mem Adr(2) Len Mask] [TID(2)] [Target Ant Time]`."""
    size = len(body)
    masked = size - _BEFORE_MASK - (body[_BEFORE_MASK - 1] + 7) // 8 if size >= _BEFORE_MASK else -1
    return size in {0, 2, 4, 5, 7} or masked in {0, 2, 3, 5}


def _done(code: int, content: bytes) -> Status:
    if code == READER_INFO and len(content) >= _INFO_BYTES:
        return _reader_info(content)
    if code == SERIAL_NUMBER and len(content) == _SERIAL_BYTES and any(content):
        return Status("device-id", content.hex().upper())
    if code in _TEMPERATURES and len(content) in {1, 2}:
        # A sign (00 is below zero) may come before the degrees.
        celsius = float(-content[1] if len(content) > 1 and not content[0] else content[-1])
        return Status("temperature", "of the reader itself", celsius=celsius)
    return Status("answer", f"{_name(code)} {content.hex().upper()}".rstrip())


def _inventoried(status: int, content: bytes) -> tuple[Item, ...] | None:
    if status == _STATISTICS and len(content) == 7:
        reads = int.from_bytes(content[3:], "big")
        return (Status("answer", f"inventory: {reads} reads", _antenna(content[0])),)
    if status not in _PARTIAL or (status in ILL and len(content) == 1):
        return (_outcome(INVENTORY, status, content),) if status in STATUSES else None
    tags = _tags(content)
    if tags is None:
        return None
    if status in ILL:
        return (*tags, _outcome(INVENTORY, status, content))
    if status == FINISHED and not tags and len(content) <= 1:
        return (Status(NO_TAG),)
    ended = (Status(ROUND_PARTIAL),) if status in _ENDS and _names_several(content) else ()
    return (*tags, *(ended or _ended(status, _heard_on(tags, content)))) or (Status("more-data"),)


def _heard_on(tags: tuple[TagRead, ...], content: bytes) -> int:
    """The antenna of a round: that of its tags, since only some readers begin with one; 0 where it is not told."""
    if tags:
        return tags[0].antenna
    return _antenna(content[0]) if len(content) > 1 else 0


def _names_several(content: bytes) -> bool:
    """Whether a round begins with several antennas: which of them it completed nobody can say."""
    several = len(content) > 1 and content[0] & (content[0] - 1)
    return bool(several) and _counted(content[1:], lambda rest: _tag(rest, 0, strength_bytes=1)) is not None


def _ended(status: int, antenna: int = 0) -> tuple[Item, ...]:
    """What an inventory's status means for the round."""
    if status in _ENDS:
        return (Status(ROUND_FINISHED, "", antenna),)
    if status == MORE:
        return ()
    return (Status("round-cut", STATUSES[status], antenna),)


def _tags(content: bytes) -> tuple[TagRead, ...] | None:
    """The tags of an inventory frame in whichever of the two forms fits to the last byte."""
    if not content:
        return ()
    if len(content) > 1:
        antenna = _antenna(content[0])
        if plain := _plain(content, antenna):
            return plain

        def on_antenna(rest: bytes) -> tuple[TagRead, int] | None:
            return _tag(rest, antenna, strength_bytes=1)

        tags = _counted(content[1:], on_antenna)
        if tags is not None:
            return tags
    tags = _counted(content, lambda rest: _tag(rest, 0, strength_bytes=0))
    if tags is None:
        # UHFReader86 and relatives: no antenna, but a strength.
        tags = _counted(content, lambda rest: _tag(rest, 0, strength_bytes=1))
    return tags


def _plain(content: bytes, antenna: int) -> tuple[TagRead, ...]:
    """`Ant Num {Len EPC RSSI}` whose EPCs are all of one length, without TIDs, at once; none if it is any other."""
    size = content[2] if len(content) > 2 else 0
    record = size + 2
    fits = 0 < size < _FAST_ID and not size & 1 and len(content) == 2 + content[1] * record
    if not fits or content[2::record].strip(content[2:3]):
        return ()
    told = content.hex().upper()
    return tuple([TagRead(told[at : at + 2 * size], antenna) for at in range(6, len(told), 2 * record)])


def _inventories_alike(frames: bytes, length: int) -> list[Item]:
    """What inventories of as many tags say, all EPCs of one length; none unless all frames are that, and end alike."""
    address, code, status, content = frames[1], frames[2], frames[3], frames[4 : length - 2]
    no_round = address == ANY_ADDRESS or code not in _INVENTORIES or status not in {*_ENDS, MORE}
    if no_round or not _plain(content, 0):
        return []
    record, ends = content[2] + 2, length - 2
    # All but antennas, EPCs and their strengths is the same in each.
    if any(frames[at::length].strip(frames[at : at + 1]) for at in (1, 2, 3, 5, *range(6, ends, record))):
        return []
    told, size, places = frames.hex().upper(), 2 * content[2], range(6, ends, record)
    antennas = [_ANTENNAS[mask] for mask in frames[4::length]]
    if status in _ENDS and 0 in antennas:
        return []
    # One column for each tag of a frame, and one for its end, if that says anything.
    columns: list[Iterable[Item]] = [
        map(TagRead, [told[at : at + size] for at in range(2 * place + 2, len(told), 2 * length)], antennas)
        for place in places
    ]
    ended = [_ended(status, antenna) for antenna in range(9)]
    columns += [[ended[antenna][0] for antenna in antennas]] if ended[0] else []
    return list(chain.from_iterable(zip(*columns, strict=True)))


def _counted(content: bytes, read: Callable[[bytes], tuple[TagRead, int] | None]) -> tuple[TagRead, ...] | None:
    """`Num` tags and nothing behind them; None if it does not come out even."""
    if not content:
        return None
    tags: list[TagRead] = []
    rest = content[1:]
    for _ in range(content[0]):
        found = read(rest)
        if found is None:
            return None
        tags.append(found[0])
        rest = rest[found[1] :]
    return None if rest else tuple(tags)


def _tag(content: bytes, antenna: int, *, strength_bytes: int) -> tuple[TagRead, int] | None:
    """`Len EPC [TID] [RSSI]` and how many bytes that took; an EPC counts in words."""
    if not content:
        return None
    size, end = content[0] & _LENGTH, 1 + (content[0] & _LENGTH)
    tid_bytes = _TID_BYTES if content[0] & _FAST_ID else 0
    if not size or size % 2 or size <= tid_bytes or len(content) < end + strength_bytes:
        return None
    epc, tid = content[1 : end - tid_bytes], content[end - tid_bytes : end]
    return TagRead(gen2.number(epc), antenna, None, gen2.number(tid) or None), end + strength_bytes


def _buffered_tag(content: bytes) -> tuple[TagRead, int] | None:
    """`Ant Len EPC RSSI Count`: one tag of the reader's buffer."""
    found = _tag(content[1:], _antenna(content[0]), strength_bytes=2) if content else None
    return None if found is None else (found[0], found[1] + 1)


def _active(status: int, content: bytes) -> tuple[Item, ...] | None:
    """A reader that reports by itself: `Ant Len EPC RSSI`, or a heartbeat when there is nothing to report."""
    if status == _HEARTBEAT:
        return (Status("heartbeat", content.hex().upper()),)
    found = _tag(content[1:], _antenna(content[0]), strength_bytes=1) if content and not status else None
    if found is None or found[1] + 1 != len(content):
        return None
    return (found[0],)


def _antenna(mask: int) -> int:
    """The antenna of the one bit that is set; 0 where it is none or several: which one heard it nobody can say."""
    return 0 if mask & (mask - 1) else mask.bit_length()


_ANTENNAS = tuple(map(_antenna, range(256)))


def _outcome(code: int, status: int, content: bytes) -> Status | Fault:
    told = f"status {status:02X}: {STATUSES[status]}"
    if status in ILL:
        return Fault(told, _antenna(content[0]) if content else 0)
    if status == _NO_TAG:
        return Status(NO_TAG, _name(code))
    return Status("refused", f"{_name(code)}: {told}")


def _reader_info(content: bytes) -> Status:
    version, kind, power = f"{content[0]}.{content[1]}", content[2], content[6]
    return Status("module-info", f"firmware {version}, type {kind:02X}, {power} dBm")


def _command(code: int, body: bytes) -> Status:
    return Status("command", f"{_name(code)} {body.hex().upper()}".rstrip())


def _name(code: int) -> str:
    return NAMES.get(code, f"{code:02X}")
