"""At the bedside: crossmatch to reaction, and the empty bag."""

from typing import Literal

from ledger.core.ids import Person
from ledger.core.kinds.checked import Checked
from ledger.core.kinds.fields import Count, Text
from ledger.core.kinds.stock import AboutUnit


class Crossmatched(AboutUnit, tag="crossmatched", frozen=True, kw_only=True):
    """交叉配血: the result is recorded, no decision is made."""

    patient: Person
    result: Literal["compatible", "incompatible"]


class Issued(AboutUnit, tag="issued", frozen=True, kw_only=True):
    """临床发血, to the ward `place`; `by` issued, `collector` took it (取血人)."""

    patient: Person
    collector: Person | None = None
    override: Text | None = None
    checklist: Checked | None = None


class BedsideChecked(AboutUnit, tag="bedside_checked", frozen=True, kw_only=True):
    """床旁核对, by two persons."""

    patient: Person
    second: Person | None = None


class Transfused(AboutUnit, tag="transfused", frozen=True, kw_only=True):
    """输血."""

    patient: Person
    volume_ml: Count | None = None


class Reaction(AboutUnit, tag="reaction", frozen=True, kw_only=True):
    """输血不良反应."""

    patient: Person
    severity: Literal["none", "mild", "moderate", "severe", "fatal"]


class BagReturned(AboutUnit, tag="bag_returned", frozen=True, kw_only=True):
    """血袋回收."""
