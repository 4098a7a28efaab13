"""Corrections and comments recorded (更正, 说明): what is said, checked inside the transaction that writes it.

Who the persons are, and that they signed, is for the caller; who may is `ledger.rules.correction`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from ledger.accounts import Accounts, User
from ledger.accounts.permissions import QUALITY, assertable_kinds
from ledger.append import Ahead, Draft, Recorder
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import parse_instant
from ledger.core.kinds import AnyEvent
from ledger.core.spelling import exact
from ledger.read import correcting, discards, making
from ledger.rules import correction
from ledger.rules.correction import Corrector

if TYPE_CHECKING:
    from ledger.read.history import Entry
    from ledger.read.reader import Reader

_ENVELOPE = frozenset(kinds.Event.__struct_fields__) - {"place"}
_SHOWN = 5
"""So many of the things that were said since somebody looked are named."""
_PERSONS = frozenset({"second", "collector", "courier"})
"""Fields that name who took part: a correction does not change who that was."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who corrects, and for whom.

    Attributes:
        by: the person, as a pseudonym.
        organisation: for whom the person acts; None: the whole site.
        kinds: what the person's roles may record.
        quality: whether the person is a quality officer.
        colleagues: everybody of that organisation, as pseudonyms.
        second: the second person who signed.
    """

    by: str
    organisation: str | None
    kinds: frozenset[str]
    quality: bool
    colleagues: frozenset[str] = field(default_factory=frozenset)
    second: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """What is wrong, and what is right.

    Attributes:
        stream: the stream of what is wrong.
        seq: its number there.
        reason: what is wrong about it.
        instead: the fields of what stands in its place, its place too; None: nothing does, it is struck out.
        time: when that happened; None: when the wrong one says.
        drawn_at: the log's size when the person looked; None: not told.
    """

    stream: str
    seq: int
    reason: str
    instead: Mapping[str, object] | None = None
    time: str | None = None
    drawn_at: int | None = None


def signed_by(user: User, accounts: Accounts, *, second: str | None = None) -> Signed:
    """A person who corrects, as the rules need them; `second` has signed already."""
    own = {other.person for other in accounts.users() if other.organisation == user.organisation}
    may = assertable_kinds(user.roles)
    return Signed(user.person, user.organisation, may, QUALITY in user.roles, frozenset(own), second)


def correct(ledger: Recorder, reader: "Reader", wanted: Correction, signed: Signed) -> Refused | None:
    """Record a correction.

    Args:
        ledger: the one writer.
        reader: the ledger as it was a moment ago: what an event says does not change.
        wanted: what is wrong, and what is right.
        signed: who corrects.

    Returns:
        Refused with the rule named, and nothing was written; or None.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """
    found = _shown(reader, wanted.stream, wanted.seq, signed)
    if isinstance(found, Refused):
        return found
    wrong = found.recorded.event if found.recorded is not None else None
    assert wrong is not None  # noqa: S101  `_shown` answers understood events alone
    right = None if wanted.instead is None else _right(wrong, wanted)
    if isinstance(right, Refused):
        return right
    drafts = _drafts(wrong, right, wanted, signed)

    def check(now: "Reader") -> Refused | None:
        return _may(now, wanted, signed, right)

    answer = ledger.record("web", drafts, check)
    return answer if isinstance(answer, Refused) else None


def comment(
    ledger: Recorder, reader: "Reader", wanted: Correction, signed: Signed, *, unit: str | None = None
) -> Refused | None:
    """Record a comment on an event, which counts as before.

    Args:
        ledger: the one writer.
        reader: the ledger as it was a moment ago.
        wanted: the event, and as `reason` the comment.
        signed: who says it.
        unit: the unit on whose page the event stands, where a tag alone was seen.

    Returns:
        Refused, and nothing was written; or None.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """
    found = _shown(reader, wanted.stream, wanted.seq, signed, unit=unit)
    if isinstance(found, Refused):
        return found
    event = found.recorded.event if found.recorded is not None else None
    assert event is not None  # noqa: S101  the same
    named = correcting.about(event) if unit is None else [unit, *correcting.about(event)]
    fields = {"of_stream": wanted.stream, "of_seq": wanted.seq, "reason": wanted.reason, "by": signed.by}
    about = {"about": list(dict.fromkeys(named)), "place": event.place}
    answer = ledger.record("web", [Draft(kinds.Commented, fields | about)], None)
    return answer if isinstance(answer, Refused) else None


def fields_of(event: AnyEvent) -> dict[str, object]:
    """An event's own fields with its place, as plain values, those left out that it does not have."""
    told: dict[str, object] = msgspec.to_builtins(event)
    return {name: value for name, value in told.items() if name not in _ENVELOPE and name != "kind"}


def stale(reader: "Reader", names: "list[str]", drawn_at: int | None) -> Refused | None:
    """Refuse what rests on an old look; the reason names the latest of what was said since: kind, stream, number."""
    later = [] if drawn_at is None else correcting.since(reader, names, drawn_at)
    if not later:
        return None
    return Refused("stale", ", ".join(f"{each.kind} {each.stream} {each.seq}" for each in later[-_SHOWN:]))


def _shown(reader: "Reader", stream: str, seq: int, signed: Signed, *, unit: str | None = None) -> "Entry | Refused":
    """The event, if there is such a one and all its units are the person's to see."""
    found = reader.said_at(stream, seq)
    unknown = Refused("correction.unknown", f"there is no event {stream} {seq} that is yours to see")
    if found is None or found.recorded is None:
        return unknown
    if signed.organisation is None:
        return found
    units = {*correcting.units_of(found.recorded.event), *([] if unit is None else [unit])}
    if units and all(reader.visible(each, signed.organisation) for each in units):
        return found
    named = found.recorded.event
    own = named.place is not None and reader.organisation_of(named.place) == signed.organisation
    return found if own or (not units and named.by in signed.colleagues) else unknown


def _right(wrong: AnyEvent, wanted: Correction) -> AnyEvent | Refused:
    """What stands in the place of what was wrong, with who took part as it was."""
    told = msgspec.to_builtins(wrong)
    kept = {name: value for name, value in told.items() if name in _PERSONS or name == "kind"}
    said = {"v": 1, "stream": "web", "seq": 1, "nonce": wrong.nonce, "clock": wrong.clock}
    said |= {"time": wanted.time or wrong.time}
    own = {name: value for name, value in (wanted.instead or {}).items() if name not in _PERSONS}
    if isinstance(wrong, kinds.Assessed) and wrong.evidence:
        own.setdefault("evidence", told["evidence"])  # the files go along, unless others are named, or none
    try:
        msgspec.convert({**said, **own, **kept}, exact(type(wrong)))
        right: AnyEvent = msgspec.convert({**said, **own, **kept}, type(wrong))
    except msgspec.ValidationError as error:
        return Refused("fields", str(error))
    if fields_of(right) == fields_of(wrong) and right.time == wrong.time:
        return Refused("correction.same", "nothing differs from what was said")
    return right


def _drafts(wrong: AnyEvent, right: AnyEvent | None, wanted: Correction, signed: Signed) -> list[Draft]:
    named = correcting.about(wrong) if right is None else correcting.about(wrong, right)
    said: dict[str, object] = {"of_stream": wanted.stream, "of_seq": wanted.seq, "reason": wanted.reason}
    said |= {"about": named, "by": signed.by, "place": wrong.place}
    if signed.second is not None:
        said["second"] = signed.second
    if right is None:
        return [Draft(kinds.Corrected, said)]
    entered: dict[str, object] = {"by": wrong.by, "entered_by": signed.by}
    if signed.second is not None:
        entered["confirmed_by"] = signed.second
    # The correction first: what stands in by it is judged where the wrong one stood.
    return [
        Draft(kinds.Corrected, {**said, "instead": Ahead(1)}),
        Draft(type(wrong), {**fields_of(right), **entered}, right.time),
    ]


def _may(reader: "Reader", wanted: Correction, signed: Signed, right: AnyEvent | None) -> Refused | None:
    found = correcting.wrong_at(reader, wanted.stream, wanted.seq)
    if found is None:
        return Refused("correction.unknown", f"there is no event {wanted.stream} {wanted.seq}")
    entry, wrong = found
    event = entry.recorded.event if entry.recorded is not None else None
    assert event is not None  # noqa: S101  `wrong_at` answers understood events alone
    by = Corrector(
        may_record=(wrong.of or wrong.kind) in signed.kinds,
        quality=signed.quality,
        same_organisation=_is_own(reader, event, signed),
        second=signed.second is not None and signed.second != signed.by,
    )
    refused = correction.refuse(wrong, by, instead=None if right is None else correcting.units_of(right))
    if refused is not None:
        return Refused(refused.rule, refused.reason)
    return stale(reader, correcting.about(event), wanted.drawn_at) or (
        None if right is None else _may_stand(reader, event, right, signed)
    )


def _is_own(reader: "Reader", event: AnyEvent, signed: Signed) -> bool:
    """Whether the person's own organisation said it: at its place, or by one of its people."""
    theirs = None if event.place is None else reader.organisation_of(event.place)
    if signed.organisation is None or theirs is not None:
        return signed.organisation in {None, theirs}
    return event.by == signed.by or event.by in signed.colleagues


def _may_stand(reader: "Reader", wrong: AnyEvent, right: AnyEvent, signed: Signed) -> Refused | None:
    """Why the right one may not stand: another's place or unit, an expiry beyond the pack's, another lineage."""
    theirs = None if right.place is None else reader.organisation_of(right.place)
    if right.place is not None and theirs is None:
        return Refused("place.unknown", f"{right.place} is not registered; an administrator adds places")
    if signed.organisation not in {None, theirs or signed.organisation}:
        return Refused("place.foreign", f"{right.place} belongs to {theirs}; record what happened at your own places")
    for unit in correcting.units_of(right):
        if signed.organisation is not None and not reader.visible(unit, signed.organisation):
            return Refused("unit.unknown", f"there is no {unit}, or it is not yours to see")
    return _may_be_said(reader, wrong, right)


def _may_be_said(reader: "Reader", wrong: AnyEvent, right: AnyEvent) -> Refused | None:
    """What the right one's own kind asks of it."""
    match right:
        case kinds.Labelled():
            refused = making.refuse_label(reader, right.unit, right.expires)
            return None if refused is None else Refused(refused.rule, refused.reason)
        case kinds.DiscardRequested():
            return _may_ask(reader, wrong, right)
        case _ if _made(right) != _made(wrong):
            return Refused("correction.units", "a transformation keeps its units and their expiry")
        case _:
            return None


def _may_ask(reader: "Reader", wrong: AnyEvent, right: kinds.DiscardRequested) -> Refused | None:
    """A request says one of the site's reasons; a withheld one is opened by what was kept when it was first said."""
    if isinstance(wrong, kinds.DiscardRequested) and right.withheld not in {None, wrong.withheld}:
        return Refused("correction.withheld", "a withheld reason is kept or left out: strike out, and request anew")
    return discards.refuse(reader, "discard_requested", fields_of(right))


def _made(event: AnyEvent) -> object:
    if not isinstance(event, kinds.Transformation):
        return None
    made = [(child.unit, child.expires and parse_instant(child.expires)) for child in event.children]
    return event.parents, made
