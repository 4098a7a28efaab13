"""What readers and scanners saw: tags, what their memory says, and labels."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.core.ids import Device, Din, Instant, Place, Unit
from ledger.core.kinds.envelope import Reported
from ledger.core.kinds.fields import Abo, Commitment, Count, Number, Octet, Rhd, SeenBy, SeenTag, Text, Word


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


class MemorySays(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the message in a tag's memory says of a bag. A claim of the tag: nobody is its subject.

    Attributes:
        din: the donation that it names.
        product: product code, with division.
        abo: the group that it names; no bag has it for that.
        rhd: likewise.
        expires_local: as in `LabelScanned`.
        structures: the numbers of the message's data structures.
    """

    din: Din
    product: Word | None = None
    abo: Abo | None = None
    rhd: Rhd | None = None
    expires_local: Word | None = None
    structures: list[Word] = []


class TagMemoryRead(Reported, tag="tag_memory_read", frozen=True, kw_only=True):
    """What the memory of a tag at `place` says, or why nothing is taken from it; once a presence, and when it changed.

    Attributes:
        tag: whose memory.
        device: the reader.
        outcome: `read`; `blank`, as nothing was ever written; `unreadable`, what came cannot be relied on; `not_read`,
            the tag could not be read to the end.
        says: the message, where one was read; where the CRC `differs`, it is not to be relied on.
        crc: whether the memory's CRC fits; absent where nothing was read.
        protection: whether the memory can still be written.
        afi: the tag's application family identifier, where it was asked.
        dsfid: its data storage format identifier, likewise.
        reason: why it is not `read`, or what is otherwise than the site writes its tags.
        withheld: a commitment to the memory's bytes that are not told, because nothing shows that they name nobody.
    """

    tag: SeenTag
    device: SeenBy
    outcome: Literal["read", "blank", "unreadable", "not_read"]
    says: MemorySays | None = None
    crc: Literal["holds", "differs", "absent"] | None = None
    protection: Literal["locked", "partly-locked", "unlocked", "unknown"] = "unknown"
    afi: Octet | None = None
    dsfid: Octet | None = None
    reason: Text | None = None
    withheld: Commitment | None = None


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
