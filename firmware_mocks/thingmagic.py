"""A ThingMagic M6e module on a serial port, 115200 8N1.

    python -m firmware_mocks.thingmagic --link /tmp/by-id/usb-M6e [--number M6E0001]

Frame: FF, length of the data, operation, (module: status, two bytes,) data, CRC. The CRC shifts in half a byte at a
time and adds the multiple of 1021 that falls out. The module wakes in its boot loader, where it knows version (03) and
boot (04) only and answers 0101 to the rest. It tells its serial number (10, option 00, flag 40), if it has one.
Configured (91, 93, 97, 9A) and told to read (2F, option 01), it sends a frame of operation 22 for each tag and a keep-
alive (0400) each second, 0504 when it is hot and 0503 for a lost antenna, until it is told to stop (2F, option 02). A
reboot ends in the boot loader. Commands and faults: `serial_reader`.
"""

import struct

from firmware_mocks.clock import Pace
from firmware_mocks.control import Request, common_options, run, serial_options, setting
from firmware_mocks.field import Read
from firmware_mocks.links import PtyLink
from firmware_mocks.m100_uhf import gen2_crc
from firmware_mocks.serial_reader import FAULTS, Board, SerialReader, spoil_last

_VERSION, _BOOT, _STREAM, _READ, _SET_ANTENNAS = 0x03, 0x04, 0x2F, 0x22, 0x91
_SET_REGION, _HARDWARE = 0x97, 0x10
_SETTINGS = {_SET_ANTENNAS, 0x92, 0x93, _SET_REGION, 0x9A}
_UNKNOWN, _NO_TAG, _LOST, _HOT = 0x0101, 0x0400, 0x0503, 0x0504
_LOADER_VERSION = bytes.fromhex("1301230001000003") + bytes(8) + b"\x00\x00\x00\x10"
_FIRMWARE_VERSION = bytes.fromhex("1301230001000003201410070107020900000010")
_TURN_MS, _KEEP_ALIVE_MS = 200, 1000
_TURN_FLOOR_SECONDS = 0.05


def checksum(octets: bytes) -> int:
    """ThingMagic's CRC."""
    crc = 0xFFFF
    for octet in octets:
        for half in (octet >> 4, octet & 15):
            out, crc = crc >> 12, (crc << 4 | half) & 0xFFFF
            crc ^= out * 0x1021
    return crc


def frame(operation: int, status: int, content: bytes = b"") -> bytes:
    """One frame of the module."""
    body = struct.pack(">BBH", len(content), operation, status) + content
    return b"\xff" + body + struct.pack(">H", checksum(body))


def tag_content(read: Read, *, since_keep_alive_ms: int) -> bytes:
    """What operation 22 tells of one tag, with all metadata."""
    pc = struct.pack(">H", read.tag.pc)
    crc = gen2_crc(pc + read.tag.epc)
    strength = max(-128, min(127, round(read.rssi_dbm)))
    port = (read.tag.antenna & 15) << 4 | read.tag.antenna & 15
    metadata = struct.pack(">BbB", 1, strength, port) + (920625).to_bytes(3, "big")
    metadata += struct.pack(">IHBHB", since_keep_alive_ms, 90, 5, 0, 0)
    number = pc + read.reported_epc + struct.pack(">H", crc)
    return b"\x10\x00\x1b\x01\xff\x01" + metadata + struct.pack(">H", len(number) * 8) + number


class Module:
    """The module's state and its answers."""

    def __init__(self, board: Board, number: str = "") -> None:
        """A module that was just powered; `number` is its serial number."""
        self.board, self.number = board, number.encode()
        self._booted = self._reading = False
        self._antennas: frozenset[int] = frozenset()
        self._region = 0
        self._turn = Pace(_TURN_MS, floor_seconds=_TURN_FLOOR_SECONDS)
        self._kept_alive_ms = 0

    def power_up(self) -> None:
        """The boot loader, and no settings."""
        self._booted = self._reading = False
        self._antennas, self._region = frozenset(), 0

    def place(self, request: Request) -> None:
        """Of its tags nothing but the number is read."""

    def take(self, heard: bytes) -> tuple[bytes, bytes] | None:
        """See `Firmware`."""
        start = heard.find(0xFF)
        if start < 0 or len(heard) < start + 2 or len(heard) < start + heard[start + 1] + 5:
            return None
        end = start + heard[start + 1] + 5
        body, crc = heard[start + 1 : end - 2], heard[end - 2 : end]
        if struct.pack(">H", checksum(body)) != crc:
            return b"", heard[start + 1 :]
        return body[1:], heard[end:]

    def act(self, command: bytes, now_ms: int) -> None:
        """See `Firmware`."""
        operation, content = command[0], command[1:]
        if operation == _VERSION:
            self.board.put(frame(_VERSION, 0, _FIRMWARE_VERSION if self._booted else _LOADER_VERSION), now_ms)
        elif operation == _BOOT and not self._booted:
            self._booted = True
            self.board.put(frame(_BOOT, 0, _FIRMWARE_VERSION), now_ms)
        elif not self._booted:
            self.board.put(frame(operation, _UNKNOWN), now_ms)
        elif operation == _HARDWARE and content == b"\x00\x40" and self.number:
            self.board.put(frame(operation, 0, b"\x00\x40\x00" + bytes((len(self.number),)) + self.number), now_ms)
        elif operation == _STREAM:
            self._stream(content, now_ms)
        elif operation in _SETTINGS:
            self._set(operation, content)
            self.board.put(frame(operation, 0), now_ms)
        else:
            self.board.put(frame(operation, _UNKNOWN), now_ms)

    def advance(self, now_ms: int) -> None:
        """Go on reading."""
        if not self._reading or not self.board.link.idle() or not self._turn.due(now_ms):
            return
        if self.board.hot or self._antennas <= self.board.lost_antennas:
            self.board.put(frame(_READ, _HOT if self.board.hot else _LOST), now_ms)
            return
        for read in self.board.reads(set(self._antennas), now_ms):
            since_ms = max(0, min(now_ms - self._kept_alive_ms, 0xFFFF))
            self.board.put(frame(_READ, 0, tag_content(read, since_keep_alive_ms=since_ms)), now_ms)
        if not 0 <= now_ms - self._kept_alive_ms < _KEEP_ALIVE_MS:
            self._kept_alive_ms = now_ms
            self.board.put(frame(_READ, _NO_TAG), now_ms)

    def _stream(self, content: bytes, now_ms: int) -> None:
        self._reading = content[2:3] == b"\x01" and bool(self._antennas) and bool(self._region)
        self._kept_alive_ms = now_ms
        self.board.put(frame(_STREAM, 0, content[2:3]), now_ms)

    def _set(self, operation: int, content: bytes) -> None:
        if operation == _SET_ANTENNAS:
            # A list of pairs to search behind 02, or the one pair alone.
            self._antennas = frozenset(content[1::2] if len(content) % 2 else content[:1])
        if operation == _SET_REGION:
            self._region = content[0]


def main() -> None:
    """Run the module until stdin ends."""
    parser = common_options(__doc__ or "")
    serial_options(parser, baud=115200)
    parser.add_argument("--number", default="", help="the module's serial number")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    link = PtyLink(options.link, baud=options.baud)
    board = Board(link, common, spoil_check=spoil_last)
    run(SerialReader(board, Module(board, options.number)), link, common)


if __name__ == "__main__":
    main()
