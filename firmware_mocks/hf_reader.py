"""An HF reader of ISO 15693 tags: a FEIG OBID reader, 38400 8E1, or with `--dialect ti` a TI TRF7970A module, 115200.

    python -m firmware_mocks.hf_reader --link /tmp/by-id/usb-HF [--dialect feig|ti] [--answers once] [--number 00A1B2C3]

FEIG: length of the whole frame, address, control byte, (reader: status,) data, CRC-16 low byte first. Answers software
version (65), device number (66 80; refused without one), RF reset (69) and inventory (B0 01), at most three tags a
frame and status 94 while there are more; status 01 for an empty field, 80 for an unknown command, 84 when an antenna is
lost. With `--answers once` a tag answers once until the next RF reset, as tags do with the reader's ONT bit. TI: lines
of hex digits in, sentences and `[UID,strength]` out, with `[,40]` for the empty ones of sixteen slots. A tag's `epc` in
the field is its UID. Commands and faults: `serial_reader`.
"""

import re

from firmware_mocks.chafon import checksum
from firmware_mocks.chips import MEMORY_FAULTS, Chips
from firmware_mocks.control import Request, common_options, run, serial_options, setting
from firmware_mocks.links import PtyLink
from firmware_mocks.serial_reader import FAULTS, Board, SerialReader, spoil_last

_ADDRESS, _BROADCAST = 0x00, 0xFF
_HOST, _VERSION, _RF_RESET, _INFORMATION, _INVENTORY, _MORE_BIT = 0xB0, 0x65, 0x69, 0x66, 0x01, 0x80
_DEVICE_ID = b"\x80"
_OK, _NONE, _UNKNOWN, _RF_WARNING, _MORE = 0x00, 0x01, 0x80, 0x84, 0x94
_TAGS_A_FRAME = 3
_SLOTS = 16
_SENTENCES = {0x10: "Register write request.\r\n", 0xF0: "AGC Toggle", 0xF1: "AM PM Toggle"}


def frame(control: int, status: int, content: bytes = b"") -> bytes:
    """One standard frame of a FEIG reader."""
    body = bytes((len(content) + 6, _ADDRESS, control, status)) + content
    return body + checksum(body)


class FeigReader:
    """A FEIG reader's state and its answers."""

    def __init__(self, board: Board, answers: str, number: bytes = b"") -> None:
        """A reader that was just powered; tags answer `always` or `once`; `number` is its own, of four bytes."""
        self.board, self.once, self.number = board, answers == "once", number
        self._chips = Chips(board.plan)
        self._answered: set[bytes] = set()
        self._waiting: list[bytes] = []

    def power_up(self) -> None:
        """The field was off: every tag answers again."""
        self._answered, self._waiting = set(), []

    def take(self, heard: bytes) -> tuple[bytes, bytes] | None:
        """See `Firmware`."""
        if not heard or len(heard) < heard[0]:
            return None
        whole = heard[: heard[0]]
        if len(whole) < 5 or checksum(whole[:-2]) != whole[-2:]:
            return b"", heard[1:]
        return whole[1:-2], heard[len(whole) :]

    def advance(self, now_ms: int) -> None:
        """The reader only answers."""

    def act(self, command: bytes, now_ms: int) -> None:
        """See `Firmware`."""
        if command[0] not in {_ADDRESS, _BROADCAST}:
            return
        control, content = command[1], command[2:]
        if control == _VERSION:
            self.board.put(frame(control, _OK, bytes.fromhex("020401030000000000")), now_ms)
        elif control == _INFORMATION and content == _DEVICE_ID and self.number:
            self.board.put(frame(control, _OK, self.number + bytes(12)), now_ms)
        elif control == _RF_RESET:
            self._answered = set()
            self.board.put(frame(control, _OK), now_ms)
        elif control == _HOST and content[:1] == bytes((_INVENTORY,)):
            self._inventory(more=content[1:] == bytes((_MORE_BIT,)), now_ms=now_ms)
        elif control == _HOST:
            self._access(content, now_ms)
        else:
            self.board.put(frame(control, _UNKNOWN), now_ms)

    def place(self, request: Request) -> None:
        """The field was replaced: what the tags of it have on their chips."""
        self._chips.place(request.get("tags"))

    def _access(self, content: bytes, now_ms: int) -> None:
        if 1 in self.board.lost_antennas:
            self.board.put(frame(_HOST, _RF_WARNING), now_ms)
            return
        # A quiet tag answers what is addressed to it: what it no longer answers is an inventory.
        present = {each.epc for each in self.board.field.tags}
        self.board.put(frame(_HOST, *self._chips.obey(content, present, now_ms)), now_ms)

    def _inventory(self, *, more: bool, now_ms: int) -> None:
        if 1 in self.board.lost_antennas:
            self.board.put(frame(_HOST, _RF_WARNING), now_ms)
            return
        if not more:
            uids = [each.reported_epc for each in self.board.reads({1}, now_ms)]
            self._waiting = [uid for uid in uids if uid not in self._answered]
        told, self._waiting = self._waiting[:_TAGS_A_FRAME], self._waiting[_TAGS_A_FRAME:]
        if self.once:
            self._answered |= set(told)
        if not told:
            self.board.put(frame(_HOST, _NONE), now_ms)
            return
        datasets = b"".join(b"\x03\x00" + uid for uid in told)
        self.board.put(frame(_HOST, _MORE if self._waiting else _OK, bytes((len(told),)) + datasets), now_ms)


class TiModule:
    """A TRF7970A module's answers."""

    def __init__(self, board: Board) -> None:
        """A module that was just powered."""
        self.board = board

    def power_up(self) -> None:
        """Nothing is kept that a host would notice."""

    def place(self, request: Request) -> None:
        """Chips are nothing that this firmware reads."""

    def take(self, heard: bytes) -> tuple[bytes, bytes] | None:
        """See `Firmware`."""
        found = re.search(rb"01([0-9A-F]{2})000304", heard)
        if not found or len(heard) < found.start() + 2 * int(found[1], 16):
            return None
        end = found.start() + 2 * int(found[1], 16)
        return bytes.fromhex(heard[found.start() : end].decode())[5:-2], heard[end:]

    def advance(self, now_ms: int) -> None:
        """The reader only answers."""

    def act(self, command: bytes, now_ms: int) -> None:
        """See `Firmware`."""
        if command[0] == 0xFF:
            self.board.put(b"TRF7970A EVM \r\n\r\n", now_ms)
        elif command[0] == 0x14:
            self.board.put(b"ISO 15693 Inventory request.\r\n", now_ms)
            slots = [f"[{each.reported_epc[::-1].hex().upper()},7F]" for each in self.board.reads({1}, now_ms)]
            slots += ["[,40]"] * (_SLOTS - len(slots))
            for slot in slots:
                self.board.put(f"{slot}\r\n".encode(), now_ms)
            self.board.put(b"\r\n", now_ms)
        else:
            self.board.put(f"{_SENTENCES.get(command[0], '')}\r\n".encode(), now_ms)


def main() -> None:
    """Run the reader until stdin ends."""
    parser = common_options(__doc__ or "")
    serial_options(parser, baud=38400)
    parser.add_argument("--dialect", choices=["feig", "ti"], default="feig", help="which reader")
    parser.add_argument("--answers", choices=["always", "once"], default="always", help="once: until an RF reset (ONT)")
    parser.add_argument("--number", type=bytes.fromhex, default=b"", help="the reader's own, four bytes in hex")
    options = parser.parse_args()
    common = setting(options, faults={**FAULTS, **MEMORY_FAULTS})
    link = PtyLink(options.link, baud=options.baud)
    if options.dialect == "ti":
        board = Board(link, common, spoil_check=None)
        run(SerialReader(board, TiModule(board)), link, common)
    else:
        board = Board(link, common, spoil_check=spoil_last)
        run(SerialReader(board, FeigReader(board, options.answers, options.number)), link, common)


if __name__ == "__main__":
    main()
