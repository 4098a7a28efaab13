"""An M100, QM100 or R200 UHF reader module on a serial port, 115200 8N1.

    python -m firmware_mocks.m100_uhf --link /tmp/by-id/usb-M100 [--framing bb|aa]

Frame (R200 user protocol V2.3.3): header BB or AA, type (00 command, 01 answer, 02 tag notice), command, parameter
length (2 bytes, big endian), parameters, checksum (sum of the bytes from type to the last parameter, modulo 256),
tail 7E or DD. A tag notice carries RSSI (two's complement dBm), PC, EPC and the tag's own Gen2 CRC-16 over PC and EPC.

Answers module info (03), single poll (22), multi poll (27), stop (28), set and get power (B6, B7), set select (0C),
select mode (12), region (07, 08), sleep (17, 1D); error 15 to a poll of an empty field, error 17 to anything else.
A command with a bad checksum is ignored. Command: `field`. Faults: those of a serial line, `flicker`, `ghost`.
"""

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from firmware_mocks.clock import Pace
from firmware_mocks.control import (
    CommandError,
    Request,
    Setting,
    common_options,
    run,
    serial_options,
    setting,
)
from firmware_mocks.faults import LINE_FAULTS, FaultyLine
from firmware_mocks.field import FIELD_FAULTS, Field, Read
from firmware_mocks.links import PtyLink

FAULTS = {**LINE_FAULTS, **FIELD_FAULTS}

_COMMAND, _ANSWER, _NOTICE = 0x00, 0x01, 0x02
_INFO, _REGION, _GET_REGION, _SET_SELECT, _SELECT_MODE = 0x03, 0x07, 0x08, 0x0C, 0x12
_SLEEP, _IDLE_SLEEP, _SINGLE_POLL, _MULTI_POLL, _STOP = 0x17, 0x1D, 0x22, 0x27, 0x28
_SET_POWER, _GET_POWER, _ERROR = 0xB6, 0xB7, 0xFF
_NO_TAG, _BAD_COMMAND = 0x15, 0x17
_MOST_PARAMETERS = 256
_ROUND_MS = 100
_ROUND_FLOOR_SECONDS = 0.05
_INFO_TEXTS = {0: b"M100 26dBm V1.0", 1: b"V2.3.5", 2: b"MagicRF"}


@dataclass(frozen=True, slots=True)
class Framing:
    """The two bytes that differ between the two families of modules."""

    header: int
    tail: int


FRAMINGS = {"bb": Framing(0xBB, 0x7E), "aa": Framing(0xAA, 0xDD)}


def gen2_crc(octets: bytes) -> int:
    """CRC-16 of a Gen2 tag: polynomial 1021, start FFFF, inverted."""
    crc = 0xFFFF
    for octet in octets:
        crc ^= octet << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return crc ^ 0xFFFF


def frame(framing: Framing, kind: int, command: int, parameters: bytes) -> bytes:
    """One frame on the wire."""
    body = struct.pack(">BBH", kind, command, len(parameters)) + parameters
    return bytes([framing.header]) + body + bytes([sum(body) & 0xFF, framing.tail])


def tag_notice(framing: Framing, read: Read) -> bytes:
    """The notice of one tag; a ghost keeps the CRC of the tag that was there."""
    pc = read.tag.pc.to_bytes(2, "big")
    rssi = max(-128, min(127, round(read.rssi_dbm)))
    crc = gen2_crc(pc + read.tag.epc)
    parameters = struct.pack(">b", rssi) + pc + read.reported_epc + crc.to_bytes(2, "big")
    return frame(framing, _NOTICE, _SINGLE_POLL, parameters)


class Module:
    """The module's state and its answers."""

    def __init__(self, link: PtyLink, common: Setting, framing: Framing) -> None:
        """A module that was just powered: not polling, 20 dBm."""
        self._link, self._framing = link, framing
        self._field = Field(common.plan, seed=common.seed)
        self._line = FaultyLine(common.plan, spoil_check=_spoil_checksum, late_seconds=common.late_seconds)
        self._pace = Pace(_ROUND_MS, floor_seconds=_ROUND_FLOOR_SECONDS)
        self._heard = b""
        self._rounds_left = 0
        self._power = struct.pack(">H", 2000)
        self._region = b"\x01"
        self._counts = {"frames": 0, "tag_notices": 0, "commands": 0, "rounds": 0}

    def receive(self, octets: bytes, now_ms: int) -> None:
        """Hear command bytes."""
        if not octets:
            return
        self._heard += octets
        for command, parameters in self._commands():
            self._counts["commands"] += 1
            self._act(command, parameters, now_ms)

    def advance(self, now_ms: int) -> None:
        """Go on with a multi poll."""
        # A round that would overrun the wire is not begun: the radio waits for the UART.
        if self._rounds_left and self._link.idle() and self._pace.due(now_ms):
            self._rounds_left -= 1
            self._poll(now_ms)

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey `field`."""
        del now_ms
        if command != "field":
            raise CommandError(f"unknown command {command!r}")
        self._field.replace(request)
        return {"tags": len(self._field.tags)}

    def counters(self) -> dict[str, object]:
        """Frames, tag notices, commands and rounds."""
        return {**self._counts}

    def _commands(self) -> Iterator[tuple[int, bytes]]:
        """Take whole commands out of what was heard; on any misfit, one byte is skipped."""
        while len(self._heard) >= 7:
            header, kind, command, length = struct.unpack_from(">BBBH", self._heard)
            if header != self._framing.header or kind != _COMMAND or length > _MOST_PARAMETERS:
                self._heard = self._heard[1:]
                continue
            if len(self._heard) < length + 7:
                return
            whole = self._heard[: length + 7]
            if whole != frame(self._framing, kind, command, whole[5:-2]):
                self._heard = self._heard[1:]
                continue
            self._heard = self._heard[length + 7 :]
            yield command, whole[5:-2]

    def _act(self, command: int, parameters: bytes, now_ms: int) -> None:
        if command == _SINGLE_POLL:
            self._poll(now_ms)
        elif command == _MULTI_POLL and len(parameters) == 3:
            self._rounds_left = int.from_bytes(parameters[1:], "big")
        else:
            if command == _STOP:
                self._rounds_left = 0
            answer = self._answer(command, parameters)
            if answer is None:
                self._send(_ERROR, bytes([_BAD_COMMAND]), now_ms)
            else:
                self._send(command, answer, now_ms)

    def _answer(self, command: int, parameters: bytes) -> bytes | None:
        """The parameters of the answer; None for a command that the module does not know."""
        if command == _INFO and parameters[:1] and parameters[0] in _INFO_TEXTS:
            return parameters[:1] + _INFO_TEXTS[parameters[0]]
        if command == _SET_POWER and len(parameters) == 2:
            self._power = parameters
        if command == _REGION and len(parameters) == 1:
            self._region = parameters
        settled = {_GET_POWER: self._power, _GET_REGION: self._region}
        accepted = {_STOP, _SET_POWER, _REGION, _SET_SELECT, _SELECT_MODE, _SLEEP, _IDLE_SLEEP}
        return b"\x00" if command in accepted else settled.get(command)

    def _poll(self, now_ms: int) -> None:
        """One inventory round."""
        self._counts["rounds"] += 1
        reads = list(self._field.round(now_ms))
        for read in reads:
            self._counts["tag_notices"] += 1
            self._put(tag_notice(self._framing, read), now_ms)
        if not reads:
            self._send(_ERROR, bytes([_NO_TAG]), now_ms)

    def _send(self, command: int, parameters: bytes, now_ms: int) -> None:
        self._put(frame(self._framing, _ANSWER, command, parameters), now_ms)

    def _put(self, octets: bytes, now_ms: int) -> None:
        self._counts["frames"] += 1
        for emission in self._line.send(octets, now_ms).emissions:
            self._link.send(emission.octets, after_seconds=emission.after_seconds)


def _spoil_checksum(octets: bytes) -> bytes:
    return octets[:-2] + bytes([octets[-2] ^ 1 << random.Random(octets).randrange(8), octets[-1]])


def main() -> None:
    """Run the module until stdin ends."""
    parser = common_options(__doc__ or "")
    serial_options(parser, baud=115200)
    parser.add_argument("--framing", choices=sorted(FRAMINGS), default="bb", help="BB..7E or AA..DD")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    link = PtyLink(options.link, baud=options.baud)
    run(Module(link, common, FRAMINGS[options.framing]), link, common)


if __name__ == "__main__":
    main()
