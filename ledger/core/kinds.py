"""Every event kind, its fields, and the streams that may carry it: the catalogue behind docs/format.md §3.

An event is one fact, made once by its producer. Fields are never moved or removed; a new field comes with a default,
anything else is a new kind. Values are integers, strings, lists and objects of them; temperatures are centi-degrees
Celsius, volumes millilitres, signal strengths centi-dBm, instants as in `ledger.core.ids`.

This module decides what a well-formed event of each kind looks like. How it is encoded, decoded and judged is
`ledger.core.events`; what it means for a unit is `ledger.core.custody` and `ledger.rules`.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from ledger.core.ids import (
    Box,
    Case,
    Consignment,
    Device,
    Din,
    Instant,
    Key,
    Organisation,
    Person,
    Place,
    Probe,
    Sample,
    Tag,
    Unit,
)
from ledger.core.spelling import Deferred

Text = Annotated[str, Meta(min_length=1, max_length=400)]
"""Free text by a person or a device; never a name of a person."""
Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}\Z")]
Nonce = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Hash = Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{43}=\Z")]
"""A SHA-256 value in standard base64."""
Commitment = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}\Z")]
Listable = Annotated[str, Meta(pattern=r"^(unit|din|tag|box|probe|key):[A-Za-z0-9._/-]{1,300}\Z")]
"""An identifier of a thing that has a list in the unit map."""
Sequence = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Number = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)]
"""Any integer that canonical JSON carries (docs/format.md §2)."""
Celsius100 = Annotated[int, Meta(ge=-27315, le=20000)]
SeenAt = Annotated[str, Deferred.of(Instant)]
SeenPlace = Annotated[str, Deferred.of(Place)]
SeenTag = Annotated[str, Deferred.of(Tag)]
SeenBy = Annotated[str, Deferred.of(Device)]
Once = Annotated[str, Deferred.of(Nonce)]
"""What every sighting has, checked for many events at once (`ledger.core.spelling`): an instant, a place, a tag, a
device, a nonce."""
Units = Annotated[list[Unit], Meta(min_length=1, max_length=100)]
Abo = Literal["A", "B", "AB", "O"]
Rhd = Literal["positive", "negative"]
Quality = Literal["good", "suspect", "fault"]


class Event(Struct, tag_field="kind", frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What every event carries.

    Attributes:
        v: the version of the envelope.
        stream: the producer's chain, e.g. `gw-centre/1/c`, `web` or `site`.
        seq: the place in the stream, from 1, without gaps.
        nonce: 16 random bytes in hex, so that a hash cannot be guessed back after an erasure.
        time: when it happened.
        clock: how far the producer's clock can be trusted; `simulated` only on a site marked demo.
        place: where it happened.
        by: the person who acted, as a pseudonym.
        recorded_at: when it was written down, where that was later than `time`.
    """

    v: Literal[1]
    stream: Annotated[str, Meta(min_length=1, max_length=80)]
    seq: Sequence
    nonce: Once
    time: SeenAt
    clock: Literal["synchronised", "unsynchronised", "simulated"]
    place: SeenPlace | None = None
    by: Person | None = None
    recorded_at: Instant | None = None


class FirstSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an event stood that a gateway said before, to nobody's receipt: the log, the stream, the place in it.

    With these in the place of its own stream and seq, and without this field, an event has the bytes that it had there.
    """

    origin: Annotated[str, Meta(min_length=1, max_length=200)]
    stream: Annotated[str, Meta(min_length=1, max_length=80)]
    seq: Sequence


class Reported(Event, frozen=True, kw_only=True):
    """What a gateway says; `first_said` where it carries over what it had said in a stream that ended."""

    first_said: FirstSaid | None = None


# ── from vein to bag ──────────────────────────────────────────────────────────────────────────────────────────────


class Collected(Event, tag="collected", frozen=True, kw_only=True):
    """采血: a donor gave; the bag of whole blood is the donation's first unit."""

    unit: Unit
    donor: Person
    volume_ml: Count | None = None
    lots: list[Word] = []


class Sampled(Event, tag="sampled", frozen=True, kw_only=True):
    """标本 / 留样: a sample of the donation was taken."""

    din: Din
    sample: Sample
    retained: Literal["yes", "no"] = "no"


class Component(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One unit that a transformation made, with its own expiry."""

    unit: Unit
    expires: Instant | None = None
    volume_ml: Count | None = None


class Transformation(Event, frozen=True, kw_only=True):
    """Units became other units; lineage is these edges."""

    parents: Units
    children: Annotated[list[Component], Meta(min_length=1, max_length=40)]
    equipment: list[Word] = []
    lots: list[Word] = []


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
    """检测: the overall result of a donation. Single test values that reveal a donor stay out, or are commitments."""

    din: Din
    overall: Literal["fit", "unfit", "undecided"]
    abo: Abo | None = None
    rhd: Rhd | None = None
    panel: list[Word] = []
    results: list[Commitment] = []


# ── the bag in stock ──────────────────────────────────────────────────────────────────────────────────────────────


class AboutUnit(Event, frozen=True, kw_only=True):
    """A fact about one unit."""

    unit: Unit
    reason: Text | None = None


class Opening(AboutUnit, tag="opening", frozen=True, kw_only=True):
    """Stock that was there before the ledger; its past is unknown."""

    abo: Abo | None = None
    rhd: Rhd | None = None
    expires: Instant | None = None


class Labelled(AboutUnit, tag="labelled", frozen=True, kw_only=True):
    """贴签."""

    abo: Abo
    rhd: Rhd
    expires: Instant


class TagAssociated(AboutUnit, tag="tag_associated", frozen=True, kw_only=True):
    """标签绑定: from here on the tag points to the unit. A tag can be cloned: its identity is a claim."""

    tag: Tag


class TagRemoved(AboutUnit, tag="tag_removed", frozen=True, kw_only=True):
    """标签解绑."""

    tag: Tag


class Quarantined(AboutUnit, tag="quarantined", frozen=True, kw_only=True):
    """隔离."""


class QuarantineLifted(AboutUnit, tag="quarantine_lifted", frozen=True, kw_only=True):
    """解除隔离."""

    second: Person | None = None


class Released(AboutUnit, tag="released", frozen=True, kw_only=True):
    """血液放行; with `override`, 应急放行."""

    second: Person | None = None
    override: Text | None = None
    release_batch: Word | None = None


class Stored(AboutUnit, tag="stored", frozen=True, kw_only=True):
    """入库: put into `place`."""


class Removed(AboutUnit, tag="removed", frozen=True, kw_only=True):
    """出库: taken out of `place`."""


class Moved(AboutUnit, tag="moved", frozen=True, kw_only=True):
    """移库 / 应急转移: now in `place`."""


class Reserved(AboutUnit, tag="reserved", frozen=True, kw_only=True):
    """预留."""

    order: Word | None = None


class Allocated(AboutUnit, tag="allocated", frozen=True, kw_only=True):
    """配货 / 备血."""

    order: Word | None = None
    patient: Person | None = None


class Nonconforming(AboutUnit, tag="nonconforming", frozen=True, kw_only=True):
    """不合格品."""


class DiscardRequested(AboutUnit, tag="discard_requested", frozen=True, kw_only=True):
    """报废申请."""


class DiscardApproved(AboutUnit, tag="discard_approved", frozen=True, kw_only=True):
    """报废审批."""

    second: Person | None = None


class Discarded(AboutUnit, tag="discarded", frozen=True, kw_only=True):
    """报废处置."""


class Assessed(AboutUnit, tag="assessed", frozen=True, kw_only=True):
    """偏差评估: two quality officers judged a deviation; the original verdict stays visible beside it."""

    outcome: Literal["fit", "return", "discard"]
    second: Person
    evidence: list[Hash] = []


class StockTaken(Event, tag="stock_taken", frozen=True, kw_only=True):
    """盘点 of `place`: what was found, and what was missing (盘亏) or surplus (盘盈)."""

    found: list[Unit] = []
    missing: list[Unit] = []
    surplus: list[Unit] = []


class Recalled(Event, tag="recalled", frozen=True, kw_only=True):
    """血液收回."""

    units: Units
    reason: Text
    case: Case | None = None


class Corrected(Event, tag="corrected", frozen=True, kw_only=True):
    """更正: the event at (`of_stream`, `of_seq`) was wrong. It stays as it was; this points at it."""

    of_stream: Annotated[str, Meta(min_length=1, max_length=80)]
    of_seq: Sequence
    reason: Text
    unit: Unit | None = None


# ── from station to hospital ──────────────────────────────────────────────────────────────────────────────────────


class Ordered(Event, tag="ordered", frozen=True, kw_only=True):
    """订血: a hospital's order to the station."""

    order: Word
    organisation: Organisation
    lines: Annotated[list[Text], Meta(min_length=1, max_length=40)]


class AboutBox(Event, frozen=True, kw_only=True):
    """A fact about one transport box and what was in it."""

    box: Box
    units: Annotated[list[Unit], Meta(max_length=100)] = []


class Packed(AboutBox, tag="packed", frozen=True, kw_only=True):
    """装箱: the units are in the box from here on, and so is the probe."""

    probe: Probe | None = None


class Unpacked(AboutBox, tag="unpacked", frozen=True, kw_only=True):
    """The units are out of the box, in `place`."""


class Sealed(AboutBox, tag="sealed", frozen=True, kw_only=True):
    """封箱."""

    seal: Word


class Opened(AboutBox, tag="opened", frozen=True, kw_only=True):
    """开箱."""

    seal: Word | None = None


class Consigned(Event, frozen=True, kw_only=True):
    """A fact about a consignment: the units of one dispatch note (发血单)."""

    dispatch_note: Consignment
    units: Units
    boxes: list[Box] = []


class Dispatched(Consigned, tag="dispatched", frozen=True, kw_only=True):
    """发血: custody leaves `place` for the organisation `to`."""

    to: Organisation
    purpose: Literal["supply", "redistribution", "return"] = "supply"
    second: Person | None = None


class HandedOver(Consigned, tag="handed_over", frozen=True, kw_only=True):
    """运输交接."""

    courier: Person | None = None


class Received(Consigned, tag="received", frozen=True, kw_only=True):
    """核收: the organisation of `place` holds the units from here on."""

    outcome: Literal["accepted", "held", "refused"]
    reason: Text | None = None


class Returned(AboutUnit, tag="returned", frozen=True, kw_only=True):
    """退血."""


# ── at the bedside ────────────────────────────────────────────────────────────────────────────────────────────────


class Crossmatched(AboutUnit, tag="crossmatched", frozen=True, kw_only=True):
    """交叉配血: the result is recorded, no decision is made."""

    patient: Person
    result: Literal["compatible", "incompatible"]


class Issued(AboutUnit, tag="issued", frozen=True, kw_only=True):
    """临床发血, to the ward `place`; `by` issued, `collector` took it (取血人)."""

    patient: Person
    collector: Person | None = None
    override: Text | None = None


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


class DonorBlocked(Event, tag="donor_blocked", frozen=True, kw_only=True):
    """屏蔽."""

    donor: Person
    until: Instant | None = None


class DonorReentered(Event, tag="donor_reentered", frozen=True, kw_only=True):
    """归队."""

    donor: Person


class ShiftHandedOver(Event, tag="shift_handed_over", frozen=True, kw_only=True):
    """交接班 of `place`."""

    second: Person


# ── what devices saw ──────────────────────────────────────────────────────────────────────────────────────────────


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


class ScanRefused(Reported, tag="scan_refused", frozen=True, kw_only=True):
    """A scan that is no valid label: what was wrong, and a commitment to what came."""

    device: Device
    reason: Text
    withheld: Commitment


class Excursion(Reported, tag="excursion", frozen=True, kw_only=True):
    """超温: a probe is beyond a limit of its place since `time`; told at once, or when the level's delay is over."""

    probe: Probe
    limit: Literal["low", "high"]
    limit_centi_celsius: Celsius100
    centi_celsius: Celsius100
    level: Literal["warning", "alarm"] = "alarm"


class ExcursionEnded(Reported, tag="excursion_ended", frozen=True, kw_only=True):
    """The probe reads within its limits again."""

    probe: Probe
    since: Instant
    lowest_centi_celsius: Celsius100
    highest_centi_celsius: Celsius100
    level: Literal["warning", "alarm"] = "alarm"


class DeviceFault(Reported, tag="device_fault", frozen=True, kw_only=True):
    """A device cannot be believed from `time` on; its tags are unobserved, its readings missing."""

    device: Device
    reason: Text


class DeviceRestored(Reported, tag="device_restored", frozen=True, kw_only=True):
    """A device works again since `time`."""

    device: Device
    since: Instant | None = None


class Gap(Reported, tag="gap", frozen=True, kw_only=True):
    """数据缺失: something may have been missed between `since` and `time`."""

    device: Device
    since: Instant
    reason: Text


class ClockSkew(Reported, tag="clock_skew", frozen=True, kw_only=True):
    """A clock differs: that of `device` is ahead of `against` by `skew_ms` (negative: behind).

    Attributes:
        device: whose clock; a gateway's own is `device:` and its name.
        against: `gateway`, for a device's clock; `interval`, for the gateway's own against the time that had passed: it
            was set.
        skew_ms: milliseconds.
    """

    device: Device
    against: Literal["gateway", "interval"]
    skew_ms: Number


class GatewayStarted(Reported, tag="gateway_started", frozen=True, kw_only=True):
    """The gateway's program started, with this version and this configuration (SHA-256, base64)."""

    version: Word
    configuration: Hash


class ErasureApplied(Reported, tag="erasure_applied", frozen=True, kw_only=True):
    """The gateway holds nothing more of an event that was erased: neither in its outbox nor beside it."""

    of_stream: Annotated[str, Meta(min_length=1, max_length=80)]
    of_seq: Sequence
    what: Literal["body", "value"]


class LedgerKeyFollowed(Reported, tag="ledger_key_followed", frozen=True, kw_only=True):
    """The gateway believes a further key of the ledger's from now on: one that it believed already signed for it.

    Attributes:
        use: what the keys sign.
        key: the fingerprint of the key that follows.
        handed_over_by: that of the key that signed for it.
    """

    use: Literal["checkpoint", "receipt"]
    key: Key
    handed_over_by: Key


AlarmCause: TypeAlias = Literal[
    "excursion", "temperature_warning", "probe_silent", "probe_unknown", "reader_lost", "scanner_lost",
    "output_failed", "outbox_full", "storage_failed", "ledger_refused", "stream_stopped", "ledger_unreachable",
    "clock_lost", "power_lost",
]  # fmt: skip
"""Why a gateway sounds an alarm."""


class AlarmRaised(Event, tag="alarm_raised", frozen=True, kw_only=True):
    """报警: from `time` on the gateway sounds an alarm on the spot, whether or not the centre can be reached."""

    cause: AlarmCause
    device: Device
    reason: Text


class AlarmAcknowledged(Event, tag="alarm_acknowledged", frozen=True, kw_only=True):
    """报警确认: the person `by` took charge of the alarm raised at `raised`; it sounds no more."""

    cause: AlarmCause
    device: Device
    raised: Instant
    way: Literal["command", "card"]


class AlarmEnded(Event, tag="alarm_ended", frozen=True, kw_only=True):
    """What the alarm raised at `raised` was about is over, acknowledged or not."""

    cause: AlarmCause
    device: Device
    raised: Instant


class SegmentGap(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hole in a segment: offsets from the segment's `time`, in milliseconds."""

    start_ms: Count
    end_ms: Count
    reason: Text


class TemperatureSegment(Reported, tag="temperature_segment", frozen=True, kw_only=True):
    """温度记录: what one probe read from `time` to `until`, raw.

    Attributes:
        probe: the probe, in `place`.
        measures: whether it hangs in air or in a load.
        until: the end of what this segment speaks of.
        quality: one for the whole segment; a change of quality closes it. Only `good` readings are readings.
        reason: why the quality is not good.
        readings: pairs of (milliseconds since `time`, centi-degrees Celsius), in order of time.
        gaps: holes, shown and never bridged.
        calibration_until: the end of the probe's calibration.
        certificate: the calibration's certificate.
        calibrated: when the probe was calibrated.
        calibration: whether the calibration had expired before `until`; absent where its end is not stated.
        offset_centi_celsius: the correction that the probe itself adds, as declared; `readings` are as they came.
        device_time: what the device's own clock said, as claimed, at the first reading.
    """

    probe: Probe
    measures: Literal["air", "load"]
    until: Instant
    quality: Quality
    reason: Text | None = None
    readings: list[tuple[Count, Celsius100]]
    gaps: list[SegmentGap] = []
    calibration_until: Instant | None = None
    certificate: Word | None = None
    calibrated: Instant | None = None
    calibration: Literal["valid", "expired"] | None = None
    offset_centi_celsius: Number | None = None
    device_time: Instant | None = None


# ── the site's own acts ───────────────────────────────────────────────────────────────────────────────────────────


class SiteOpened(Event, tag="site_opened", frozen=True, kw_only=True):
    """The first event of a log: the site's name, its mode, and the keys that sign checkpoints and receipts (vkeys)."""

    origin: Text
    mode: Literal["production", "demo"]
    log_key: Text
    receipt_key: Text


class KeyAdded(Event, tag="key_added", frozen=True, kw_only=True):
    """A producer's key holds from the next log index on.

    Attributes:
        key: its fingerprint.
        vkey: the C2SP verifier key; its name is the producer's.
        producer: whose streams it may sign: `site`, `web`, or a gateway's name.
        proof: base64 Ed25519 signature over the possession text of docs/format.md §6.
        approved_by: the administrator who compared the fingerprint.
    """

    key: Key
    vkey: Text
    producer: Word
    proof: Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{86}==\Z")]
    approved_by: Person | None = None


class KeyRotated(Event, tag="key_rotated", frozen=True, kw_only=True):
    """A producer's key was replaced; both keys signed the change."""

    key: Key
    vkey: Text
    producer: Word
    replaces: Key
    proof: Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{86}==\Z")]
    proof_by_old: Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{86}==\Z")]


class LastGood(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last event of a stream that a revoked key may vouch for."""

    stream: Annotated[str, Meta(min_length=1, max_length=80)]
    seq: Count


class KeyRevoked(Event, tag="key_revoked", frozen=True, kw_only=True):
    """A key no longer holds beyond the last good events; a stream not listed has none."""

    key: Key
    last_good: list[LastGood]
    reason: Text


class LogKeyAdded(Event, tag="log_key_added", frozen=True, kw_only=True):
    """A further key signs the log's checkpoints or receipts from the next size on, beside the one that signs already.

    Attributes:
        key: its fingerprint.
        vkey: the C2SP verifier key; its name is that of the key beside which it signs.
        use: what it signs.
        beside: the fingerprint of a key that signs the same.
        proof: base64 Ed25519 signature over the possession text of docs/format.md §6.
        proof_by_old: the same by the key beside which it signs.
    """

    key: Key
    vkey: Text
    use: Literal["checkpoint", "receipt"]
    beside: Key
    proof: Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{86}==\Z")]
    proof_by_old: Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{86}==\Z")]


class LogKeyRetired(Event, tag="log_key_retired", frozen=True, kw_only=True):
    """A key signs the log's checkpoints or receipts no longer; another one does."""

    key: Key
    reason: Text


class StreamResumed(Event, tag="stream_resumed", frozen=True, kw_only=True):
    """After a fork an administrator let a gateway go on under a new epoch."""

    producer: Word
    epoch: Sequence
    reason: Text


class OrganisationAdded(Event, tag="organisation_added", frozen=True, kw_only=True):
    """An organisation of this site."""

    organisation: Organisation
    role: Literal["blood_centre", "hospital", "courier", "authority"]
    name_zh: Text
    name_en: Text


class PlaceAdded(Event, tag="place_added", frozen=True, kw_only=True):
    """A place, or a box, with the policy phase that rules there; `phase` absent: not judged."""

    place: Place
    organisation: Organisation
    phase: Literal["store", "transport", "uncontrolled", "ward"] | None = None
    name_zh: Text
    name_en: Text


class PackEnforced(Event, tag="pack_enforced", frozen=True, kw_only=True):
    """判定标准 in force from `time` on: which pack, which version, and the SHA-256 of its file."""

    pack: Word
    version: Word
    sha256: Hash
    second: Person | None = None


class ExposureStated(Event, tag="exposure_stated", frozen=True, kw_only=True):
    """What the ledger says of a unit's cold chain, and what it rests on.

    Attributes:
        unit: the unit judged.
        component: what it was judged as.
        pack: the policy pack; `version` its version; `verified` whether every figure used was confirmed.
        as_of_size: the log size whose events were judged.
        since: the first judged instant; absent when nothing was judged.
        until: the last.
        verdict: `ok`, `out` or `unknown`.
        out_ms: milliseconds out of limits.
        unknown_ms: milliseconds of which nothing can be said.
        tolerated_ms: milliseconds in gaps that the pack tolerates.
        judged_ms: milliseconds judged in all.
        lowest_centi_celsius: the lowest good reading within the judged time.
        highest_centi_celsius: the highest.
        segments: how many temperature segments were used.
        segments_root: RFC 6962 root over those segments' event leaf hashes, in log order.
    """

    unit: Unit
    component: Word
    pack: Word
    version: Word
    verified: Literal["yes", "no"]
    as_of_size: Count
    since: Instant | None = None
    until: Instant | None = None
    verdict: Literal["ok", "out", "unknown"]
    out_ms: Count
    unknown_ms: Count
    tolerated_ms: Count
    judged_ms: Count
    lowest_centi_celsius: Celsius100 | None = None
    highest_centi_celsius: Celsius100 | None = None
    segments: Count
    segments_root: Hash


class PassportAccepted(Event, tag="passport_accepted", frozen=True, kw_only=True):
    """接受凭证: the site accepted a passport of another site's log for these units.

    Attributes:
        units: for which units, at most fifty an event.
        origin: the sender's log.
        as_of_size: the size of the passport's checkpoint.
        sha256: SHA-256 of the passport's bytes, which are kept beside the log.
        verdict: what was found of it then.
    """

    units: Annotated[list[Unit], Meta(min_length=1, max_length=50)]
    origin: Text
    as_of_size: Count
    sha256: Hash
    verdict: Literal["valid", "warnings"]


class UnitMapRooted(Event, tag="unit_map_rooted", frozen=True, kw_only=True):
    """The root of the unit map as of a log size."""

    as_of_size: Count
    root: Hash


class Erased(Event, tag="erased", frozen=True, kw_only=True):
    """An event body, or the values behind its commitments, were erased; its leaf hash stays.

    Attributes:
        of_stream: the stream of the event that was erased.
        of_seq: its number there.
        what: `body`, its bytes; `value`, the salts and values behind its commitments, while its bytes stay.
        reason: why; never a name of a person, and nothing of what was erased.
        listed: the units, donations, tags, boxes, probes and keys on whose lists of the unit map the event stands,
            since nothing else tells it any more (docs/format.md §13).
        second: the second of the two persons who decided.
    """

    of_stream: Annotated[str, Meta(min_length=1, max_length=80)]
    of_seq: Sequence
    what: Literal["body", "value"]
    reason: Text
    listed: Annotated[list[Listable], Meta(max_length=100)] = []
    second: Person | None = None


Asserted: TypeAlias = (
    Collected | Sampled | Prepared | Pooled | Split | Washed | Irradiated | Frozen | Thawed | Inactivated | Relabelled
    | Tested | Opening | Labelled | TagAssociated | TagRemoved | Quarantined | QuarantineLifted | Released | Stored
    | Removed | Moved | Reserved | Allocated | Nonconforming | DiscardRequested | DiscardApproved | Discarded | Assessed
    | StockTaken | Recalled | Corrected | Ordered | Packed | Unpacked | Sealed | Opened | Dispatched | HandedOver
    | Received | Returned | Crossmatched | Issued | BedsideChecked | Transfused | Reaction | BagReturned | DonorBlocked
    | DonorReentered | ShiftHandedOver
)  # fmt: skip
"""What a person asserts on a page: the `web` stream. Checked first; refused with the rule named."""

Observed: TypeAlias = (
    TagArrived | TagLeft | UnknownTagSeen | TagUncertain | LabelScanned | ScanRefused | Excursion | ExcursionEnded
    | DeviceFault | DeviceRestored | Gap | ClockSkew | GatewayStarted | ErasureApplied | LedgerKeyFollowed
    | AlarmRaised | AlarmAcknowledged | AlarmEnded
)  # fmt: skip
"""What a gateway saw: its custody stream `…/c`. Never refused."""

Seen: TypeAlias = TagArrived | TagLeft | UnknownTagSeen | TagUncertain
"""A tag was there, or no longer, or nobody knows where of several places."""

Measured: TypeAlias = TemperatureSegment
"""What a gateway measured: its telemetry stream `…/t`. Never refused."""

Administered: TypeAlias = (
    SiteOpened | KeyAdded | KeyRotated | KeyRevoked | LogKeyAdded | LogKeyRetired | StreamResumed | OrganisationAdded
    | PlaceAdded | PackEnforced | ExposureStated | PassportAccepted | UnitMapRooted | Erased
)  # fmt: skip
"""What the site itself declares: the `site` stream."""

AnyEvent: TypeAlias = Asserted | Observed | Measured | Administered
