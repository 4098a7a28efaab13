"""An A0 reader (Impinj R2000) with four or eight antennas on a serial port, 115200 8N1.

    python -m firmware_mocks.r2000_a0 --link /tmp/by-id/usb-A0

Frame: A0, length of what follows, address, command, data, and a byte that makes the sum of all zero. Answers firmware
(72), identifier (68), antenna (74), temperature (7B), inventory on one antenna (89) and over several (8A); outcome 41
to anything else. A tag: frequency index and antenna in one byte, PC, EPC, strength + 129 dB; on eight antennas the
third bit of the antenna is the strength's highest. An antenna that is lost is error 22. Commands and faults:
`serial_reader`.
"""

import struct

from firmware_mocks.control import Request, common_options, run, serial_options, setting
from firmware_mocks.field import Read
from firmware_mocks.links import PtyLink
from firmware_mocks.serial_reader import FAULTS, Board, SerialReader, spoil_last

ADDRESS = 0x01
_SUCCESS, _ANTENNA_MISSING, _INVALID = 0x10, 0x22, 0x41
_BROADCAST = 0xFF
_FREQUENCY = 5


def frame(command: int, content: bytes, *, address: int = ADDRESS) -> bytes:
    """One frame on the wire."""
    body = bytes((0xA0, len(content) + 3, address, command)) + content
    return body + bytes(((256 - sum(body)) % 256,))


def tag_content(read: Read) -> bytes:
    """FreqAnt, PC, EPC and strength of one tag."""
    port = read.tag.antenna - 1
    strength = max(0, min(127, round(read.rssi_dbm) + 129)) | (port & 4) << 5
    return (
        bytes((_FREQUENCY << 2 | port & 3,)) + struct.pack(">H", read.tag.pc) + read.reported_epc + bytes((strength,))
    )


class Reader:
    """The reader's state and its answers."""

    def __init__(self, board: Board, identifier: bytes) -> None:
        """A reader that was just powered."""
        self.board, self._identifier = board, identifier
        self._antenna = 1

    def power_up(self) -> None:
        """Forget the antenna that was chosen."""
        self._antenna = 1

    def place(self, request: Request) -> None:
        """Of its tags nothing but the number is read."""

    def take(self, heard: bytes) -> tuple[bytes, bytes] | None:
        """See `Firmware`."""
        start = heard.find(0xA0)
        if start < 0 or len(heard) < start + 2 or len(heard) < start + 2 + heard[start + 1]:
            return None
        end = start + 2 + heard[start + 1]
        whole = heard[start:end]
        if sum(whole) % 256 or len(whole) < 5:
            return b"", heard[start + 1 :]
        return whole[2:-1], heard[end:]

    def advance(self, now_ms: int) -> None:
        """The reader only answers."""

    def act(self, command: bytes, now_ms: int) -> None:
        """See `Firmware`."""
        if command[0] not in {ADDRESS, _BROADCAST}:
            return
        code, content = command[1], command[2:]
        if code == 0x8A and len(content) in {10, 18}:
            self._fast_switch(content, now_ms)
        elif code == 0x89 and len(content) == 1:
            self._single(now_ms)
        else:
            self.board.put(frame(code, self._answer(code, content)), now_ms)

    def _answer(self, code: int, content: bytes) -> bytes:
        if code == 0x74 and len(content) == 1:
            self._antenna = content[0] + 1
            return bytes((_SUCCESS,))
        told = {0x72: b"\x01\x09", 0x68: self._identifier, 0x7B: b"\x01\x2a", 0x77: b"\x1e"}
        return told.get(code, bytes((_INVALID,)))

    def _single(self, now_ms: int) -> None:
        if self._antenna in self.board.lost_antennas:
            self.board.put(frame(0x89, bytes((_ANTENNA_MISSING,))), now_ms)
            return
        count = self._tell(0x89, {self._antenna}, now_ms)
        self.board.put(frame(0x89, struct.pack(">BHI", self._antenna - 1, 20, count)), now_ms)

    def _fast_switch(self, content: bytes, now_ms: int) -> None:
        asked = [octet + 1 for octet in content[:-2:2] if octet < 8]
        for antenna in asked:
            if antenna in self.board.lost_antennas:
                self.board.put(frame(0x8A, bytes((antenna - 1, _ANTENNA_MISSING))), now_ms)
        count = self._tell(0x8A, set(asked), now_ms)
        self.board.put(frame(0x8A, count.to_bytes(3, "big") + (120).to_bytes(4, "big")), now_ms)

    def _tell(self, code: int, antennas: set[int], now_ms: int) -> int:
        reads = self.board.reads(antennas, now_ms)
        for read in reads:
            self.board.put(frame(code, tag_content(read)), now_ms)
        return len(reads)


def main() -> None:
    """Run the reader until stdin ends."""
    parser = common_options(__doc__ or "")
    serial_options(parser, baud=115200)
    parser.add_argument("--identifier", default="A0-00000001", help="what it says of itself, 12 characters at most")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    link = PtyLink(options.link, baud=options.baud)
    board = Board(link, common, spoil_check=spoil_last)
    run(SerialReader(board, Reader(board, options.identifier.encode("ascii")[:12].ljust(12, b"\0"))), link, common)


if __name__ == "__main__":
    main()
