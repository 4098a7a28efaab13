"""ThingMagic Mercury modules (M5e, M6e, Nano), 115200 8N1.

    host     FF  Len  Op                  data(Len)  CRC_H CRC_L
    module   FF  Len  Op  Status_H Status_L  data(Len)  CRC_H CRC_L

The CRC runs from Len to the data and is ThingMagic's own (`crc16.unpadded`). A module that reads continuously (2F)
sends one frame of operation 22 a tag, and once a second status 0400 without data: a sign of life, the end of a round.
Status 05xx means that the radio does not work (too hot, antenna off): then tags vanish that are still there.
Sources: Mercury serial reader reference (M5e developer's guide, "Command set") and captured sessions.
"""

from collections.abc import Callable
from dataclasses import dataclass

from typing_extensions import override

from gateway.wire import crc16, thingmagic_codes, thingmagic_tag
from gateway.wire.frames import FrameDecoder
from gateway.wire.items import NO_TAG, ROUND_FINISHED, Fault, Item, Status
from gateway.wire.stream import UNFINISHED, Frame, Spoilt, Unfinished, Verdict
from gateway.wire.thingmagic_codes import (
    BOOT,
    HARDWARE_VERSION,
    NO_TAGS_FOUND,
    READ_MULTIPLE,
    READ_SINGLE,
    STREAM,
    TAG_BUFFER,
    TEMPERATURE,
    VERSION,
)
from gateway.wire.thingmagic_tag import GHOST, MISFIT

_HEADER = 0xFF
_ANSWER_OVERHEAD = 7
# An answer's status; a host's frame of the same length byte is shorter by it.
_LONGER_ANSWER = 2
MAX_DATA_BYTES = 248
_STREAMED = bytes((READ_MULTIPLE,))
_VERSION_BYTES = 20
_SERIAL_AT = 4
SERIAL_NUMBER = b"\x00\x40"
"""Option and flag of the hardware version (10) that ask for the module's serial number."""


def command(code: int, parameters: bytes = b"") -> bytes:
    """The frame that tells the module to do something."""
    body = bytes((len(parameters), code)) + parameters
    return bytes((_HEADER,)) + body + crc16.unpadded(body).to_bytes(2, "big")


@dataclass(slots=True)
class ThingMagicDecoder(FrameDecoder):
    """See `ByteDecoder`: what a module says. Its host's frames have another length, and are none here."""

    head_bytes = 2

    @override
    def seek(self, window: bytes, at: int) -> int:
        found = at if window[at] == _HEADER else window.find(_HEADER, at)
        return found if found >= 0 else len(window)

    @override
    def extent(self, window: bytes, at: int) -> int | Spoilt | Unfinished:
        if len(window) - at < 2:
            return UNFINISHED
        length = window[at + 1]
        return Spoilt(1, "frame length") if length > MAX_DATA_BYTES else length + _ANSWER_OVERHEAD

    @override
    def read(self, frame: bytes) -> Frame | Spoilt:
        if not crc16.unpadded_holds(frame[1:]):
            return Spoilt(1, "crc")
        items = _answer(frame[2], frame[3] << 8 | frame[4], frame[5:-2])
        if items is GHOST or items is MISFIT:
            return Spoilt(len(frame), "tag crc" if items is GHOST else "tag length")
        return Frame(len(frame), items)

    @override
    def read_alike(self, frames: bytes, length: int) -> list[Item]:
        if frames[2::length].strip(_STREAMED) or frames[3::length].strip(b"\0") or frames[4::length].strip(b"\0"):
            return []
        if not all(crc16.unpadded_holds(frames[at + 1 : at + length]) for at in range(0, len(frames), length)):
            return []
        return thingmagic_tag.streamed_alike(frames, length, content_at=5)


@dataclass(slots=True)
class ThingMagicCaptureDecoder(ThingMagicDecoder):
    """What was recorded on the line: both sides, told apart by which of the two lengths its CRC fits."""

    @override
    def judge(self, window: bytes, at: int) -> Verdict:
        length = self.extent(window, at)
        if isinstance(length, int):
            asked = window[at : at + length - _LONGER_ANSWER]
            if len(asked) == length - _LONGER_ANSWER and _is_command(asked):
                return _command(asked)
        # Not `super()`: a slotted dataclass is made anew by its decorator, and `super()` would mean the old one.
        return FrameDecoder.judge(self, window, at)

    @override
    def read_alike(self, frames: bytes, length: int) -> list[Item]:
        asked = (frames[at : at + length - _LONGER_ANSWER] for at in range(0, len(frames), length))
        return [] if any(map(_is_command, asked)) else ThingMagicDecoder.read_alike(self, frames, length)

    @override
    def first_look(self, frame: bytes) -> Frame | Spoilt:
        asked = frame[:-_LONGER_ANSWER]
        return _command(asked) if _is_command(asked) else FrameDecoder.first_look(self, frame)


def _command(frame: bytes) -> Frame:
    told = f"{thingmagic_codes.name(frame[2])} {frame[3:-2].hex().upper()}"
    return Frame(len(frame), (Status("command", told.rstrip()),))


def _is_command(frame: bytes) -> bool:
    return crc16.unpadded_holds(frame[1:])


def _answer(code: int, status: int, content: bytes) -> tuple[Item, ...]:
    if status:
        return (_outcome(code, status),)
    told = _TOLD_BY.get(code, _untold)(content)
    return told or (Status("answer", f"{thingmagic_codes.name(code)} {content.hex().upper()}".rstrip()),)


def _untold(content: bytes) -> None:
    """An operation whose answer no reader of ours takes apart."""
    del content


def _outcome(code: int, status: int) -> Status | Fault:
    if status == NO_TAGS_FOUND:
        # In a continuous read this comes each second, whether or not there were tags.
        if code in {READ_MULTIPLE, STREAM}:
            return Status(ROUND_FINISHED, "no tag, or keep-alive")
        return Status(NO_TAG)
    told = f"status {status:04X}: {thingmagic_codes.fault(status)}"
    if thingmagic_codes.is_illness(status):
        return Fault(told)
    return Status("refused", f"{thingmagic_codes.name(code)}: {told}")


def _version(content: bytes) -> tuple[Item, ...] | None:
    """Boot loader, hardware, date and firmware as four bytes each, then the protocols as bits."""
    if len(content) < _VERSION_BYTES:
        return None
    loader, hardware, made, firmware, _ = (content[start : start + 4] for start in range(0, _VERSION_BYTES, 4))
    told = f"firmware {_dotted(firmware)} of {made.hex()}, hardware {_dotted(hardware)}, loader {_dotted(loader)}"
    return (Status("module-info", told),)


def _serial_number(content: bytes) -> tuple[Item, ...] | None:
    """Three bytes that repeat the question, a length, and as many characters; a module without a number gives none."""
    text = content[_SERIAL_AT:]
    if len(text) < 1 or content[_SERIAL_AT - 1] != len(text) or not text.strip(b"\x00 "):
        return None
    return (Status("device-id", text.strip(b"\x00 ").decode("ascii", "replace")),)


def _temperature(content: bytes) -> tuple[Item, ...] | None:
    if len(content) != 1:
        return None
    celsius = float(int.from_bytes(content, "big", signed=True))
    return (Status("temperature", "of the module itself", celsius=celsius),)


def _dotted(version: bytes) -> str:
    return ".".join(f"{octet:02X}" for octet in version)


_TOLD_BY: dict[int, Callable[[bytes], tuple[Item, ...] | None]] = {
    READ_MULTIPLE: thingmagic_tag.streamed,
    TAG_BUFFER: thingmagic_tag.buffered,
    READ_SINGLE: thingmagic_tag.single,
    VERSION: _version,
    BOOT: _version,
    HARDWARE_VERSION: _serial_number,
    TEMPERATURE: _temperature,
}
