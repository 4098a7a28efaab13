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

from typing_extensions import override

from gateway.wire.items import NO_TAG, Fault, Item, Status, TagRead
from gateway.wire.stream import UNFINISHED, Frame, Spoilt, StreamDecoder, Verdict


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

MAX_PARAMETERS = 80
"""The longest answer is a tag notice: RSSI, PC, an EPC of at most 62 bytes and its CRC. The rest is slack."""

_MODULE_INFO, _SINGLE_POLL, _MULTI_POLL, _STOP, _ERROR = 0x03, 0x22, 0x27, 0x28, 0xFF
_COMMAND, _ANSWER, _NOTICE = 0, 1, 2
_OVERHEAD = 7
_COMMAND_NAMES = {
    _MODULE_INFO: "module-info",
    0x07: "set-region",
    0x08: "get-region",
    0x0C: "set-select",
    0x12: "select-mode",
    0x17: "sleep",
    0x1D: "idle-sleep",
    _SINGLE_POLL: "single-poll",
    _MULTI_POLL: "multi-poll",
    _STOP: "stop",
    0x39: "read",
    0x49: "write",
    0xB6: "set-power",
    0xB7: "get-power",
}
_ERRORS = {0x09: "read failed", 0x10: "write failed", 0x16: "access failed", 0x17: "bad command"}
_NO_TAG, _NO_FREE_CHANNEL = 0x15, 0x20
_FRAMINGS = {BB7E.header: BB7E, AADD.header: AADD}
_EITHER_HEADER = re.compile(b"[\xbb\xaa]")
# A port that got its framing from noise must find the true one again.
_DOUBT_FRAMING_AFTER_BYTES = 256
# A shelf is the same few hundred tags over and over: a frame seen before needs no second look.
_KNOWN_FRAMES = 4096


@dataclass(slots=True)
class M100Decoder(StreamDecoder):
    """See `ByteDecoder`. The module has one antenna: 1."""

    framing: Framing | None = field(default=None, init=False)
    _known: dict[bytes, Frame] = field(default_factory=dict, init=False)

    @override
    def seek(self, window: bytes, at: int) -> int:
        if self.framing:
            found = at if window[at] == self.framing.header else window.find(self.framing.header, at)
            return found if found >= 0 else len(window)
        match = _EITHER_HEADER.search(window, at)
        return match.start() if match else len(window)

    @override
    def judge(self, window: bytes, at: int) -> Verdict:
        head = window[at + 1 : at + 5]
        if head and head[0] > _NOTICE:
            return Spoilt(1, "frame type")
        if len(head) < 4:
            return UNFINISHED
        length = _OVERHEAD + (head[2] << 8 | head[3])
        if length > _OVERHEAD + MAX_PARAMETERS:
            return Spoilt(1, "frame length")
        frame = window[at : at + length]
        known = self._known.get(frame)
        if known:
            return known
        if len(frame) < length:
            return UNFINISHED
        return self._judge_whole(frame)

    @override
    def noise_grew(self, count: int) -> None:
        if count >= _DOUBT_FRAMING_AFTER_BYTES and self.framing:
            self.framing = None
            self._known.clear()

    def _judge_whole(self, frame: bytes) -> Verdict:
        framing = _FRAMINGS[frame[0]]
        if frame[-1] != framing.tail:
            return Spoilt(1, "frame tail")
        if sum(frame[1:-2]) & 0xFF != frame[-2]:
            return Spoilt(1, "checksum")
        verdict = _meaning(frame)
        if isinstance(verdict, Frame):
            self.framing = framing
            if len(self._known) >= _KNOWN_FRAMES:
                self._known.clear()
            self._known[frame] = verdict
        return verdict


def _meaning(frame: bytes) -> Frame | Spoilt:
    kind, command, parameters = frame[1], frame[2], frame[5:-2]
    if kind == _NOTICE and command == _SINGLE_POLL:
        return _tag(frame, parameters)
    name = _COMMAND_NAMES.get(command, f"{command:02X}")
    item: Item
    if kind == _COMMAND:
        item = Status("command", f"{name} {parameters.hex().upper()}".rstrip())
    elif kind == _ANSWER and command == _ERROR and parameters:
        item = _error(parameters[0])
    elif kind == _ANSWER and command == _MODULE_INFO:
        item = Status("module-info", parameters[1:].decode("ascii", "replace"))
    else:
        item = Status("answer", f"{name} {parameters.hex().upper()}".rstrip())
    return Frame(len(frame), (item,))


def _tag(frame: bytes, parameters: bytes) -> Frame | Spoilt:
    epc = parameters[3:-2]
    # PC bits 15..11 count the EPC's 16-bit words: an EPC is not always 12 bytes.
    if len(parameters) < 5 or not epc or len(epc) != 2 * (parameters[1] >> 3):
        return Spoilt(len(frame), "tag length")
    if crc_hqx(parameters[1:-2], 0xFFFF) ^ 0xFFFF != int.from_bytes(parameters[-2:], "big"):
        return Spoilt(len(frame), "tag crc")
    rssi_dbm = parameters[0] - 256 if parameters[0] > 127 else parameters[0]
    return Frame(len(frame), (TagRead(epc.hex().upper(), 1, float(rssi_dbm)),))


def _error(code: int) -> Status | Fault:
    if code == _NO_TAG:
        return Status(NO_TAG)
    if code == _NO_FREE_CHANNEL:
        return Fault("error 20: no free channel to transmit on")
    return Status("refused", f"error {code:02X}: {_ERRORS.get(code, 'the tag or the module refused')}")
