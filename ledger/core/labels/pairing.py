"""A bag named by two scans, donation and product in either order, at one scanner.

A donation has several bags, so a donation alone names none. The two halves make a bag only if they come one right
after the other and soon: any other scan in between parts them, and so does time. What was left half is said, so that
nobody takes the next bag's product for this one's.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ledger.core.isbt128 import Din
from ledger.core.labels.reading import Scanned, unit_of

PAIR_MS: Final = 15_000
"""How long a half waits for the other, in milliseconds: time to turn a bag, not to fetch another."""

Parted: TypeAlias = Literal["late", "foreign"]
"""Why a half was left: the other did not come in time, or something else was scanned."""


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a bag: a donation or a product.

    Attributes:
        din: the donation, if it is that half.
        product: the product code with its division, if it is that half.
        at_ms: when it was scanned last.
    """

    din: Din | None
    product: str | None
    at_ms: int

    @property
    def wants(self) -> Literal["product", "donation"]:
        """What has to be scanned next."""
        return "donation" if self.din is None else "product"


@dataclass(frozen=True, slots=True)
class Step:
    """What a scan, or time, made of it.

    Attributes:
        waiting: the half that waits now.
        unit: the bag that is named now: by this scan alone, or together with the half before it.
        since_ms: when the other half of that bag was scanned; None where one scan named it.
        parted: a half that was waiting came to nothing, and why.
    """

    waiting: Half | None = None
    unit: str | None = None
    since_ms: int | None = None
    parted: Parted | None = None


def scanned(waiting: Half | None, scan: Scanned | None, *, now_ms: int) -> Step:
    """A scan after `waiting`.

    Args:
        waiting: what the scan before left.
        scan: what it says; None: it could not be read, or it was refused.
        now_ms: when.
    """
    left = passed(waiting, now_ms=now_ms)
    half = None if scan is None else _half(scan, now_ms)
    if half is None:
        return Step(unit=None if scan is None else scan.unit, parted=left.parted or _foreign(left.waiting))
    before = left.waiting
    if before is None:
        return Step(waiting=half, parted=left.parted)
    if (before.din, before.product) == (half.din, half.product):
        return Step(waiting=half)
    unit = unit_of(half.din or before.din, half.product or before.product) if half.wants != before.wants else None
    if unit is None:
        return Step(waiting=half, parted="foreign")
    return Step(unit=unit, since_ms=before.at_ms)


def passed(waiting: Half | None, *, now_ms: int) -> Step:
    """Time after `waiting`: it still waits, or it waited too long. A clock that went back parts the halves too."""
    if waiting is None or 0 <= now_ms - waiting.at_ms <= PAIR_MS:
        return Step(waiting=waiting)
    return Step(parted="late")


def _half(scan: Scanned, now_ms: int) -> Half | None:
    """A scan that names a donation or a product, and not both."""
    if (scan.din is None) == (scan.product is None):
        return None
    return Half(scan.din, scan.product, now_ms)


def _foreign(waiting: Half | None) -> Parted | None:
    return None if waiting is None else "foreign"
