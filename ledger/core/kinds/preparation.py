"""From vein to bag: donation, samples, tests, and the units that become other units."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.core.ids import Container, Din, Equipment, Instant, Lot, Person, Sample, Unit
from ledger.core.kinds.envelope import Event
from ledger.core.kinds.fields import Abo, Commitment, Count, Rhd, Units, Word


class Collected(Event, tag="collected", frozen=True, kw_only=True):
    """采血: a donor gave; the bag of whole blood is the donation's first unit."""

    unit: Unit
    donor: Person
    volume_ml: Count | None = None
    lots: list[Lot] = []
    container: Container | None = None


class Sampled(Event, tag="sampled", frozen=True, kw_only=True):
    """标本 / 留样: a sample of the donation was taken."""

    din: Din
    sample: Sample
    retained: Literal["yes", "no"] = "no"


class Component(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One unit that a transformation made, with its own expiry, and the bag that it is in."""

    unit: Unit
    expires: Instant | None = None
    volume_ml: Count | None = None
    container: Container | None = None


class Transformation(Event, frozen=True, kw_only=True):
    """Units became other units; lineage is these edges."""

    parents: Units
    children: Annotated[list[Component], Meta(min_length=1, max_length=40)]
    equipment: list[Equipment] = []
    lots: list[Lot] = []


class Prepared(Transformation, tag="prepared", frozen=True, kw_only=True):
    """制备: a donation was separated into components."""


class Pooled(Transformation, tag="pooled", frozen=True, kw_only=True):
    """汇集."""


class Split(Transformation, tag="split", frozen=True, kw_only=True):
    """分装."""


class Washed(Transformation, tag="washed", frozen=True, kw_only=True):
    """洗涤."""


class Irradiated(Transformation, tag="irradiated", frozen=True, kw_only=True):
    """辐照."""


class Frozen(Transformation, tag="frozen", frozen=True, kw_only=True):
    """速冻."""


class Thawed(Transformation, tag="thawed", frozen=True, kw_only=True):
    """融化."""


class Inactivated(Transformation, tag="inactivated", frozen=True, kw_only=True):
    """病毒灭活."""


class Relabelled(Transformation, tag="relabelled", frozen=True, kw_only=True):
    """改签: the same bag under a new product code."""


class Tested(Event, tag="tested", frozen=True, kw_only=True):
    """检测: the overall result of a donation. Single test values that reveal a donor stay out, or are commitments.

    Attributes:
        panel: the tests whose results are final with this event.
        sample: the sample that was tested.
        lots: of the reagents.
    """

    din: Din
    overall: Literal["fit", "unfit", "undecided"]
    abo: Abo | None = None
    rhd: Rhd | None = None
    panel: list[Word] = []
    results: list[Commitment] = []
    sample: Sample | None = None
    lots: list[Lot] = []


class DonorBlocked(Event, tag="donor_blocked", frozen=True, kw_only=True):
    """屏蔽."""

    donor: Person
    until: Instant | None = None


class DonorReentered(Event, tag="donor_reentered", frozen=True, kw_only=True):
    """归队."""

    donor: Person
