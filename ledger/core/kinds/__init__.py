"""Every event kind, its fields, and the streams that may carry it: the catalogue behind docs/format.md §3.

    fields        what a field may hold
    checked       a checklist's answers
    envelope      what every event carries
    preparation   from vein to bag
    stock         the bag in stock
    delivery      from station to hospital
    bedside       crossmatch to reaction
    sighted       tags and labels that readers and scanners saw
    condition     how devices and gateways fare
    alarms        alarms on the spot
    cases         recall and lookback
    measured      temperature segments
    administered  the site's own acts

An event is one fact, made once by its producer. Fields are never moved or removed; a new field comes with a default,
anything else is a new kind. Values are integers, strings, lists and objects of them.

This package decides what a well-formed event of each kind looks like. How it is encoded, decoded and judged is
`ledger.core.events`; what it means for a unit is `ledger.core.custody` and `ledger.rules`.
"""

from typing import TypeAlias

from ledger.core.kinds.administered import (
    AgainstLimits,
    AgitationResumed,
    AgitationStopped,
    Erased,
    ExposureStated,
    FigureConfirmed,
    KeyAdded,
    KeyRevoked,
    KeyRotated,
    LastGood,
    LogKeyAdded,
    LogKeyRetired,
    OrganisationAdded,
    PackEnforced,
    PassportAccepted,
    PlaceAdded,
    ProbePlaced,
    SiteOpened,
    StreamResumed,
    UnitMapRooted,
)
from ledger.core.kinds.alarms import AlarmAcknowledged, AlarmCause, AlarmEnded, AlarmRaised
from ledger.core.kinds.bedside import (
    AtBedside,
    BagReturned,
    BedsideChecked,
    Crossmatched,
    Issued,
    NotTransfused,
    Reaction,
    ReturnedToBank,
    Transfused,
)
from ledger.core.kinds.cases import AboutCase, CaseClosed, CaseOpened, NoticeAcknowledged, NoticeSent
from ledger.core.kinds.checked import Answer, Checked
from ledger.core.kinds.condition import (
    ClockSkew,
    DeviceFault,
    DeviceRestored,
    ErasureApplied,
    Excursion,
    ExcursionEnded,
    Gap,
    GatewayStarted,
    LedgerKeyFollowed,
)
from ledger.core.kinds.delivery import (
    AboutBox,
    Consigned,
    DispatchChecked,
    Dispatched,
    HandedOver,
    JudgedReturn,
    Opened,
    OrderCancelled,
    Ordered,
    OrderLine,
    Packed,
    Received,
    Returned,
    Sealed,
    Unpacked,
)
from ledger.core.kinds.envelope import Event, FirstSaid, Reported
from ledger.core.kinds.fields import (
    Abo,
    Celsius100,
    Commitment,
    Count,
    Hash,
    Listable,
    Measure,
    Nonce,
    Number,
    Once,
    Positive,
    Quality,
    Rhd,
    SeenAt,
    SeenBy,
    SeenPlace,
    SeenTag,
    Sequence,
    Subject,
    Text,
    Units,
    Word,
)
from ledger.core.kinds.measured import SegmentGap, TemperatureSegment
from ledger.core.kinds.preparation import (
    Collected,
    Component,
    DonorBlocked,
    DonorReentered,
    Frozen,
    Inactivated,
    Irradiated,
    Pooled,
    Prepared,
    Relabelled,
    Sampled,
    Split,
    Tested,
    Thawed,
    Transformation,
    Washed,
)
from ledger.core.kinds.sighted import (
    LabelScanned,
    MemorySays,
    ScanRefused,
    TagArrived,
    TagLeft,
    TagMemoryRead,
    TagUncertain,
    UnknownTagSeen,
)
from ledger.core.kinds.stock import (
    AboutUnit,
    Allocated,
    Assessed,
    BatchReleased,
    Commented,
    Corrected,
    DiscardApproved,
    Discarded,
    DiscardRequested,
    Evidence,
    Labelled,
    Moved,
    Nonconforming,
    Opening,
    Quarantined,
    QuarantineLifted,
    Recalled,
    Released,
    Removed,
    Reserved,
    ShiftHandedOver,
    StockTaken,
    Stored,
    TagAssociated,
    TagRemoved,
)

__all__ = [
    "Abo",
    "AboutBox",
    "AboutCase",
    "AboutUnit",
    "Administered",
    "AgainstLimits",
    "AgitationResumed",
    "AgitationStopped",
    "AlarmAcknowledged",
    "AlarmCause",
    "AlarmEnded",
    "AlarmRaised",
    "Allocated",
    "Answer",
    "AnyEvent",
    "Asserted",
    "Assessed",
    "AtBedside",
    "BagReturned",
    "BatchReleased",
    "BedsideChecked",
    "CaseClosed",
    "CaseOpened",
    "Celsius100",
    "Checked",
    "ClockSkew",
    "Collected",
    "Commented",
    "Commitment",
    "Component",
    "Consigned",
    "Corrected",
    "Count",
    "Crossmatched",
    "DeviceFault",
    "DeviceRestored",
    "DiscardApproved",
    "DiscardRequested",
    "Discarded",
    "DispatchChecked",
    "Dispatched",
    "DonorBlocked",
    "DonorReentered",
    "Erased",
    "ErasureApplied",
    "Event",
    "Evidence",
    "Excursion",
    "ExcursionEnded",
    "ExposureStated",
    "FigureConfirmed",
    "FirstSaid",
    "Frozen",
    "Gap",
    "GatewayStarted",
    "HandedOver",
    "Hash",
    "Inactivated",
    "Irradiated",
    "Issued",
    "JudgedReturn",
    "KeyAdded",
    "KeyRevoked",
    "KeyRotated",
    "LabelScanned",
    "Labelled",
    "LastGood",
    "LedgerKeyFollowed",
    "Listable",
    "LogKeyAdded",
    "LogKeyRetired",
    "Measure",
    "Measured",
    "MemorySays",
    "Moved",
    "Nonce",
    "Nonconforming",
    "NotTransfused",
    "NoticeAcknowledged",
    "NoticeSent",
    "Number",
    "Observed",
    "Octet",
    "Once",
    "Opened",
    "Opening",
    "OrderCancelled",
    "OrderLine",
    "Ordered",
    "OrganisationAdded",
    "PackEnforced",
    "Packed",
    "PassportAccepted",
    "PlaceAdded",
    "Pooled",
    "Positive",
    "Prepared",
    "ProbePlaced",
    "Quality",
    "QuarantineLifted",
    "Quarantined",
    "Reaction",
    "Recalled",
    "Received",
    "Relabelled",
    "Released",
    "Removed",
    "Reported",
    "Reserved",
    "Returned",
    "ReturnedToBank",
    "Rhd",
    "Sampled",
    "ScanRefused",
    "Sealed",
    "Seen",
    "SeenAt",
    "SeenBy",
    "SeenPlace",
    "SeenTag",
    "SegmentGap",
    "Sequence",
    "ShiftHandedOver",
    "SiteOpened",
    "Split",
    "StockTaken",
    "Stored",
    "StreamResumed",
    "Subject",
    "TagArrived",
    "TagAssociated",
    "TagLeft",
    "TagMemoryRead",
    "TagRemoved",
    "TagUncertain",
    "TemperatureSegment",
    "Tested",
    "Text",
    "Thawed",
    "Transformation",
    "Transfused",
    "UnitMapRooted",
    "Units",
    "UnknownTagSeen",
    "Unpacked",
    "Washed",
    "Word",
]  # fmt: skip

Asserted: TypeAlias = (
    Collected | Sampled | Prepared | Pooled | Split | Washed | Irradiated | Frozen | Thawed | Inactivated | Relabelled
    | Tested | Opening | Labelled | TagAssociated | TagRemoved | Quarantined | QuarantineLifted | Released
    | BatchReleased | Stored | Removed | Moved | Reserved | Allocated | Nonconforming | DiscardRequested
    | DiscardApproved | Discarded | Assessed | StockTaken | Recalled | Corrected | Commented | Ordered
    | OrderCancelled | DispatchChecked | Packed | Unpacked | Sealed | Opened
    | Dispatched | HandedOver | Received | Returned | Crossmatched | Issued | BedsideChecked | Transfused
    | NotTransfused | ReturnedToBank
    | Reaction | BagReturned | DonorBlocked | DonorReentered | ShiftHandedOver | CaseOpened | NoticeSent
    | NoticeAcknowledged | CaseClosed
)  # fmt: skip
"""What a person asserts on a page: the `web` stream. Checked first; refused with the rule named."""

Observed: TypeAlias = (
    TagArrived | TagLeft | UnknownTagSeen | TagUncertain | TagMemoryRead | LabelScanned | ScanRefused | Excursion
    | ExcursionEnded | DeviceFault | DeviceRestored | Gap | ClockSkew | GatewayStarted | ErasureApplied
    | LedgerKeyFollowed | AlarmRaised | AlarmAcknowledged | AlarmEnded
)  # fmt: skip
"""What a gateway saw: its custody stream `…/c`. Never refused."""

Seen: TypeAlias = TagArrived | TagLeft | UnknownTagSeen | TagUncertain | TagMemoryRead
"""A tag was there, or no longer, or nobody knows where of several places; or its memory was read."""

Measured: TypeAlias = TemperatureSegment
"""What a gateway measured: its telemetry stream `…/t`. Never refused."""

Administered: TypeAlias = (
    SiteOpened | KeyAdded | KeyRotated | KeyRevoked | LogKeyAdded | LogKeyRetired | StreamResumed | OrganisationAdded
    | PlaceAdded | ProbePlaced | AgitationStopped | AgitationResumed | PackEnforced | FigureConfirmed | ExposureStated
    | PassportAccepted | UnitMapRooted | Erased
)  # fmt: skip
"""What the site itself declares: the `site` stream."""

AnyEvent: TypeAlias = Asserted | Observed | Measured | Administered
