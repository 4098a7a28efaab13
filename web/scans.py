"""What a text in the scan box, or in a unit's field, names: by scan, by hand, in two halves.

Decides which bag or donation was meant, never which there are. A scan has an identifier or a scheme; what was typed has
a check character, or was typed twice alike. `ledger.core.labels` says what a label names and which halves belong
together.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ledger.core.errors import FormatError, LabelError
from ledger.core.ids import DIN_PATTERN, is_id
from ledger.core.isbt128 import Din, carries_check
from ledger.core.isbt128.structures import FORMS
from ledger.core.labels import pairing
from ledger.core.labels.framing import keyed
from ledger.core.labels.pairing import Half, Parted
from ledger.core.labels.reading import Reading, Scanned

Asked: TypeAlias = Literal["product", "donation", "again"]
"""What has to come next: a bag's other half, or the same number typed once more."""
Resolve: TypeAlias = Callable[[str], str | None]
"""From `tag:…` to the unit that has it."""

_TYPED = "typed"
_ISBT_128 = ("=", "&")
_DONATION = re.compile(DIN_PATTERN)
_NAMES_PERSON = re.compile(
    "|".join(["&[a-z]", *(re.escape(each.identifier) for each in FORMS if each.identifies_person)])
)


@dataclass(frozen=True, slots=True)
class Sought:
    """What the box asks for.

    Attributes:
        unit: one bag.
        din: a donation, `din:…`, whose bags are to be shown; a bag only where it has no other.
        other: a text that names neither: a unit, a tag or a box as the ledger knows them.
        asked: what has to come next.
        typed: the number that has to be typed once more.
        parted: a half that was waiting came to nothing, and why.
        waiting: what waits for the next scan.
    """

    unit: str | None = None
    din: str | None = None
    other: str | None = None
    asked: Asked | None = None
    typed: str = ""
    parted: Parted | None = None
    waiting: Half | None = None


def seek(text: str, *, first: str, waiting: Half | None, reading: Reading, now_ms: int) -> Sought:
    """What `text` asks for.

    Args:
        text: as scanned or typed.
        first: what was typed the first time, where a second time was asked for; else empty.
        waiting: what the scan before left.
        reading: how labels are read.
        now_ms: when.

    Raises:
        FormatError: a scan that is no label, or one that names no bag; a donation number that is none, or that was
            typed in two ways.
    """
    text = keyed(text)
    scan = _scan(text, reading)
    if scan is None and _looks_typed(text):
        number = _without_spaces(text)
        din = Din.parse(number)
        if not _is_sure(number, din, first):
            return Sought(asked="again", typed=number, waiting=waiting)
        scan = Scanned(_TYPED, None, din, None)
    step = pairing.scanned(waiting, scan, now_ms=now_ms)
    if scan is None:
        given = text.startswith("din:")
        return Sought(din=text if given else None, other=None if given else text, parted=step.parted)
    if step.unit is not None:
        return Sought(unit=step.unit, parted=step.parted, waiting=step.waiting)
    if scan.din is None and scan.product is None:
        raise LabelError("expected a donation number or a product code, came a label that says neither")
    asked = None if step.waiting is None else step.waiting.wants
    din_id = None if scan.din is None else f"din:{scan.din}"
    return Sought(din=din_id, asked=asked, parted=step.parted, waiting=step.waiting)


def may_name_person(text: str) -> bool:
    """Whether a scan may hold a structure that names a person, whole or torn: it is not to stand in an address."""
    sent = keyed(text)
    return sent.startswith(_ISBT_128) and _NAMES_PERSON.search(sent) is not None


def must_repeat(text: str, first: str) -> bool:
    """Whether a donation number that was typed has to be typed once more.

    Raises:
        FormatError: it is no donation number, or not the one that was typed first.
    """
    text = keyed(text)
    number = _without_spaces(text)
    if text.startswith(("din:", *_ISBT_128)):
        return False
    return not _is_sure(number, Din.parse(number), first)


def bags(lines: Sequence[str], *, reading: Reading, unit_of_tag: Resolve) -> list[str]:
    """The bags of a unit's field, a line each: an identifier, a tag, a whole label, or two lines for two scans.

    Raises:
        FormatError: a line that names no bag, or half of one without its other half next to it.
    """
    found: list[str] = []
    waiting: Half | None = None
    for line in map(keyed, lines):
        scan = _scan(line, reading)
        step = pairing.scanned(waiting, scan, now_ms=0)
        if step.parted is not None:
            break
        if scan is None:
            found.append(_unit(line, unit_of_tag))
        elif step.unit is not None:
            found.append(step.unit)
        elif step.waiting is None:
            raise FormatError("expected a donation number and a product code, came a label that says neither")
        waiting = step.waiting
    if waiting is not None and waiting.wants is not None:
        other = "product code" if waiting.wants == "product" else "donation number"
        half = waiting.product or waiting.din
        raise FormatError(f"expected the {other} of the bag next to {half}: half a bag names none")
    return found


def _scan(text: str, reading: Reading) -> Scanned | None:
    """What a scanner sent; None for what was typed, or came from a link."""
    if text.startswith(_ISBT_128):
        return reading.read(text)
    try:
        return reading.read(text) if reading.schemes else None
    except LabelError:
        return None


def _looks_typed(text: str) -> bool:
    """A donation number by hand: not an identifier with its kind, a unit or anything hexadecimal."""
    number = _without_spaces(text)
    if len(number) not in {13, 14, 15} or ":" in number:
        return False
    return _DONATION.match(number) is not None or not is_id(f"tag:{number}", "tag")


def _without_spaces(text: str) -> str:
    return text.replace(" ", "").upper()


def _is_sure(number: str, din: Din, first: str) -> bool:
    if carries_check(number):
        return True
    if first and Din.parse(_without_spaces(keyed(first))) != din:
        raise FormatError(f"expected {_without_spaces(first)} once more, came {number}: begin again")
    return bool(first)


def _unit(text: str, unit_of_tag: Resolve) -> str:
    tag = f"tag:{_without_spaces(text.removeprefix('tag:'))}"
    if not is_id(tag, "tag"):
        return f"unit:{text.removeprefix('unit:')}"
    unit = unit_of_tag(tag)
    if unit is None:
        raise FormatError(f"expected a tag that a unit has, came {tag}")
    return unit
