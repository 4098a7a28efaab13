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
from gateway.wire.items import NO_TAG, ROUND_FINISHED, Fault, Item, Status
from gateway.wire.stream import UNFINISHED, Frame, FrameDecoder, Spoilt, Unfinished, Verdict
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
from gateway.wire.thingmagic_tag import GHOST

_HEADER = 0xFF
_COMMAND_OVERHEAD, _ANSWER_OVERHEAD = 5, 7
MAX_DATA_BYTES = 248
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
        if crc16.unpadded(frame[1:-2]) != int.from_bytes(frame[-2:], "big"):
            return Spoilt(1, "crc")
        items = _answer(frame[2], frame[3] << 8 | frame[4], frame[5:-2])
        return Spoilt(len(frame), "tag crc") if items is GHOST else Frame(len(frame), items)


@dataclass(slots=True)
class ThingMagicCaptureDecoder(ThingMagicDecoder):
    """What was recorded on the line: both sides, told apart by which of the two lengths its CRC fits."""

    @override
    def judge(self, window: bytes, at: int) -> Verdict:
        length = self.extent(window, at)
        if not isinstance(length, int):
            return length
        # A frame that was read before is the module's, and need not be tried as the host's again.
        known = self.known(window[at : at + length])
        asked = window[at : at + length - _ANSWER_OVERHEAD + _COMMAND_OVERHEAD]
        if not known and len(asked) == length - _ANSWER_OVERHEAD + _COMMAND_OVERHEAD and _is_command(asked):
            name, parameters = thingmagic_codes.name(asked[2]), asked[3:-2].hex().upper()
            return Frame(len(asked), (Status("command", f"{name} {parameters}".rstrip()),))
        # Not `super()`: a slotted dataclass is made anew by its decorator, and `super()` would mean the old one.
        return known or FrameDecoder.judge(self, window, at)


def _is_command(frame: bytes) -> bool:
    return crc16.unpadded(frame[1:-2]) == int.from_bytes(frame[-2:], "big")


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
