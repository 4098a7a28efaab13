"""The tags that stand before a reader's antennas, as the `field` command sets them, and how they are read.

`{"cmd": "field", "tags": [{"epc": "E280...", "antenna": 1, "rssi": -55, "pc": "3400"}]}` replaces the whole field;
antenna, rssi and pc may be left out.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from firmware_mocks.control import CommandError, Request
from firmware_mocks.faults import FaultPlan

# What can go wrong between a tag and an antenna.
FIELD_FAULTS = {
    "flicker": "a tag in the field is missed in this round",
    "ghost": "one bit of an EPC is wrong although the frame is right (M100: the tag's own CRC no longer fits)",
}

_RSSI_SIGMA_DB = 1.5
_MOST_EPC_OCTETS = 62
_DEFAULT_RSSI_DBM = -55


@dataclass(frozen=True, slots=True)
class Tag:
    """One Gen2 tag.

    Attributes:
        epc: its EPC, an even number of bytes.
        pc: its protocol control word; the top five bits are the EPC's length in words.
        antenna: the antenna that sees it, from 1.
        rssi_dbm: how strongly, on average.
    """

    epc: bytes
    pc: int
    antenna: int
    rssi_dbm: float


@dataclass(frozen=True, slots=True)
class Read:
    """One tag as a reader saw it in one round: the bytes it reports, with a jittered strength and any faults."""

    tag: Tag
    reported_epc: bytes
    rssi_dbm: float
    ghost: bool


class Field:
    """The tags in the field, and the noise of reading them."""

    def __init__(self, plan: FaultPlan, *, seed: int) -> None:
        """An empty field."""
        self.tags: tuple[Tag, ...] = ()
        self._plan = plan
        self._jitter = random.Random(f"{seed}:rssi")

    def replace(self, request: Request) -> None:
        """Obey a `field` command.

        Raises:
            CommandError: a tag that no reader could report; the field stays as it was.
        """
        tags = request.get("tags")
        if not isinstance(tags, list):
            raise CommandError('tags: expected a list of {"epc": ..., "antenna": ..., "rssi": ...}')
        self.tags = tuple(_tag(tag) for tag in tags)

    def round(self, now_ms: int) -> Iterator[Read]:
        """The reads of one inventory round."""
        for tag in self.tags:
            if self._plan.strikes("flicker", now_ms):
                continue
            ghost = self._plan.strikes("ghost", now_ms)
            epc = flip_bit(tag.epc, self._plan.generator("ghost")) if ghost else tag.epc
            yield Read(tag, epc, tag.rssi_dbm + self._jitter.gauss(0.0, _RSSI_SIGMA_DB), ghost)


def flip_bit(octets: bytes, generator: random.Random) -> bytes:
    """The same bytes with one bit changed."""
    at = generator.randrange(len(octets) * 8)
    return bytes(octet ^ (0x80 >> at % 8 if index == at // 8 else 0) for index, octet in enumerate(octets))


def _tag(tag: object) -> Tag:
    if not isinstance(tag, dict):
        raise CommandError(f"tag: expected an object with an epc, got {tag!r}")
    try:
        epc = bytes.fromhex(tag["epc"])
        antenna, rssi_dbm = int(tag.get("antenna", 1)), float(tag.get("rssi", _DEFAULT_RSSI_DBM))
        pc = int(tag["pc"], 16) if "pc" in tag else len(epc) // 2 << 11
    except (KeyError, TypeError, ValueError) as error:
        raise CommandError(f"tag {tag!r}: {error}") from error
    if not epc or len(epc) % 2 or len(epc) > _MOST_EPC_OCTETS or pc >> 11 != len(epc) // 2:
        raise CommandError(f"tag {tag['epc']}: an EPC has 2 to 62 bytes, in words, and its pc tells how many")
    return Tag(epc, pc, antenna, rssi_dbm)
