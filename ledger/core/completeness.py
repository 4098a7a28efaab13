"""Completeness: that a passport left nothing out, judged against the unit map that it carries (docs/format.md §13).

Decides three things: that the carried entries stand under a root that the site's own stream states; that the carried
events below that root's log size are exactly the lists of the entries; and that auditors who are trusted have cosigned
the root, recently enough. What is not shown is told apart from what is shown to be wrong.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from ledger.core import kinds
from ledger.core import note as notes
from ledger.core.concern import TagPointers, lists_of, understood
from ledger.core.errors import Refused
from ledger.core.events import Judged, event_leaf
from ledger.core.ids import din_of
from ledger.core.mapproof import CarriedEntry, CarriedMap, MapNote, root_of_carried
from ledger.core.note import Note, VerifierKey
from ledger.core.signing import cosigned_at, verify_note
from ledger.core.unitmap import Listed

_STEP = "completeness"


@dataclass(frozen=True, slots=True)
class Auditors:
    """Whom a verifier believes about unit maps.

    Attributes:
        keys: the auditors' cosigning keys.
        needed: how many of them must have cosigned the root.
        max_age_ms: how old their cosignatures may be, in milliseconds; None: any age.
        otherwise: what becomes of a passport of which completeness is not shown.
    """

    keys: tuple[VerifierKey, ...]
    needed: int = 1
    max_age_ms: int | None = None
    otherwise: Literal["warn", "refuse"] = "warn"


NOBODY = Auditors(())
"""No auditor is believed."""


class Place(Struct, frozen=True, order=True):
    """An event's place in the log."""

    index: int
    position: int


class Seen(Struct, frozen=True):
    """An event that the passport carries, with its place in the log."""

    place: Place
    judged: Judged


@dataclass(frozen=True, slots=True)
class Short:
    """Nothing is wrong, but completeness is not shown; `reason` says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class ShownMap:
    """What a carried map shows, once its entries are known to stand under the stated root.

    Attributes:
        note: the root, as auditors cosign it.
        cosignatures: their lines.
        entries: subject → its entry.
        lists: subject → the carried events below the root's size that are on its list, in log order.
        later: subject → how many carried events at or above that size are on its list.
        erased: subject → how many events on its list have lost their bytes, as carried `erased` events say.
    """

    note: MapNote
    cosignatures: str
    entries: Mapping[str, CarriedEntry]
    lists: Mapping[str, Sequence[Seen]]
    later: Mapping[str, int]
    erased: Mapping[str, int] = field(default_factory=dict)


def open_map(carried: CarriedMap, events: Iterable[Seen], *, origin: str) -> ShownMap | Refused:
    """Check that the carried entries stand under the root that the site states, and sort the events into lists.

    Args:
        carried: the map.
        events: every event that the passport carries, in log order, already known to be in the log.
        origin: the log's.

    Raises:
        NoteError: a hash in the map that is none.
    """
    events = tuple(events)
    stated = _stated_root(events, carried.as_of_size)
    if stated is None:
        return Refused(_STEP, f"no `unit_map_rooted` event as of size {carried.as_of_size} is carried at that index")
    root = root_of_carried(carried)
    if isinstance(root, Refused):
        return root
    reached = notes.format_base64(root)
    if reached != stated:
        return Refused(_STEP, f"the entries lead to the root {reached}; the site states {stated}")
    lists, later = _sorted_into_lists(events, carried.as_of_size)
    entries = {entry.subject: entry for entry in carried.entries}
    note = MapNote(origin, carried.as_of_size, root)
    return ShownMap(note, carried.cosignatures, entries, lists, later, _erased(events))


def subjects_of(units: Iterable[str], keys: Iterable[str]) -> list[str]:
    """The subjects whose lists must be complete: units, their donations, and the keys that signed."""
    family = list(units)
    return list(dict.fromkeys((*family, *map(din_of, family), *keys)))


def judge_lists(shown: ShownMap, subjects: Collection[str]) -> str | Short | Refused:
    """Whether the carried events are exactly the lists of these subjects.

    Returns:
        A text that says how many events that is; Short for a subject that is newer than the root, or of which an event
        cannot be carried; Refused for anything that is not as the map has it.
    """
    count, later, short = 0, 0, list[str]()
    for subject in subjects:
        found = _judge_list(shown, subject)
        if isinstance(found, Refused):
            return found
        if isinstance(found, Short):
            short.append(found.reason)
        else:
            count += found
        later += shown.later.get(subject, 0)
    if short:
        return Short("; ".join(short))
    size = shown.note.as_of_size
    return f"the {count} entries on {len(subjects)} lists are all there is as of log size {size}; {later} came later"


def judge_cosignatures(shown: ShownMap, auditors: Auditors, *, now_ms: int | None) -> str | Short:
    """Whether enough auditors who are believed cosigned the root, recently enough.

    Args:
        shown: the map.
        auditors: whom to believe.
        now_ms: the present, in milliseconds since 1970; None if it is not known.
    """
    if not auditors.keys:
        return Short("no auditor is believed here, so that nobody vouches for the unit map")
    note = Note(shown.note.format(), notes.parse_signature_lines(shown.cosignatures) if shown.cosignatures else ())
    verified = verify_note(note, auditors.keys)
    # Two lines of one auditor have two times, and a passport's verifiers could choose between them.
    cosigners = () if isinstance(verified, Refused) or _signed_again(note, verified) else verified
    size = shown.note.as_of_size
    if len(cosigners) < auditors.needed:
        return Short(f"{len(cosigners)} of the auditors cosigned the map of size {size}; {auditors.needed} must have")
    others = _others(auditors.keys, cosigners)
    if auditors.max_age_ms is None:
        return f"cosigned by {_names(cosigners)}{others}"
    if now_ms is None:
        return Short("how old the auditors' cosignatures are cannot be told without a clock")
    oldest_ms = now_ms - auditors.max_age_ms
    recent = [key for key in cosigners if _cosigned_ms(note, key) >= oldest_ms]
    if len(recent) < auditors.needed:
        hours = auditors.max_age_ms / 3_600_000
        return Short(f"{len(recent)} of the auditors cosigned it within {hours:g} hours; {auditors.needed} must have")
    return f"cosigned lately by {_names(recent)}{others}"


def _signed_again(note: Note, cosigners: Sequence[VerifierKey]) -> bool:
    known = {(key.name, key.key_id) for key in cosigners}
    return sum((line.name, line.key_id) in known for line in note.signatures) > len(cosigners)


def _names(keys: Iterable[VerifierKey]) -> str:
    return ", ".join(sorted(key.name for key in keys))


def _others(believed: Sequence[VerifierKey], cosigners: Collection[VerifierKey]) -> str:
    """That auditors are out of step: a map shows one root, and some who are believed cosigned others, or none."""
    missing = [key for key in believed if key not in cosigners]
    return f"; not cosigned by {_names(missing)}, who may be at another root" if missing else ""


def _judge_list(shown: ShownMap, subject: str) -> int | Short | Refused:
    entry = shown.entries.get(subject)
    if entry is not None:
        return _judge_entry(shown, entry)
    if _is_due(shown, subject):
        return Refused(_STEP, f"{subject}: the map is carried without its entry")
    return Short(f"{subject} is newer than the map of size {shown.note.as_of_size}")


def _judge_entry(shown: ShownMap, entry: CarriedEntry) -> int | Short | Refused:
    subject = entry.subject
    places = _places(shown, entry)
    if isinstance(places, Refused):
        return places
    found = Listed().followed_by(places[place] for place in sorted(places))
    if found.count != entry.count:
        reason = f"{found.count} of {entry.count} events are carried: some were left out or added"
        return Refused(_STEP, f"{subject}: {reason}")
    if found != entry.listed():
        return Refused(_STEP, f"{subject}: the {found.count} events carried are not the {entry.count} of the map")
    if entry.absent:
        erased = shown.erased.get(subject, 0)
        said = f"; the site says that {erased} were erased" if erased else ""
        return Short(f"{subject}: {len(entry.absent)} of {entry.count} events cannot be carried{said}")
    return entry.count


def _places(shown: ShownMap, entry: CarriedEntry) -> dict[Place, bytes] | Refused:
    """The leaves of the events on a list, carried or said to be absent, by their places."""
    places = {each.place: event_leaf(each.judged.body) for each in shown.lists.get(entry.subject, ())}
    for absent in entry.absent:
        place = Place(absent.index, absent.position)
        if place in places or place.index >= shown.note.as_of_size:
            return Refused(_STEP, f"{entry.subject}: the event at {place.index} is said to be absent wrongly")
        places[place] = notes.parse_base64(absent.leaf)
    return places


def _is_due(shown: ShownMap, subject: str) -> bool:
    """Whether the map must have an entry: something is on its list, or it is the donation of such a unit."""
    if shown.lists.get(subject):
        return True
    return subject.startswith("din:") and any(
        din_of(unit) == subject for unit, events in shown.lists.items() if events and unit.startswith("unit:")
    )


def _cosigned_ms(note: Note, key: VerifierKey) -> int:
    line = next(each for each in note.signatures if (each.name, each.key_id) == (key.name, key.key_id))
    at = cosigned_at(line)
    return -1 if isinstance(at, Refused) else at * 1000


def _stated_root(events: Iterable[Seen], size: int) -> str | None:
    for each in events:
        event = each.judged.event
        if isinstance(event, kinds.UnitMapRooted) and each.place.index == event.as_of_size == size:
            return event.root
    return None


def _erased(events: Iterable[Seen]) -> dict[str, int]:
    """How many events of each list the site's stream says it erased the bytes of."""
    said = {
        (subject, event.of_stream, event.of_seq)
        for event in (each.judged.event for each in events)
        if isinstance(event, kinds.Erased) and event.what == "body"
        for subject in event.listed
    }
    return Counter(subject for subject, _, _ in said)


def _opens_a_demo(seen: Seen) -> bool:
    event = seen.judged.event
    return isinstance(event, kinds.SiteOpened) and seen.place.index == 0 and event.mode == "demo"


def _sorted_into_lists(events: Sequence[Seen], size: int) -> tuple[dict[str, list[Seen]], dict[str, int]]:
    """The carried events by subject: those below `size`, and how many there are from there on."""
    lists: dict[str, list[Seen]] = {}
    later: dict[str, int] = {}
    pointers = TagPointers()
    is_demo = any(_opens_a_demo(each) for each in events)
    for each in events:
        judged = each.judged
        event = understood(judged, accepts_simulated=is_demo)
        for subject in lists_of(event, kind=judged.kind, body=judged.body, pointers=pointers):
            if each.place.index < size:
                lists.setdefault(subject, []).append(each)
            else:
                later[subject] = later.get(subject, 0) + 1
    return lists, later
