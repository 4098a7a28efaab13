"""The bag in stock: label, tag, state, place, stock-take, recall, discard, correction."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.core.ids import Case, Container, Instant, Lot, Order, Person, Tag, Unit
from ledger.core.kinds.envelope import Event
from ledger.core.kinds.fields import Abo, Commitment, Count, Hash, Rhd, Sequence, Subject, Text, Units, Word


class AboutUnit(Event, frozen=True, kw_only=True):
    """A fact about one unit."""

    unit: Unit
    reason: Text | None = None


class Opening(AboutUnit, tag="opening", frozen=True, kw_only=True):
    """Stock that was there before the ledger; its past is unknown."""

    abo: Abo | None = None
    rhd: Rhd | None = None
    expires: Instant | None = None
    container: Container | None = None


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


class BatchReleased(Event, tag="batch_released", frozen=True, kw_only=True):
    """批放行: all pending units of a release batch are accounted for, and its fit ones are released beside this.

    Attributes:
        release_batch: the batch, as its `released` events name it.
        pending: how many units were pending: as many as `fit`, `unfit` and `undecided` together.
        fit: how many were fit, each of them `released` beside this event.
        unfit: those that were not, each seen in an isolation place.
        undecided: those whose tests are not final; they stay pending.
        second: the second of the two persons who signed.
    """

    release_batch: Word
    pending: Count
    fit: Count
    unfit: list[Unit] = []
    undecided: list[Unit] = []
    second: Person


class Stored(AboutUnit, tag="stored", frozen=True, kw_only=True):
    """入库: put into `place`."""


class Removed(AboutUnit, tag="removed", frozen=True, kw_only=True):
    """出库: taken out of `place`."""


class Moved(AboutUnit, tag="moved", frozen=True, kw_only=True):
    """移库 / 应急转移: now in `place`."""


class Reserved(AboutUnit, tag="reserved", frozen=True, kw_only=True):
    """预留."""

    order: Order | None = None


class Allocated(AboutUnit, tag="allocated", frozen=True, kw_only=True):
    """配货 / 备血.

    Attributes:
        order: for which order; None: for a recipient, in a hospital's own stock.
        line: which line of the order it helps to fill, from 1.
        patient: for which recipient.
    """

    order: Order | None = None
    line: Annotated[int, Meta(ge=1, le=40)] | None = None
    patient: Person | None = None


class Nonconforming(AboutUnit, tag="nonconforming", frozen=True, kw_only=True):
    """不合格品."""


class DiscardRequested(AboutUnit, tag="discard_requested", frozen=True, kw_only=True):
    """报废申请: with a reason of the site's list; `unsuitable` where it could lead to a donor and is withheld."""

    code: Word | None = None
    withheld: Commitment | None = None


class DiscardApproved(AboutUnit, tag="discard_approved", frozen=True, kw_only=True):
    """报废审批."""

    second: Person | None = None


class Discarded(AboutUnit, tag="discarded", frozen=True, kw_only=True):
    """报废处置; `hand_over` names the hand-over whose bags were counted together."""

    hand_over: Word | None = None


class Evidence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that an assessment rests on, kept beside the log.

    Attributes:
        sha256: of its bytes.
        what: what it is said to be.
        octets: how long it is.
    """

    sha256: Hash
    what: Literal["logger_file", "manual_readings"]
    octets: Annotated[int, Meta(ge=1, le=1_048_576)]


class Assessed(AboutUnit, tag="assessed", frozen=True, kw_only=True):
    """偏差评估: two quality officers judged a deviation; the original verdict stays visible beside it.

    Attributes:
        outcome: what is to become of the unit.
        second: the other quality officer.
        evidence: the files that they judged by.
    """

    outcome: Literal["fit", "return", "discard"]
    second: Person
    evidence: Annotated[list[Evidence], Meta(max_length=4)] = []


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
    lot: Lot | None = None


class Corrected(Event, tag="corrected", frozen=True, kw_only=True):
    """更正: the event at (`of_stream`, `of_seq`) was wrong. It stays as it was; this points at it.

    Attributes:
        of_stream: the stream of what was wrong: `web`, as only what a person said can be.
        of_seq: its number there.
        reason: what was wrong; never a name of a person.
        instead: the number, in stream `web`, of what stands in its place; absent: nothing does.
        about: everything that either of the two is about, so that whose history has them has this.
        second: the second person, where what was wrong decides about a unit's use.
    """

    of_stream: Annotated[str, Meta(min_length=1, max_length=80)]
    of_seq: Sequence
    reason: Text
    instead: Sequence | None = None
    about: list[Subject] = []
    second: Person | None = None


class Commented(Event, tag="commented", frozen=True, kw_only=True):
    """说明: a person's word on an event, which counts as before: what a device observed is never corrected away.

    Attributes:
        of_stream: the stream of what is commented on.
        of_seq: its number there.
        reason: the comment; never a name of a person.
        about: everything that it is about.
    """

    of_stream: Annotated[str, Meta(min_length=1, max_length=80)]
    of_seq: Sequence
    reason: Text
    about: list[Subject] = []


class ShiftHandedOver(Event, tag="shift_handed_over", frozen=True, kw_only=True):
    """交接班 of `place`."""

    second: Person
