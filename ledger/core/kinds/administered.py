"""The site's own acts: its keys, organisations, places, packs, statements, erasures."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.core.ids import Instant, Key, Organisation, Person, Place, Probe, Unit
from ledger.core.kinds.envelope import Event
from ledger.core.kinds.fields import Celsius100, Count, Hash, Listable, Sequence, Text, Word


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
    """A place, or a box, with the policy phase that rules there; `phase` absent: not judged.

    Attributes:
        use: what it is set apart for: `isolation` (隔离区) for what must not be released, `disposal` (报废区) for what
            waits to be destroyed; `exit` (出口) for the read point of a door to the outside.
    """

    place: Place
    organisation: Organisation
    phase: Literal["store", "transport", "uncontrolled", "ward"] | None = None
    name_zh: Text
    name_en: Text
    use: Literal["isolation", "disposal", "exit"] | None = None


class ProbePlaced(Event, tag="probe_placed", frozen=True, kw_only=True):
    """探头位置: from `time` on a probe hangs in `place`; without `place`, in none that is monitored.

    What its gateway says from then on of another place counts for none, until a person says otherwise.
    """

    probe: Probe


class AgitationStopped(Event, tag="agitation_stopped", frozen=True, kw_only=True):
    """振荡停止: from `time` on what must be kept moving in `place` lies still, until `agitation_resumed`."""

    place: Place


class AgitationResumed(Event, tag="agitation_resumed", frozen=True, kw_only=True):
    """振荡恢复: from `time` on what must be kept moving in `place` is kept moving."""

    place: Place


class PackEnforced(Event, tag="pack_enforced", frozen=True, kw_only=True):
    """判定标准 in force from `time` on: which pack, which version, and the SHA-256 of its file, kept beside the log.

    Attributes:
        pack: its name; `version` its version.
        sha256: SHA-256 of its file's bytes.
        base: SHA-256 of the file of the pack that it derives from; absent: it derives from none.
        second: the second of the two quality officers; neither is named where the making of the log put it in force.
    """

    pack: Word
    version: Word
    sha256: Hash
    base: Hash | None = None
    second: Person | None = None


class FigureConfirmed(Event, tag="figure_confirmed", frozen=True, kw_only=True):
    """判定标准数值确认: a quality officer held a figure of a policy pack against the station's own copy of its source.

    Attributes:
        pack: the pack in force; `version` its version.
        figure: the figure's name, such as `cn/RBC_AS.store`.
        value: what it says, in one line (docs/packs.md): the confirmation holds for this value alone.
        clause: where it stands: the standard, its edition, the clause or table.
    """

    pack: Word
    version: Word
    figure: Word
    value: Text
    clause: Text


class AgainstLimits(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a unit stood against one pair of limits.

    Attributes:
        phase: the phase in which they hold.
        low_centi_celsius: the lower limit, inclusive; absent: none.
        high_centi_celsius: the upper.
        above_ms: milliseconds above, over all occasions.
        below_ms: milliseconds below.
        occasions: how many times it was beyond one of them.
        longest_ms: milliseconds of the longest time.
    """

    phase: Literal["store", "transport", "uncontrolled", "ward"]
    low_centi_celsius: Celsius100 | None = None
    high_centi_celsius: Celsius100 | None = None
    above_ms: Count = 0
    below_ms: Count = 0
    occasions: Count = 0
    longest_ms: Count = 0


class ExposureStated(Event, tag="exposure_stated", frozen=True, kw_only=True):
    """What the ledger says of a unit's cold chain, and what it rests on.

    Attributes:
        unit: the unit judged.
        component: what it was judged as.
        pack: the policy pack; `version` its version; `verified` whether every figure used was read in its source:
            `station` where that rests, for one of them, on the station's own confirmation.
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
        limits: the minutes beyond each pair of limits that it was held against, cumulative and per occasion.
        segments: how many temperature segments were used.
        segments_root: RFC 6962 root over those segments' event leaf hashes, in log order.
    """

    unit: Unit
    component: Word
    pack: Word
    version: Word
    verified: Literal["yes", "no", "station"]
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
    limits: Annotated[list[AgainstLimits], Meta(max_length=8)] = []


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
