"""What RFID readers on a serial line have in common: a field, antennas that can be lost, heat, and a plug.

Commands: `field`; `antenna` (`{"antenna": 2, "connected": false}`); `heat` (`{"on": true}`), for readers that say when
they are too hot; `reboot`, after which the reader is as it was when it was made, and deaf for a moment.
"""

from collections.abc import Callable
from typing import Protocol

from firmware_mocks.control import CommandError, Request, Setting, flag, number
from firmware_mocks.faults import LINE_FAULTS, FaultyLine
from firmware_mocks.field import FIELD_FAULTS, Field, Read
from firmware_mocks.links import PtyLink

FAULTS = {**LINE_FAULTS, **FIELD_FAULTS}
DEAF_AFTER_REBOOT_MS = 300


class Board:
    """What a firmware finds around it: the field before its antennas, and its line."""

    def __init__(self, link: PtyLink, common: Setting, *, spoil_check: Callable[[bytes], bytes] | None) -> None:
        """A board that was just powered; `spoil_check` makes a frame's check value wrong."""
        self.link = link
        self.plan = common.plan
        self.field = Field(common.plan, seed=common.seed)
        self.lost_antennas: set[int] = set()
        self.hot = False
        self.counts = {"frames": 0, "tag_notices": 0, "commands": 0, "rounds": 0, "reboots": 0}
        self._line = FaultyLine(common.plan, spoil_check=spoil_check, late_seconds=common.late_seconds)

    def reads(self, antennas: set[int], now_ms: int) -> list[Read]:
        """One round on these antennas, as far as they are connected."""
        self.counts["rounds"] += 1
        seen = antennas - self.lost_antennas
        found = [read for read in self.field.round(now_ms) if read.tag.antenna in seen]
        self.counts["tag_notices"] += len(found)
        return found

    def put(self, octets: bytes, now_ms: int) -> None:
        """One frame on the line, with what befalls it."""
        self.counts["frames"] += 1
        for emission in self._line.send(octets, now_ms).emissions:
            self.link.send(emission.octets, after_seconds=emission.after_seconds)


class Firmware(Protocol):
    """What makes a board a reader of one family."""

    def take(self, heard: bytes) -> tuple[bytes, bytes] | None:
        """The next whole command and what follows it; None if there is none yet. Nonsense is skipped as b""."""
        ...

    def act(self, command: bytes, now_ms: int) -> None:
        """Do what a command says."""
        ...

    def advance(self, now_ms: int) -> None:
        """Let time pass."""
        ...

    def power_up(self) -> None:
        """Forget what is not kept without power."""
        ...

    def place(self, request: Request) -> None:
        """The field was replaced; a `field` command may say more of its tags than their numbers."""
        ...


class SerialReader:
    """A board with its firmware; a `Device`."""

    def __init__(self, board: Board, firmware: Firmware) -> None:
        """A reader that was just powered."""
        self._board, self._firmware = board, firmware
        self._heard = b""
        self._deaf_until_ms = 0

    def receive(self, octets: bytes, now_ms: int) -> None:
        """Hear command bytes."""
        if not octets or now_ms < self._deaf_until_ms:
            return
        self._heard += octets
        while taken := self._firmware.take(self._heard):
            command, self._heard = taken
            if command:
                self._board.counts["commands"] += 1
                self._firmware.act(command, now_ms)

    def advance(self, now_ms: int) -> None:
        """Let time pass."""
        if now_ms >= self._deaf_until_ms:
            self._firmware.advance(now_ms)

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey `field`, `antenna`, `heat` and `reboot`."""
        board = self._board
        if command == "field":
            board.field.replace(request)
            self._firmware.place(request)
        elif command == "antenna":
            antenna = round(number(request, "antenna"))
            (board.lost_antennas.discard if flag(request, "connected") else board.lost_antennas.add)(antenna)
        elif command == "heat":
            board.hot = flag(request, "on")
        elif command == "reboot":
            board.counts["reboots"] += 1
            self._heard, self._deaf_until_ms = b"", now_ms + DEAF_AFTER_REBOOT_MS
            self._firmware.power_up()
        else:
            raise CommandError(f"unknown command {command!r}")
        return {"tags": len(board.field.tags)}

    def counters(self) -> dict[str, object]:
        """Frames, tag notices, commands, rounds and reboots."""
        return {**self._board.counts}


def spoil_last(octets: bytes) -> bytes:
    """The frame with one wrong bit in its last byte."""
    return octets[:-1] + bytes((octets[-1] ^ 0x10,))
