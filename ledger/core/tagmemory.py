"""The user memory of an ISO 15693 tag on a blood bag: an ISBT 128 compound message, filler, a CRC (docs/format.md §17).

Decides what the bytes say and what bytes say it. Whether that is true of the bag is `ledger.core.reconcile`'s question:
anyone with a telephone can read such a tag, and anyone can write one that is not locked. So nothing that names a
person is written or read here, and neither blood group nor release is ever taken from a tag.

Where the message stands, what fills the rest and where the CRC is are no standard's words but this product's, and
configurable (`Layout`); ISO/IEC 15962 encodings, with object identifiers and compaction, are not read.
"""

from binascii import crc_hqx
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from ledger.core.errors import ConfigError, FormatError, LabelError
from ledger.core.isbt128 import Label
from ledger.core.isbt128 import parse as parse_label

CrcVerdict: TypeAlias = Literal["holds", "differs", "absent"]
"""`absent`: the layout has none."""
CrcOrder: TypeAlias = Literal["low-byte-first", "high-byte-first", "none"]
Protection: TypeAlias = Literal["locked", "partly-locked", "unlocked", "unknown"]
"""`unknown`: the reader was not asked; it then answers as if no block were locked, which must not be taken for it."""

CRC_BYTES = 2
MAX_BLOCKS, MAX_BLOCK_BYTES = 256, 32  # one byte of number, five bits of size (ISO/IEC 15693-3, 10.4.12)
_FILLERS = (0x00, 0xFF)  # neither can be part of a message, which is printable ASCII
_MIRRORED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))


def _require(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise ConfigError(f"{name}: expected {lowest} to {highest}; got {value}")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a site writes its tags. The default suits a chip of 28 blocks of 4 bytes; no figure of it is a standard's.

    Attributes:
        blocks: how many blocks of user memory, from block 0, are the message's, 1 to 256.
        block_bytes: bytes a block, 1 to 32.
        filler: what stands after the message, 0x00 or 0xFF.
        crc: in which order the last two bytes carry the CRC-16/X-25 of all before them; `none`: no CRC.
        afi: the application family identifier that the tags are to have, 0 to 255; None: it is not looked at.
        dsfid: the same of the data storage format identifier.

    Raises:
        ConfigError: a value out of these bounds; the message names it.
    """

    blocks: int = 28
    block_bytes: int = 4
    filler: int = 0x00
    crc: CrcOrder = "low-byte-first"
    afi: int | None = None
    dsfid: int | None = None

    def __post_init__(self) -> None:
        _require("blocks", self.blocks, 1, MAX_BLOCKS)
        _require("block_bytes", self.block_bytes, 1, MAX_BLOCK_BYTES)
        _require("afi", self.afi or 0, 0, 0xFF)
        _require("dsfid", self.dsfid or 0, 0, 0xFF)
        if self.filler not in _FILLERS:
            raise ConfigError(f"filler: expected 0 or 255, which no message can hold; got {self.filler}")
        if self.crc not in get_args(CrcOrder):
            raise ConfigError(f"crc: expected low-byte-first, high-byte-first or none; got {self.crc!r}")
        if self.message_bytes < 1:
            raise ConfigError(f"blocks: expected room for more than a CRC; got {self.memory_bytes} bytes")

    @property
    def memory_bytes(self) -> int:
        """Bytes of the whole memory, CRC included."""
        return self.blocks * self.block_bytes

    @property
    def message_bytes(self) -> int:
        """The longest message that fits."""
        return self.memory_bytes - (0 if self.crc == "none" else CRC_BYTES)

    def differences(self, *, afi: int | None, dsfid: int | None) -> tuple[str, ...]:
        """What a tag's AFI and DSFID should be and are not, in words; nothing is said of one that is not known."""
        told = (("AFI", self.afi, afi), ("DSFID", self.dsfid, dsfid))
        return tuple(
            f"expected {name} {wanted:02X}, came {came:02X}"
            for name, wanted, came in told
            if wanted is not None and came is not None and wanted != came
        )


DEFAULT_LAYOUT: Final = Layout()


@dataclass(frozen=True, slots=True)
class TagMemory:
    """What a tag's memory says.

    Attributes:
        message: the compound message; it has a donation number and names no person.
        crc: whether the CRC fits the bytes. Where it `differs`, the message is not to be relied on: read again.
        locked: the numbers of the blocks that can no longer be written, ascending, as the reader gave them; None: it
            was not asked.
        protection: whether the memory can still be written: all of its blocks are locked, some are, none is, or that
            is not known.
    """

    message: Label
    crc: CrcVerdict
    locked: tuple[int, ...] | None
    protection: Protection


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A memory from which nothing is taken.

    Attributes:
        reason: what was expected and what came.
        blank: nothing was ever written to it: all bytes are 00, or all are FF.
    """

    reason: str
    blank: bool


def parse(octets: bytes, layout: Layout = DEFAULT_LAYOUT, *, locked: Sequence[int] | None = None) -> TagMemory:
    """Read a memory's bytes, block 0 first, each block's bytes in the order of the tag.

    Args:
        octets: `layout.memory_bytes` of them.
        layout: how the site writes its tags.
        locked: numbers of locked blocks, in any order; None: not asked for.

    Raises:
        FormatError: another length, a blank memory, no compound message, one that names a person or no donation, or
            a locked block that the memory does not have.
    """
    if len(octets) != layout.memory_bytes:
        raise FormatError(
            f"expected {layout.memory_bytes} bytes of tag memory ({layout.blocks} blocks of {layout.block_bytes}), "
            f"came {len(octets)}: read all blocks, or configure the layout"
        )
    if is_blank(octets):
        raise FormatError(f"expected a compound message in the tag's memory, came {len(octets)} bytes that are blank")
    crc = _judge(octets, layout)
    try:
        message = _message(octets[: layout.message_bytes].rstrip(bytes((layout.filler,))))
    except FormatError as refused:
        if crc == "differs":
            raise FormatError(f"the CRC of the tag's memory does not fit: read again. {refused}") from refused
        raise
    return TagMemory(message, crc, *_locks(locked, layout))


def examine(
    octets: bytes, layout: Layout = DEFAULT_LAYOUT, *, locked: Sequence[int] | None = None
) -> TagMemory | Unreadable:
    """As `parse`, for a tag that was met on the way: what cannot be read is an answer, not an accident."""
    try:
        return parse(octets, layout, locked=locked)
    except FormatError as refused:
        return Unreadable(str(refused), is_blank(octets))


def format_memory(message: Label, layout: Layout = DEFAULT_LAYOUT) -> bytes:
    """The bytes to write, block 0 first: what `parse` reads as this message.

    Raises:
        FormatError: not a compound message with a donation number, one that names a person, or one that does not fit.
    """
    text = message.format().encode("ascii", "replace")
    if _message(text) != message:
        raise FormatError(f"expected a message that is read as it is written, came {len(text)} characters")
    if len(text) > layout.message_bytes:
        raise FormatError(f"expected a message of at most {layout.message_bytes} characters, came {len(text)}")
    filled = text.ljust(layout.message_bytes, bytes((layout.filler,)))
    return filled + _crc(filled, layout)


def is_blank(octets: bytes) -> bool:
    """Whether nothing was ever written: chips are delivered with all bytes 00, or FF."""
    return any(not octets.strip(bytes((filler,))) for filler in _FILLERS)


def crc16_x25(octets: bytes) -> int:
    """CRC-16/X-25, which is ISO 15693's own (ISO/IEC 13239; `123456789` has 906E)."""
    # The standard library has the polynomial with the highest bit first; this form mirrors every byte, and the result.
    mirrored = crc_hqx(octets.translate(_MIRRORED), 0xFFFF).to_bytes(CRC_BYTES, "big")
    return int.from_bytes(mirrored.translate(_MIRRORED), "little") ^ 0xFFFF


def _message(text: bytes) -> Label:
    if not all(0x20 <= octet <= 0x7E for octet in text):
        wrong = next(place for place, octet in enumerate(text) if not 0x20 <= octet <= 0x7E)
        raise FormatError(f"expected printable ASCII in the tag's memory, came {text[wrong]:02X} at byte {wrong}")
    try:
        message = parse_label(text.decode("ascii"))
    except LabelError as refused:
        raise FormatError(f"expected a compound message in the tag's memory: {refused}") from refused
    if message.compound is None:
        raise FormatError("expected a compound message in the tag's memory, came structures without its header =+")
    if message.identifies_person:
        raise FormatError("expected nothing that names a person in a tag's memory: anyone near it can read it")
    if message.din is None:
        raise FormatError("expected a donation number in the tag's memory, came a message without one")
    return message


def _judge(octets: bytes, layout: Layout) -> CrcVerdict:
    if layout.crc == "none":
        return "absent"
    return "holds" if _crc(octets[:-CRC_BYTES], layout) == octets[-CRC_BYTES:] else "differs"


def _crc(octets: bytes, layout: Layout) -> bytes:
    if layout.crc == "none":
        return b""
    return crc16_x25(octets).to_bytes(CRC_BYTES, "little" if layout.crc == "low-byte-first" else "big")


def _locks(locked: Sequence[int] | None, layout: Layout) -> tuple[tuple[int, ...] | None, Protection]:
    if locked is None:
        return None, "unknown"
    numbers = tuple(sorted(set(locked)))
    if numbers and not 0 <= numbers[0] <= numbers[-1] < layout.blocks:
        raise FormatError(f"expected locked blocks from 0 to {layout.blocks - 1}, came {numbers[0]} to {numbers[-1]}")
    if not numbers:
        return numbers, "unlocked"
    return numbers, "locked" if len(numbers) == layout.blocks else "partly-locked"
