"""M100, QM100 and R200 UHF modules, 115200 8N1 (vendor sheet "R200 user protocol" V2.3.3).

    header  type  command  PL_H PL_L  parameters  checksum  tail
    BB      00    ..       ..   ..    PL bytes    sum & FF  7E        most modules
    AA                                                      DD        R200 as its own vendor sells it

The checksum runs from the type to the last parameter. Header and tail values occur inside EPCs, so frames are found by
length, and a frame that fails costs one byte. The first good frame decides which of the two framings the port speaks.
A tag notice ends in the tag's own CRC-16 over PC and EPC (EPC Gen2, 6.3.1.5), which the reader passes on unchecked: a
second integrity check, and the one that unmasks ghost tags.
"""

import re
from binascii import crc_hqx
from dataclasses import dataclass, field
from zlib import adler32

from typing_extensions import override

from gateway.wire import gen2, m100_codes
from gateway.wire.frames import FrameDecoder
from gateway.wire.items import NO_TAG, Fault, Item, Status, TagRead
from gateway.wire.stream import UNFINISHED, Frame, Spoilt, Unfinished


@dataclass(frozen=True, slots=True)
class Framing:
    """First and last byte of every frame of a module."""

    header: int
    tail: int

    def command(self, code: int, parameters: bytes = b"") -> bytes:
        """The frame that tells the module to do something."""
        body = bytes((0, code, *len(parameters).to_bytes(2, "big"))) + parameters
        return bytes((self.header, *body, sum(body) & 0xFF, self.tail))

    def module_info(self) -> bytes:
        """Ask for the hardware version: answered by every healthy module, so the probe of choice."""
        return self.command(_MODULE_INFO, b"\x00")

    def single_poll(self) -> bytes:
        """One inventory round."""
        return self.command(_SINGLE_POLL)

    def multi_poll(self, count: int) -> bytes:
        """`count` inventory rounds, 1 to 65535."""
        return self.command(_MULTI_POLL, b"\x22" + count.to_bytes(2, "big"))

    def stop(self) -> bytes:
        """End a multi poll."""
        return self.command(_STOP)


BB7E = Framing(0xBB, 0x7E)
AADD = Framing(0xAA, 0xDD)

MAX_PARAMETERS = 136
"""The longest answer is a read: a length, PC, an EPC of at most 62 bytes and 64 bytes of memory. The rest is slack."""

_MODULE_INFO, _SINGLE_POLL, _MULTI_POLL, _STOP, _ERROR = 0x03, 0x22, 0x27, 0x28, 0xFF
_GET_POWER = 0xB7
_COMMAND, _ANSWER, _NOTICE = 0, 1, 2
_OVERHEAD = 7
# A frame, and in it strength, PC and the tag's own CRC.
_NOTICE_OVERHEAD = _OVERHEAD + 5
_TAG_NOTICE = bytes((_NOTICE, _SINGLE_POLL))
# Two's complement.
_DBM = tuple(float(octet - 256 if octet > 127 else octet) for octet in range(256))
_FRAMINGS = {BB7E.header: BB7E, AADD.header: AADD}
_EITHER_HEADER = re.compile(b"[\xbb\xaa]")
# A port that got its framing from noise must find the true one again.
_DOUBT_FRAMING_AFTER_BYTES = 256


@dataclass(slots=True)
class M100Decoder(FrameDecoder):
    """See `ByteDecoder`. The module has one antenna: 1."""

    head_bytes = 5
    framing: Framing | None = field(default=None, init=False)

    @override
    def seek(self, window: bytes, at: int) -> int:
        if self.framing:
            found = at if window[at] == self.framing.header else window.find(self.framing.header, at)
            return found if found >= 0 else len(window)
        match = _EITHER_HEADER.search(window, at)
        return match.start() if match else len(window)

    @override
    def extent(self, window: bytes, at: int) -> int | Spoilt | Unfinished:
        seen = len(window) - at
        if seen > 1 and window[at + 1] > _NOTICE:
            return Spoilt(1, "frame type")
        if seen < _OVERHEAD - 2:
            return UNFINISHED
        parameters = window[at + 3] << 8 | window[at + 4]
        return Spoilt(1, "frame length") if parameters > MAX_PARAMETERS else parameters + _OVERHEAD

    @override
    def read(self, frame: bytes) -> Frame | Spoilt:
        framing = _FRAMINGS[frame[0]]
        if frame[-1] != framing.tail:
            return Spoilt(1, "frame tail")
        if adler32(frame[1:-2], 0) & 0xFF != frame[-2]:
            return Spoilt(1, "checksum")
        verdict = _tag(frame) if frame.startswith(_TAG_NOTICE, 1) else _meaning(frame)
        if isinstance(verdict, Frame):
            self.framing = framing
        return verdict

    @override
    def read_alike(self, frames: bytes, length: int) -> list[Item]:
        size, places = length - _NOTICE_OVERHEAD, range(0, len(frames), length)
        if not frames.startswith(_TAG_NOTICE, 1) or frames[6::length].strip(gen2.pcs(size)):
            return []
        if frames[length - 1 :: length].strip(bytes((_FRAMINGS[frames[0]].tail,))):
            return []
        sums = bytes([adler32(frames[at + 1 : at + length - 2], 0) & 0xFF for at in places])
        crcs = {crc_hqx(frames[at + 6 : at + length - 2], gen2.CRC_START) for at in places}
        if sums != frames[length - 2 :: length] or crcs != {gen2.CRC_REMAINDER}:
            return []
        told, first, end = frames.hex().upper(), 16, 16 + 2 * size
        return [
            TagRead(told[2 * at + first : 2 * at + end], 1, _DBM[strength])
            for at, strength in zip(places, frames[5::length], strict=True)
        ]

    @override
    def doubts_after(self) -> int:
        return _DOUBT_FRAMING_AFTER_BYTES if self.framing else 0

    @override
    def doubt(self) -> None:
        self.framing = None
        # Frames of the framing in doubt would be recognised without being looked at.
        self.forget()


@dataclass(slots=True)
class M100CaptureDecoder(M100Decoder):
    """Reads what was tapped off a line: both framings, since a host that meets a module greets it in either."""

    @override
    def read(self, frame: bytes) -> Frame | Spoilt:
        verdict = M100Decoder.read(self, frame)
        self.framing = None
        return verdict


def _meaning(frame: bytes) -> Frame | Spoilt:
    kind, command, parameters = frame[1], frame[2], frame[5:-2]
    if kind == _ANSWER and command == _ERROR and parameters:
        items: tuple[Item, ...] = (_error(parameters[0], parameters[1:]),)
    elif kind == _ANSWER:
        items = _answer(command, parameters)
    else:
        told = f"{m100_codes.name(command)} {parameters.hex().upper()}".rstrip()
        items = (Status("command" if kind == _COMMAND else "notice", told),)
    return Frame(len(frame), items)


def _tag(frame: bytes) -> Frame | Spoilt:
    """`RSSI PC EPC CRC`: an EPC is not always 12 bytes, the PC says how long it is."""
    length = len(frame)
    size = length - _NOTICE_OVERHEAD
    if size <= 0 or size != frame[6] >> 3 << 1:
        return Spoilt(length, "tag length")
    if crc_hqx(frame[6:-2], gen2.CRC_START) != gen2.CRC_REMAINDER:
        return Spoilt(length, "tag crc")
    epc = gen2.without_extension(frame[6], frame[8:-4]) if frame[6] & gen2.EXTENDED else frame[8:-4]
    return Frame(length, (TagRead(epc.hex().upper(), 1, _DBM[frame[5]]),)) if epc else Spoilt(length, "tag length")


def _answer(command: int, parameters: bytes) -> tuple[Item, ...]:
    name = m100_codes.name(command)
    if command == _MODULE_INFO:
        return (Status("module-info", parameters[1:].decode("ascii", "replace")),)
    if command == _GET_POWER and len(parameters) == 2:
        return (Status("answer", f"{name} {int.from_bytes(parameters, 'big') / 100:.2f} dBm"),)
    if command in m100_codes.ACCESSES:
        epc, told = _accessed(parameters)
        if epc:
            return TagRead(epc, 1), Status("answer", f"{name} {told.hex().upper()}", tag=epc)
    return (Status("answer", f"{name} {parameters.hex().upper()}".rstrip()),)


def _accessed(parameters: bytes) -> tuple[str, bytes]:
    """`UL PC EPC` of the tag that was accessed, and what follows; no EPC if it is not told."""
    size = parameters[0] if parameters else 0
    tag = parameters[1 : 1 + size]
    if len(tag) != size or size <= gen2.PC_BYTES or size != gen2.PC_BYTES + gen2.epc_bytes(tag[0]):
        return "", parameters
    return gen2.number(gen2.without_extension(tag[0], tag[gen2.PC_BYTES :])), parameters[1 + size :]


def _error(code: int, told: bytes) -> Status | Fault:
    """Error 15 is an empty shelf. A tag's own errors name the tag, and are no sighting of it by an inventory."""
    if code == m100_codes.NO_TAG:
        return Status(NO_TAG)
    reason = f"error {code:02X}: {m100_codes.error(code)}"
    if code in m100_codes.ILL:
        return Fault(reason)
    return Status("refused", reason, tag=_accessed(told)[0])
