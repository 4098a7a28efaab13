"""What readers and scanners saw: tags and labels."""

from typing import Annotated

from msgspec import Meta

from ledger.core.ids import Device, Din, Instant, Place, Unit
from ledger.core.kinds.envelope import Reported
from ledger.core.kinds.fields import Abo, Commitment, Count, Number, Rhd, SeenBy, SeenTag, Text, Word


class TagArrived(Reported, tag="tag_arrived", frozen=True, kw_only=True):
    """A tag is present at the read point `place` since `time`: an edge, not a read.

    `device_time` is what the reader's own clock said, as claimed, at the last of the reads that made it certain.
    """

    tag: SeenTag
    device: SeenBy
    antenna: Count
    reads: Count
    rssi_centi_dbm: Number | None = None
    device_time: Instant | None = None


class TagLeft(Reported, tag="tag_left", frozen=True, kw_only=True):
    """A tag was last seen at `place` at `time`; recorded when completed inventories had missed it long enough."""

    tag: SeenTag
    device: SeenBy
    reads: Count


class UnknownTagSeen(Reported, tag="unknown_tag_seen", frozen=True, kw_only=True):
    """A tag outside the site's own numbering was seen at `place`."""

    tag: SeenTag
    device: SeenBy
    antenna: Count
    reads: Count


class TagUncertain(Reported, tag="tag_uncertain", frozen=True, kw_only=True):
    """A tag is at one of `places`, since `time`, and no reader hears it clearly best: it was not moved to any."""

    tag: SeenTag
    device: SeenBy
    places: Annotated[list[Place], Meta(min_length=2, max_length=16)]
    reads: Count


class LabelScanned(Reported, tag="label_scanned", frozen=True, kw_only=True):
    """A label was scanned at `place`: what it says, less everything that identifies a person."""

    device: Device
    din: Din | None = None
    product: Word | None = None
    unit: Unit | None = None
    abo: Abo | None = None
    rhd: Rhd | None = None
    expires_local: Word | None = None
    structures: list[Word] = []
    withheld: list[Commitment] = []
    paired_since: Instant | None = None


class ScanRefused(Reported, tag="scan_refused", frozen=True, kw_only=True):
    """A scan that is no valid label: what was wrong, and a commitment to what came."""

    device: Device
    reason: Text
    withheld: Commitment
