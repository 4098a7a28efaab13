"""What a line might bring: captured frames and frames of new tags, changed, measured and sealed again, cut anywhere.

A third of what is changed keeps its wrong length or check, as noise on a line would leave it; the rest is made right
again, so that the readers behind the door are reached.
"""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random

from benchmarks.fresh import FRESH
from benchmarks.sealing import sealed, tag_sealed

VECTORS = Path(__file__).parents[2] / "tests" / "vectors" / "devices"
_FRESH_TAGS = 8
# Octets that mean something to one family or another: lengths, commands, statuses, ends of lines.
_TELLING = bytes.fromhex("0001020304050A0C0D101522303489A0AABBDDE0EEFBFEFF7E7F80205B5D2C3D")


def _two_bytes(frame: bytes, at: int, length: int) -> bytes:
    return frame[:at] + max(0, length).to_bytes(2, "big") + frame[at + 2 :]


MEASURES: dict[str, Callable[[bytes], bytes]] = {
    "m100_uhf": lambda frame: _two_bytes(frame, 3, len(frame) - 7),
    "r2000_a0_uhf": lambda frame: frame[:1] + bytes((len(frame) - 2 & 0xFF,)) + frame[2:],
    "thingmagic_m6e": lambda frame: frame[:1] + bytes((len(frame) - 7 & 0xFF,)) + frame[2:],
    "chafon_crc_uhf": lambda frame: bytes((len(frame) - 1 & 0xFF,)) + frame[1:],
    "hf_iso15693": lambda frame: bytes((len(frame) & 0xFF,)) + frame[1:],
    "modbus_rtu_temp": lambda frame: frame[:2] + bytes((len(frame) - 5 & 0xFF,)) + frame[3:],
    "llrp": lambda frame: frame[:2] + len(frame).to_bytes(4, "big") + frame[6:],
}
"""How a family's frame says how long it is, made right."""

# Where a notice of such a family has PC, EPC and the tag's own CRC, counted from its ends.
_TAGS = {"m100_uhf": (6, 2), "thingmagic_m6e": (29, 2)}


def captured(family: str) -> list[bytes]:
    """Every captured frame of a family, good or bad."""
    lines = (VECTORS / family / "frames.jsonl").read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    return [bytes.fromhex(each["hex"]) if "hex" in each else each["text"].encode() for each in told]


class Line:
    """An endless line of one family; the same for the same seed."""

    def __init__(self, family: str, seed: int) -> None:
        self.family = family
        self._random = Random(f"{family} {seed}")  # noqa: S311 - the same inputs again are what it is for
        make = FRESH.get(family)
        self._frames = captured(family) + ([make(number) for number in range(_FRESH_TAGS)] if make else [])
        self._measure = MEASURES.get(family, bytes)
        self._tag = _TAGS.get(family)

    def __next__(self) -> list[bytes]:
        """The next input, in the pieces in which it comes."""
        chance = self._random.getrandbits
        wire = self._frame(chance(48))
        while not chance(2):
            wire += self._random.randbytes(chance(3)) if not chance(2) else self._frame(chance(48))
        return self._pieces(wire, chance(8))

    def _frame(self, dice: int) -> bytes:
        frame = self._frames[dice % len(self._frames)]
        kind, dice = dice >> 8 & 0xF, dice >> 12
        if kind == 0 or not frame:
            return frame
        changed = self._changed(frame, kind, dice)
        if not dice & 3:
            return changed
        if self._tag and dice & 4 and len(changed) > 32:
            changed = tag_sealed(changed, self._tag[0], len(changed) - self._tag[1])
        if len(changed) != len(frame) and len(changed) > 8:
            changed = self._measure(changed)
        return sealed(self.family, changed) if len(changed) > 4 else changed

    def _changed(self, frame: bytes, kind: int, dice: int) -> bytes:
        place, octet = dice % len(frame), dice >> 16 & 0xFF
        if kind < 9:
            octet = _TELLING[octet % len(_TELLING)] if octet & 1 else octet
            changed = frame[:place] + bytes((octet,)) + frame[place + 1 :]
            return self._changed(changed, kind - 4, dice >> 3) if kind > 5 else changed
        other = (dice >> 8) % len(frame)
        start, end = min(place, other), max(place, other)
        if kind < 11:
            return frame[:start] + frame[end:]
        if kind < 13:
            return frame[:end] + frame[start:]
        return frame[: place + 1] if kind == 13 else frame[:start] + bytes(octet & 7) + frame[start:]

    def _pieces(self, wire: bytes, dice: int) -> list[bytes]:
        if dice < 96 or len(wire) < 2:
            return [wire]
        if dice < 112:
            return [wire[at : at + 1] for at in range(len(wire))]
        chance = self._random.randrange
        cuts = sorted({0, len(wire), chance(len(wire)), *((chance(len(wire)),) if dice & 1 else ())})
        return [wire[start:end] for start, end in pairwise(cuts)]
