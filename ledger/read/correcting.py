"""What a correction is about, and what changed since a form was drawn: gathered from one snapshot.

`ledger.rules.correction` decides who may; `ledger.acts.corrections` writes.
"""

from collections.abc import Iterable

from ledger.core import correcting, custody, kinds
from ledger.core.events import WEB_STREAM
from ledger.core.ids import is_id
from ledger.core.kinds import AnyEvent
from ledger.read import discards
from ledger.read.history import Entry, as_said
from ledger.read.reader import Reader
from ledger.rules.correction import Wrong

_PASSING = frozenset({*(str(kind.__struct_config__.tag) for kind in kinds.Seen.__args__), "temperature_segment"})
"""What comes all the time, and overtakes nobody who looks at a form."""


def wrong_at(reader: Reader, stream: str, seq: int) -> tuple[Entry, Wrong] | None:
    """What is to be corrected, and as the rules need it; None: the log has no such event that is understood."""
    entry = reader.said_at(stream, seq)
    if entry is None or entry.recorded is None:
        return None
    event, said = entry.recorded.event, (stream, seq)
    found = correcting.read(as_said(reader.history.of(custody.subjects(event))))
    of, relied_on = entry.kind, False
    if isinstance(event, kinds.Corrected):
        corrected = reader.said_at(event.of_stream, event.of_seq)
        of = "" if corrected is None else corrected.kind
        relied_on = event.instead is not None and (WEB_STREAM, event.instead) in found.struck
    return entry, Wrong(
        kind=entry.kind,
        said_by_person=stream == WEB_STREAM,
        units=units_of(event),
        struck=said in found.struck,
        relied_on=relied_on,
        of=of,
        approved=_is_approved(reader, event),
    )


def _is_approved(reader: Reader, event: AnyEvent) -> bool:
    """Whether quality approved a discard on the word of this request, or of the one that this correction put there."""
    if isinstance(event, kinds.DiscardRequested):
        word = correcting.said_as(event)
    elif isinstance(event, kinds.Corrected) and event.instead is not None:
        word = WEB_STREAM, event.instead
    else:
        return False
    return any(word in discards.approved_on(reader.told(unit), unit) for unit in units_of(event))


def units_of(event: AnyEvent) -> tuple[str, ...]:
    """The units that an event names."""
    return tuple(name for name in custody.subjects(event) if is_id(name, "unit"))


def about(*events: AnyEvent) -> list[str]:
    """Everything that events are about, each once, less their places."""
    named = (name for event in events for name in custody.subjects(event) if name != event.place)
    return list(dict.fromkeys(named))


def since(reader: Reader, names: Iterable[str], drawn_at: int) -> list[Entry]:
    """What was said of any of these subjects since the log had `drawn_at` batches, in log order.

    Args:
        reader: the ledger as it is.
        names: units, donations, boxes and the like.
        drawn_at: the log's size when somebody looked.
    """
    entries = reader.history.of(names)
    return [entry for entry in entries if entry.log_index >= drawn_at and entry.kind not in _PASSING]
