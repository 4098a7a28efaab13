"""A bag named by two scans, donation and product in either order, at one scanner.

A donation has several bags, so a donation alone names none. The two halves make a bag only if they come one right
after the other and soon: any other scan in between parts them, and so does time. What was left half is said, so that
nobody takes the next bag's product for this one's; and the half that completed a bag, read once more, begins none.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from ledger.core.isbt128 import Din
from ledger.core.labels.reading import Scanned, unit_of

PAIR_MS: Final = 15_000
"""How long a half waits for the other, in milliseconds: time to turn a bag, not to fetch another."""

Wanted: TypeAlias = Literal["product", "donation"]
Parted: TypeAlias = Literal["late", "foreign"]
"""Why a half was left: the other did not come in time, or something else was scanned."""


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a bag: a donation or a product.

    Attributes:
        din: the donation, if it is that half.
        product: the product code with its division, if it is that half.
        at_ms: when it was scanned last.
        spent: it has named a bag already, together with the half before it: it waits for nothing.
    """

    din: Din | None
    product: str | None
    at_ms: int
    spent: bool = False

    @property
    def wants(self) -> Wanted | None:
        """What has to be scanned next; None: nothing."""
        if self.spent:
            return None
        return "donation" if self.din is None else "product"


@dataclass(frozen=True, slots=True)
class Step:
    """What a scan, or time, made of it.

    Attributes:
        waiting: the half that waits now, or the one that was spent just now.
        unit: the bag that is named now: by this scan alone, or together with the half before it.
        since_ms: when the other half of that bag was scanned; None where one scan named it.
        parted: a half that was waiting came to nothing, and why.
    """

    waiting: Half | None = None
    unit: str | None = None
    since_ms: int | None = None
    parted: Parted | None = None


def scanned(waiting: Half | None, scan: Scanned | None, *, now_ms: int, within_ms: int = PAIR_MS) -> Step:
    """A scan after `waiting`.

    Args:
        waiting: what the scan before left.
        scan: what it says; None: it could not be read, or it was refused.
        now_ms: when.
        within_ms: how long a half waits.
    """
    left = passed(waiting, now_ms=now_ms, within_ms=within_ms)
    half = None if scan is None else _half(scan, now_ms)
    if half is None:
        return Step(unit=None if scan is None else scan.unit, parted=left.parted or _foreign(left.waiting))
    before = left.waiting
    if before is None:
        return Step(waiting=half, parted=left.parted)
    if (before.din, before.product) == (half.din, half.product):
        return Step(waiting=replace(half, spent=before.spent))
    if before.spent:
        return Step(waiting=half)
    if before.wants == half.wants:
        return Step(waiting=half, parted="foreign")
    unit = unit_of(half.din or before.din, half.product or before.product)
    return Step(waiting=replace(half, spent=True), unit=unit, since_ms=before.at_ms)


def passed(waiting: Half | None, *, now_ms: int, within_ms: int = PAIR_MS) -> Step:
    """Time after `waiting`: it still waits, or it waited too long. A clock that went back parts the halves too."""
    if waiting is None or 0 <= now_ms - waiting.at_ms <= within_ms:
        return Step(waiting=waiting)
    return Step(parted=None if waiting.spent else "late")


def _half(scan: Scanned, now_ms: int) -> Half | None:
    """A scan that names a donation or a product, and not both."""
    if (scan.din is None) == (scan.product is None):
        return None
    return Half(scan.din, scan.product, now_ms)


def _foreign(waiting: Half | None) -> Parted | None:
    return None if waiting is None or waiting.spent else "foreign"
