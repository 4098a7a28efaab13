"""Dispatch notes: which units a note names, who may read about it, and what its page shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ledger.core import checkpoint as checkpoints
from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.core.ids import is_id
from ledger.core.printed import Printed
from ledger.read import cosigned
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.read.values import UnitSummary


@dataclass(frozen=True, slots=True)
class NotePage:
    """What the page of a dispatch note shows.

    Attributes:
        note: `consignment:…`.
        sent: its `dispatched` events in log order; at least one.
        further: what happened to it on the way, by time: `handed_over` and `received` events.
        seals: transport box → the seal that it had when it was sent.
        units: its units in the note's order, each with its verdict up to `now_ms`.
        printed: the line that anchors the log on paper; None until a checkpoint covers the note.
        now_ms: the instant for which all of this holds.
    """

    note: str
    sent: tuple[kinds.Dispatched, ...]
    further: tuple[kinds.HandedOver | kinds.Received, ...]
    seals: dict[str, str]
    units: tuple[UnitSummary, ...]
    printed: Printed | None
    now_ms: int


def units_of(reader: Reader, subject: str) -> tuple[str, ...]:
    """The unit itself, or the units that a dispatch note (`consignment:…`) names; none: the ledger has no such note."""
    if is_id(subject, "unit"):
        return (subject,)
    return custody.dispatched_units(recorded(reader.history.of([subject])), subject)


def visible(reader: Reader, subject: str, organisation: str | None) -> bool:
    """Whether there is such a unit or dispatch note, and the organisation (None: the whole site) may see every unit."""
    if not is_id(subject, "unit") and not is_id(subject, "consignment"):
        return False
    units = units_of(reader, subject)
    return bool(units) and all(reader.visible(unit, organisation) for unit in units)


def note_page(reader: Reader, note: str, *, now_ms: int) -> NotePage | None:
    """Everything that the page of a dispatch note shows; None if the ledger has no such note."""
    history = recorded(reader.history.of([note]))
    dispatches = [each for each in history if isinstance(each.event, kinds.Dispatched)]
    if not dispatches:
        return None
    sent = tuple(each.event for each in dispatches if isinstance(each.event, kinds.Dispatched))
    further = (each.event for each in custody.by_time(history))
    units = (_judged(reader, unit, now_ms) for unit in custody.dispatched_units(history, note))
    return NotePage(
        note=note,
        sent=sent,
        further=tuple(event for event in further if isinstance(event, kinds.HandedOver | kinds.Received)),
        seals=dict(_seals(reader, sent, before_ms=max(each.time_ms for each in dispatches))),
        units=tuple(unit for unit in units if unit is not None),
        printed=_printed(reader, note, dispatches),
        now_ms=now_ms,
    )


def _judged(reader: Reader, unit: str, now_ms: int) -> UnitSummary | None:
    summary, chain = reader.summary(unit), reader.cold_chain(unit, now_ms=now_ms)
    if summary is None or chain is None or not chain.exposure.judged_ms:
        return summary
    return replace(summary, verdict=chain.exposure.verdict)


def _seals(reader: Reader, sent: Iterable[kinds.Dispatched], *, before_ms: int) -> Iterable[tuple[str, str]]:
    for box in dict.fromkeys(box for event in sent for box in event.boxes):
        for each in custody.by_time(recorded(reader.history.of([box]))):
            if isinstance(each.event, kinds.Sealed) and each.time_ms <= before_ms:
                yield box, each.event.seal


def _printed(reader: Reader, note: str, dispatches: Sequence[Recorded]) -> Printed | None:
    last_index = max(each.log_index for each in dispatches)
    found = cosigned.to_prove_with(reader, last_index)
    if found is None or found[0] <= last_index:
        return None
    head, _ = checkpoints.parse_signed(found[1].decode())
    return Printed(note, head.origin, head.size, head.root)
