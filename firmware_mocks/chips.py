"""The chips of ISO 15693 tags before an HF reader: blocks that can be read, written and locked, AFI and DSFID.

A tag of the `field` command may say what is on its chip: `memory` (hex, block 0 first), `block_bytes` (4), `locked`
(block numbers), `afi`, `dsfid`. What is not said is kept from before, since a chip forgets nothing; a new one is 28
blocks of 00. A host's commands are those of FEIG readers: 23 read, 24 write, 22 lock, 27 and 29 write AFI and DSFID, 2B
system information, each to one tag by its UID.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from firmware_mocks.control import CommandError
from firmware_mocks.faults import FaultPlan

MEMORY_FAULTS = {
    "lost-tag": "the tag leaves the field while its memory is read or written, and is back for the next command",
    "bad-bit": "a bit of a block is read wrong although the frame is right",
    "short": "fewer blocks come than were asked for",
}
OK, NO_TAG, NOT_WRITTEN, OUT_OF_RANGE, TAG_ERROR, UNKNOWN = 0x00, 0x01, 0x03, 0x04, 0x95, 0x80
_LOCK, _READ, _WRITE, _WRITE_AFI, _WRITE_DSFID, _SYSTEM = 0x22, 0x23, 0x24, 0x27, 0x29, 0x2B
_ADDRESSED, _WITH_LOCKS, _UID_OCTETS = 0x01, 0x08, 8
_BLOCK_LOCKED = 0x12
_BLOCKS, _BLOCK_OCTETS = 28, 4


@dataclass(slots=True)
class Chip:
    """One chip."""

    memory: bytearray = field(default_factory=lambda: bytearray(_BLOCKS * _BLOCK_OCTETS))
    block_octets: int = _BLOCK_OCTETS
    locked: set[int] = field(default_factory=set)
    afi: int = 0
    dsfid: int = 0

    @property
    def blocks(self) -> int:
        """How many it has."""
        return len(self.memory) // self.block_octets

    def told(self, tag: Mapping[str, object]) -> None:
        """Take what a tag of the `field` command says of it.

        Raises:
            CommandError: it is no memory.
        """
        try:
            self.block_octets = int(str(tag.get("block_bytes", self.block_octets)))
            if "memory" in tag:
                self.memory = bytearray.fromhex(str(tag["memory"]))
            if isinstance(numbers := tag.get("locked"), list):
                self.locked = {int(number) for number in numbers}
            self.afi, self.dsfid = int(str(tag.get("afi", self.afi))), int(str(tag.get("dsfid", self.dsfid)))
        except ValueError as error:
            raise CommandError(f"tag {tag!r}: {error}") from error
        if not self.memory or len(self.memory) % self.block_octets:
            raise CommandError(f"tag {tag!r}: expected whole blocks of {self.block_octets} bytes")

    def answer(self, command: int, mode: int, rest: bytes, *, uid: bytes) -> tuple[int, bytes]:
        """Obey a command that is addressed to this chip; status and content."""
        if command == _SYSTEM:
            size = bytes((self.blocks - 1, self.block_octets - 1))
            return OK, bytes((self.dsfid,)) + uid + bytes((self.afi,)) + size + b"\x01"
        if command in {_WRITE_AFI, _WRITE_DSFID} and rest:
            self.afi, self.dsfid = (rest[0], self.dsfid) if command == _WRITE_AFI else (self.afi, rest[0])
            return OK, b""
        if len(rest) < 2 or rest[0] + rest[1] > self.blocks:
            return OUT_OF_RANGE, b""
        numbers = range(rest[0], rest[0] + rest[1])
        if command == _READ:
            return OK, self._read(numbers, with_locks=bool(mode & _WITH_LOCKS))
        if command == _WRITE:
            return self._write(numbers, rest[2], rest[3:])
        self.locked |= set(numbers) if command == _LOCK else set()
        return (OK if command == _LOCK else UNKNOWN), b""

    def _read(self, numbers: range, *, with_locks: bool) -> bytes:
        blocks = b"".join(
            bytes((with_locks and number in self.locked,))
            + self.memory[number * self.block_octets : (number + 1) * self.block_octets]
            for number in numbers
        )
        return bytes((len(numbers), self.block_octets)) + blocks

    def _write(self, numbers: range, size: int, octets: bytes) -> tuple[int, bytes]:
        for place, number in enumerate(numbers):
            if number in self.locked:
                return TAG_ERROR, bytes((_BLOCK_LOCKED, number))
            if size != self.block_octets or len(octets) != size * len(numbers):
                return NOT_WRITTEN, bytes((number,))
            self.memory[number * size : (number + 1) * size] = octets[place * size : (place + 1) * size]
        return OK, b""


class Chips:
    """Every chip that was ever before this reader."""

    def __init__(self, plan: FaultPlan) -> None:
        """None yet."""
        self._chips: dict[bytes, Chip] = {}
        self._plan = plan

    def place(self, tags: object) -> None:
        """Take what a `field` command says of the tags' chips.

        Raises:
            CommandError: of one of them it says what cannot be.
        """
        for tag in tags if isinstance(tags, list) else ():
            self._chips.setdefault(bytes.fromhex(tag["epc"]), Chip()).told(tag)

    def obey(self, content: bytes, present: set[bytes], now_ms: int) -> tuple[int, bytes]:
        """A host command to one tag; status and content of the answer."""
        if len(content) < 2 + _UID_OCTETS or not content[1] & _ADDRESSED:
            return UNKNOWN, b""
        uid, rest = content[2 : 2 + _UID_OCTETS], content[2 + _UID_OCTETS :]
        if uid not in present or self._plan.strikes("lost-tag", now_ms):
            return NO_TAG, b""
        status, told = self._chips.setdefault(uid, Chip()).answer(content[0], content[1], rest, uid=uid)
        if status == OK and content[0] == _READ:
            told = self._spoilt(told, now_ms)
        return status, told

    def _spoilt(self, told: bytes, now_ms: int) -> bytes:
        if self._plan.strikes("bad-bit", now_ms):
            told = told[:-1] + bytes((told[-1] ^ 0x04,))
        if self._plan.strikes("short", now_ms):
            return bytes((told[0] - 1,)) + told[1 : -(1 + told[1])]
        return told
