"""At the bedside: crossmatch to reaction, what was not given, and the empty bag."""

from typing import Annotated, Literal

from msgspec import Meta

from ledger.core.ids import Person
from ledger.core.kinds.checked import Checked
from ledger.core.kinds.fields import Count, Text
from ledger.core.kinds.stock import AboutUnit

SetAside = Literal["issue.not-quarantined", "issue.not-recalled", "issue.not-expired", "issue.exposure-ok"]
"""A rule of the issue that a named person may set aside."""


Report = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")]
"""A UUID, in lower case: random, never a number of a person or of a visit."""


class AtBedside(AboutUnit, frozen=True, kw_only=True):
    """What a hospital records of a unit, or its own system reports.

    Attributes:
        reported_by: the account of that system, which vouches for who acted; None: they signed on the pages.
        report: the system's key of the report; the same again for the same unit is the same report.
    """

    reported_by: Person | None = None
    report: Report | None = None


class Crossmatched(AtBedside, tag="crossmatched", frozen=True, kw_only=True):
    """交叉配血: the result is recorded, no decision is made."""

    patient: Person
    result: Literal["compatible", "incompatible"]


class Issued(AtBedside, tag="issued", frozen=True, kw_only=True):
    """临床发血, to the ward `place`; `by` issued, `collector` took it (取血人), both signed.

    Attributes:
        patient: for whom.
        collector: who took it.
        override: why it was issued all the same (特批发血).
        set_aside: the rules that said no, each named.
        second: who answers for that, and signed beside issuer and collector.
        checklist: the site's list, answered.
    """

    patient: Person
    collector: Person | None = None
    override: Text | None = None
    checklist: Checked | None = None
    set_aside: Annotated[list[SetAside], Meta(max_length=8)] = []
    second: Person | None = None


class BedsideChecked(AtBedside, tag="bedside_checked", frozen=True, kw_only=True):
    """床旁核对, by two persons: bag, label and `patient` agree, or something `differs`."""

    patient: Person
    second: Person | None = None
    outcome: Literal["agrees", "differs"] = "agrees"


class Transfused(AtBedside, tag="transfused", frozen=True, kw_only=True):
    """输血; `outcome` is `stopped` where not all of it was given."""

    patient: Person
    volume_ml: Count | None = None
    outcome: Literal["complete", "stopped"] = "complete"


class NotTransfused(AtBedside, tag="not_transfused", frozen=True, kw_only=True):
    """未输注: the ward does not give it; where it goes then is said by what follows."""

    patient: Person


class ReturnedToBank(AtBedside, tag="returned_to_bank", frozen=True, kw_only=True):
    """退回输血科: back from the ward, to stock where the pack's rule lets it, else held or to be discarded."""

    outcome: Literal["restocked", "held", "discard"]
    second: Person | None = None


class Reaction(AtBedside, tag="reaction", frozen=True, kw_only=True):
    """输血不良反应."""

    patient: Person
    severity: Literal["none", "mild", "moderate", "severe", "fatal"]


class BagReturned(AtBedside, tag="bag_returned", frozen=True, kw_only=True):
    """血袋回收."""
