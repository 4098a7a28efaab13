"""What was read where a consignment is received: by readers and scanners there, and by a person's hand.

Resolves what was read to units; what it means is `ledger.rules.receiving`. A unit of the receiver's own stock that
passes by is no matter of the consignment. What a device saw at a place may lead to any unit, since the bag was there;
what a person typed leads to those alone that they may see.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ledger.core import kinds
from ledger.core.errors import FormatError
from ledger.core.ids import is_id, product_of
from ledger.core.labels import pairing
from ledger.core.labels.framing import keyed
from ledger.core.labels.pairing import Half
from ledger.core.labels.reading import Reading, Scanned
from ledger.read.history import recorded
from ledger.read.labels import reading_of
from ledger.read.reader import Reader
from ledger.rules.receiving import NO_GROUP, Group, Sighted


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What is looked at.

    Attributes:
        place: where readers and scanners are listened to; None: nowhere.
        since_ms: from when on; None: since the dispatch.
        texts: what a person scanned or typed, a line each; after a tag and a comma, the label on the same bag.
        scope: whose units a typed text may lead to; None: everybody's.
    """

    place: str | None = None
    since_ms: int | None = None
    texts: Sequence[str] = field(default_factory=tuple)
    scope: str | None = None


def sighted(
    reader: Reader, place: str | None, units: Iterable[str], *, since_ms: int, now_ms: int
) -> Iterator[Sighted]:
    """What readers and scanners saw at a place, less the receiver's own stock that is not among `units`."""
    if place is None:
        return
    own, sent = reader.organisation_of(place), set(units)
    for said in seen_at(reader, place, since_ms=since_ms, now_ms=now_ms):
        known = None if said.unit is None or said.unit in sent else reader.summary(said.unit)
        if known is None or known.holder != own:
            yield said


def seen_at(reader: Reader, place: str, *, since_ms: int, now_ms: int) -> Iterator[Sighted]:
    """All that readers and scanners saw at a place."""
    for each in recorded(reader.history.at_place(place, start_ms=since_ms, end_ms=now_ms)):
        said = _of_device(reader, each.event)
        if said is not None:
            yield said


def read_there(reader: Reader, swept: Swept, *, now_ms: int) -> list[Sighted]:
    """All that a person scanned, and from `since_ms` on readers and scanners saw; without it nobody listens to them."""
    read = list(typed(reader, swept))
    if swept.place is not None and swept.since_ms is not None:
        read += seen_at(reader, swept.place, since_ms=swept.since_ms, now_ms=now_ms)
    return read


def _of_device(reader: Reader, event: kinds.AnyEvent) -> Sighted | None:
    match event:
        case kinds.TagArrived() | kinds.UnknownTagSeen():
            return Sighted(text=event.tag, unit=_unit_with(reader, event.tag, scope=None), source="tag")
        case kinds.TagMemoryRead(says=kinds.MemorySays() as says) if event.outcome == "read" and event.crc != "differs":
            unit = _unit_with(reader, event.tag, scope=None)
            same = unit is not None and says.din[4:] == unit[5:18] and says.product in {None, product_of(unit)}
            named = unit if same else f"unit:{says.din[4:]}.{says.product}"
            return Sighted(text=event.tag, unit=unit, source="device", says=(says.abo, says.rhd), beside=named)
        case kinds.LabelScanned(unit=str(unit)):
            return Sighted(text=unit, unit=unit, source="device", says=(event.abo, event.rhd))
        case _:
            return None


def typed(reader: Reader, swept: Swept) -> Iterator[Sighted]:
    """What a person scanned or typed: tags, labels in one scan or two, identifiers."""
    reading, waiting = reading_of(reader.site), None
    for line in (keyed(each) for each in swept.texts):
        first, comma, second = _apart(line)
        if comma and is_id(_tag(first), "tag"):
            unit, label = _unit_with(reader, _tag(first), scope=swept.scope), _label(reading, second)
            named, says = (None, NO_GROUP) if label is None else (label.unit, _group(label))
            yield Sighted(text=_tag(first), unit=unit, source="tag", beside=named)
            yield Sighted(text=second, unit=named, source="hand", says=says)
        elif line:
            said, waiting = _line(reader, reading, line, waiting, scope=swept.scope)
            if said is not None:
                yield said
    if waiting is not None and not waiting.spent:
        yield Sighted(text=str(waiting.din or waiting.product), unit=None, source="hand")


def _apart(line: str) -> tuple[str, str, str]:
    """A tag, the comma and the label of the same bag; a line with no comma has neither of the last two."""
    first, comma, second = line.partition(",")
    return first, comma, keyed(second)


def _line(
    reader: Reader, reading: Reading, line: str, waiting: Half | None, *, scope: str | None
) -> tuple[Sighted | None, Half | None]:
    """One line, and the half of a bag that waits for the next."""
    label = _label(reading, line)
    if label is None:
        unit = _identified(reader, line, scope=scope)
        if is_id(_tag(line), "tag"):
            return Sighted(text=_tag(line), unit=unit, source="tag"), None
        return Sighted(text=line, unit=unit, source="hand"), None
    step = pairing.scanned(waiting, label, now_ms=0)
    if step.unit is not None:
        return Sighted(text=step.unit, unit=step.unit, source="hand", says=_group(label)), step.waiting
    if step.waiting is None:
        return Sighted(text=line, unit=None, source="hand"), None
    return None, step.waiting


def _label(reading: Reading, text: str) -> Scanned | None:
    if not text.startswith(("=", "&")) and not reading.schemes:
        return None
    try:
        return reading.read(text)
    except FormatError:
        return None


def _group(scan: Scanned) -> Group:
    said = None if scan.label is None else scan.label.find("002")
    return NO_GROUP if said is None else (said.fields.get("abo"), said.fields.get("rhd"))


def _identified(reader: Reader, text: str, *, scope: str | None) -> str | None:
    """The one unit that an identifier or a tag names; a donation with several bags names none, nor does a box."""
    if is_id(text, "box") or f"box:{text}" in reader.places:
        return None
    try:
        found = reader.find(text, organisation=scope)
    except FormatError:
        return None
    return found[0] if len(found) == 1 else None


def _unit_with(reader: Reader, tag: str, *, scope: str | None) -> str | None:
    found = reader.find(tag, organisation=scope) if reader.knows_tag(tag) else ()
    return found[0] if found else None


def _tag(text: str) -> str:
    return f"tag:{text.removeprefix('tag:').replace(' ', '').upper()}"
