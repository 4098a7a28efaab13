"""A Chafon UHFReader288 with four antennas, or with `--model 18` a UHFReader18, on a serial port, 57600 8N1.

    python -m firmware_mocks.chafon --link /tmp/by-id/usb-Chafon [--model 288|18] [--number 20260001]

Frame: length of what follows, address, command, (reader: status,) data, CRC-16 low byte first (8408 reflected, start
FFFF). Answers reader information (21), serial number (4C; refused without one) and inventory (01): the 288 on the
antenna that the command names, a frame of status 03 for each two tags, then one of status 01; the 18 without antenna
and strength. Status FE to anything else, F8 for a lost antenna. Commands and faults: `serial_reader`.
"""

import struct

from firmware_mocks.control import Request, common_options, run, serial_options, setting
from firmware_mocks.field import Read
from firmware_mocks.links import PtyLink
from firmware_mocks.serial_reader import FAULTS, Board, SerialReader, spoil_last

_ADDRESS, _BROADCAST = 0x00, 0xFF
_INVENTORY, _INFORMATION, _SERIAL_NUMBER = 0x01, 0x21, 0x4C
_FINISHED, _MORE, _ANTENNA_ERROR, _UNKNOWN = 0x01, 0x03, 0xF8, 0xFE
_TYPES = {"288": 0x0C, "18": 0x09}
_FIRST_ANTENNA = 0x80


def checksum(octets: bytes) -> bytes:
    """CRC-16, low byte first."""
    crc = 0xFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


def frame(command: int, status: int, content: bytes = b"") -> bytes:
    """One frame of the reader."""
    body = bytes((len(content) + 5, _ADDRESS, command, status)) + content
    return body + checksum(body)


def tag_content(read: Read, model: str) -> bytes:
    """Length, EPC and, on the 288, a strength in a scale of its own."""
    strength = bytes((max(0, min(255, round(read.rssi_dbm) + 160)),)) if model == "288" else b""
    return bytes((len(read.reported_epc),)) + read.reported_epc + strength


class Reader:
    """The reader's state and its answers."""

    def __init__(self, board: Board, model: str, number: bytes = b"") -> None:
        """A reader that was just powered; `number` is its own, of four bytes."""
        self.board, self.model, self.number = board, model, number

    def power_up(self) -> None:
        """Nothing is forgotten: the reader keeps no run."""

    def place(self, request: Request) -> None:
        """Of its tags nothing but the number is read."""

    def take(self, heard: bytes) -> tuple[bytes, bytes] | None:
        """See `Firmware`."""
        if not heard or len(heard) <= heard[0]:
            return None
        whole = heard[: heard[0] + 1]
        if len(whole) < 5 or checksum(whole[:-2]) != whole[-2:]:
            return b"", heard[1:]
        return whole[1:-2], heard[len(whole) :]

    def advance(self, now_ms: int) -> None:
        """The reader only answers."""

    def act(self, command: bytes, now_ms: int) -> None:
        """See `Firmware`."""
        if command[0] not in {_ADDRESS, _BROADCAST}:
            return
        code, content = command[1], command[2:]
        if code == _INFORMATION:
            told = bytes((0, 0x16, _TYPES[self.model], 3, 0x4E, 0, 30, 10, 1, 0, 0, 0))
            self.board.put(frame(code, 0, told if self.model == "288" else told[:8]), now_ms)
        elif code == _SERIAL_NUMBER and self.number:
            self.board.put(frame(code, 0, self.number), now_ms)
        elif code == _INVENTORY and self.model == "18":
            self._tell({1}, b"", now_ms)
        elif code == _INVENTORY and len(content) == 9:
            self._on_antenna(content[7] - _FIRST_ANTENNA + 1, now_ms)
        else:
            self.board.put(frame(code, _UNKNOWN), now_ms)

    def _on_antenna(self, antenna: int, now_ms: int) -> None:
        bit = bytes((1 << antenna - 1,))
        if antenna in self.board.lost_antennas:
            self.board.put(frame(_INVENTORY, _ANTENNA_ERROR, bit + b"\x00"), now_ms)
        else:
            self._tell({antenna}, bit, now_ms)

    def _tell(self, antennas: set[int], bit: bytes, now_ms: int) -> None:
        reads = self.board.reads(antennas, now_ms)
        for pair in (reads[at : at + 2] for at in range(0, len(reads), 2)):
            tags = b"".join(tag_content(read, self.model) for read in pair)
            self.board.put(frame(_INVENTORY, _MORE, bit + bytes((len(pair),)) + tags), now_ms)
        self.board.put(frame(_INVENTORY, _FINISHED, bit + b"\x00"), now_ms)


def main() -> None:
    """Run the reader until stdin ends."""
    parser = common_options(__doc__ or "")
    serial_options(parser, baud=57600)
    parser.add_argument("--model", choices=sorted(_TYPES), default="288", help="which reader")
    parser.add_argument("--number", type=bytes.fromhex, default=b"", help="the reader's own, four bytes in hex")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    link = PtyLink(options.link, baud=options.baud)
    board = Board(link, common, spoil_check=spoil_last)
    run(SerialReader(board, Reader(board, options.model, options.number)), link, common)


if __name__ == "__main__":
    main()
