"""What the site's own streams are about to say, judged before it is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ledger.clock import ClockName
from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.core.errors import FormatError, Refused
from ledger.core.events import KINDS_OF, Judged, carrier_of, encode, judge, kind_of
from ledger.core.ids import din_of, format_instant, is_id, parse_instant
from ledger.core.keys import apply_key_event
from ledger.core.logkeys import apply_log_key_event
from ledger.folding import course, fold
from ledger.store import erasures
from ledger.store.erasing import listed_subjects
from ledger.store.units import units_of_donation
from ledger.store.writer import Working

NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Ahead:
    """In a draft's field: the number in the stream of the event so many places further on."""

    places: int


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to be recorded, less what the writer fills in: `v`, `stream`, `seq`, `nonce`, `clock`, `recorded_at`.

    Attributes:
        kind: its type.
        fields: its fields by name.
        time: when it happened; None: now.
    """

    kind: type[kinds.Event]
    fields: Mapping[str, object]
    time: str | None = None


def make_events(
    drafts: Sequence[Draft],
    *,
    stream: str,
    first: int,
    now_ms: int,
    clock: ClockName,
    entropy: Callable[[int], bytes],
) -> list[Judged] | Refused:
    """Make the events of the drafts; Refused at step `fields` where one is not what its kind asks for."""
    made: list[Judged] = []
    for seq, draft in enumerate(drafts, first):
        try:
            body = encode(_event(draft, stream=stream, seq=seq, now_ms=now_ms, clock=clock, nonce=entropy(NONCE_BYTES)))
        except (FormatError, TypeError) as error:
            return Refused("fields", str(error))
        judged = judge(body, stream=stream, seq=seq)
        if isinstance(judged, Refused):
            return judged
        if judged.event is None:
            return Refused("fields", judged.defect or "")
        made.append(judged)
    if not made:
        return Refused("fields", "expected at least one event; got none")
    return made


def refuse_assertions(working: Working, new: Sequence[Recorded], *, origin: str) -> Refused | None:
    """Why these events must not be recorded: the life cycle of a unit, or a key that does not hold."""
    refused = _refuse_erasures(working, new)
    if refused is not None:
        return refused
    keys = working.projector.keys(working.connection).copy()
    log_keys = working.projector.log_keys(working.connection).copy()
    named = _named(working, new)
    places = working.projector.places(working.connection)
    concerned = list(dict.fromkeys(unit for units in named for unit in units))
    histories = working.projector.histories(working.connection, concerned)
    for each, units in zip(new, named, strict=True):
        refused = apply_key_event(keys, each, origin=origin) or apply_log_key_event(log_keys, each, origin=origin)
        if refused is not None:
            return refused
        for unit in units:
            refused = course.contradiction(histories[unit], each, unit, places=places)
            if refused is not None:
                return Refused(refused.step, f"{unit}: {refused.reason}")
            histories[unit].append(each)
    return None


def _event(draft: Draft, *, stream: str, seq: int, now_ms: int, clock: ClockName, nonce: bytes) -> kinds.AnyEvent:
    now = format_instant(now_ms)
    fields = dict(draft.fields)
    if draft.time is not None:
        if parse_instant(draft.time) > now_ms:
            raise FormatError(f"time: expected no later than now, {now}; got {draft.time}")
        if draft.time != now:
            fields.setdefault("recorded_at", now)
    fields = {name: seq + value.places if isinstance(value, Ahead) else value for name, value in fields.items()}
    event = draft.kind(
        v=1,
        stream=stream,
        seq=seq,
        nonce=nonce.hex(),
        time=draft.time or now,
        clock=clock,
        **fields,  # type: ignore[arg-type]  # `encode` checks every field
    )
    kind = kind_of(event)
    if kind not in KINDS_OF[carrier_of(stream)]:
        raise FormatError(f"expected a kind that stream {stream} may carry; got {kind}")
    return event  # type: ignore[return-value]  # a subclass that the check above found among the known kinds


def _refuse_erasures(working: Working, new: Sequence[Recorded]) -> Refused | None:
    """Why what is to be erased must stay; and an erasure of bytes says everything that only those bytes tell."""
    erased = [each.event for each in new if isinstance(each.event, kinds.Erased)]
    for event in erased:
        refused = erasures.refuse(working.connection, event)
        if refused is not None:
            return refused
        said = [
            name
            for each in erased
            if (each.of_stream, each.of_seq) == (event.of_stream, event.of_seq)
            for name in each.listed
        ]
        wanted = listed_subjects(working.connection, event.of_stream, event.of_seq) if event.what == "body" else []
        if sorted(said) != wanted:
            return Refused("erasure.listed", f"expected it to be listed under {wanted}; got {said}")
    return None


def _named(working: Working, new: Sequence[Recorded]) -> list[list[str]]:
    """For each event the units that it concerns: those that it names, and all of a donation that was tested.

    So does a correction of a test: what stands in its place is judged with it.
    """
    named = [list(fold.units_of(each.event)) for each in new]
    entered = dict.fromkeys(unit for units in named for unit in units)
    for each, units in zip(new, named, strict=True):
        if isinstance(each.event, kinds.Tested | kinds.Corrected):
            for din in (name for name in custody.subjects(each.event) if is_id(name, "din")):
                donation = dict.fromkeys(units_of_donation(working.connection, din))
                wanted = donation | {unit: None for unit in entered if din_of(unit) == din}
                units.extend(unit for unit in wanted if unit not in units)
    return named


__all__ = ["Ahead", "Draft", "make_events", "refuse_assertions"]
