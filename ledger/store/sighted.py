"""What a run of sightings means for the projections: the same as its batches one after the other, tag by tag at once.

`ledger.store.subjects` takes an event, this module takes all sightings of a tag. Whoever changes one of them changes
the other: a test takes the same log both ways and compares every row of every table.
"""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection

from ledger.core import kinds
from ledger.core.ids import parse_instants
from ledger.core.merkle import HASH_BYTES
from ledger.store import event_lists
from ledger.store.contents import as_entry, events_with
from ledger.store.discrepancies import Discrepancies
from ledger.store.names import Names
from ledger.store.sightings import INSTANT_LENGTH, Run, SeenTag
from ledger.store.subjects import Sighting, note_unknown_place
from ledger.store.tags import Tags, note_unknown_tag
from ledger.store.units import Span

_seen = msgspec.json.Decoder(kinds.Seen).decode


def index(
    connection: Connection,
    run: Run,
    *,
    names: Names,
    tags: Tags,
    register: Mapping[str, str],
    discrepancies: Discrepancies,
) -> dict[str, SeenTag]:
    """Write the index rows of a run; answer the sightings of each unit, and of each tag that points to none."""
    pointed = tags.pointed(connection, run.tags)
    about: dict[str, SeenTag] = {}
    for tag, seen in run.tags.items():
        subject = pointed[tag] or tag
        about[subject] = _together(about[subject], seen) if subject in about else seen
    _note_unknown(connection, run, [tag for tag in run.tags if pointed[tag] is None], register, discrepancies)
    lists = {
        **{subject: seen.offsets for subject, seen in about.items()},
        **run.places,
        **run.devices,
    }
    numbers = names.number(connection, _in_order(run, about))
    listed = {numbers[name]: offsets for name, offsets in lists.items()}
    event_lists.write_run(connection, listed, first=run.first, end=run.end, hour=run.hour)
    return about


def spans(run: Run, about: Mapping[str, SeenTag]) -> dict[str, Span]:
    """Of each unit what its sightings say, and between when."""
    examples = _examples(run)
    units = [(unit, seen) for unit, seen in about.items() if unit.startswith("unit:")]
    first, last = parse_instants(seen.first for _, seen in units), parse_instants(seen.last for _, seen in units)
    return {
        unit: Span(
            [examples[number] for number in dict.fromkeys(seen.said)] if seen.said else examples, first_ms, last_ms
        )
        for (unit, seen), first_ms, last_ms in zip(units, first, last, strict=True)
    }


def one_by_one(run: Run, seen: SeenTag) -> list[Sighting]:
    """A unit's sightings in log order, each with its time; for the event itself stands one that says the same."""
    examples = _examples(run)
    said = seen.said or [0] * len(seen.offsets)
    times = (seen.times[at : at + INSTANT_LENGTH] for at in range(0, len(seen.times), INSTANT_LENGTH))
    return [(examples[number], at_ms) for number, at_ms in zip(said, parse_instants(times), strict=True)]


def _examples(run: Run) -> list[kinds.Seen]:
    return [_seen(body) for body in run.said]


def _together(one: SeenTag, other: SeenTag) -> SeenTag:
    """The sightings of two tags of the same unit, in log order."""
    every = sorted((*_singly(one), *_singly(other)))
    times = [time for _, _, time, _ in every]
    return SeenTag(
        [offset for offset, _, _, _ in every],
        b"".join(leaf for _, leaf, _, _ in every),
        "".join(times),
        min(times),
        max(times),
        [number for _, _, _, said in every for number in said],
    )


def _singly(seen: SeenTag) -> list[tuple[int, bytes, str, list[int]]]:
    return [
        (
            offset,
            seen.leaves[at * HASH_BYTES : (at + 1) * HASH_BYTES],
            seen.times[at * INSTANT_LENGTH : (at + 1) * INSTANT_LENGTH],
            seen.said[at : at + 1],
        )
        for at, offset in enumerate(seen.offsets)
    ]


def _in_order(run: Run, about: Mapping[str, SeenTag]) -> list[str]:
    """Every subject in the order in which the run names them: of each event its unit or tag, its place, its device."""
    named = [
        *((seen.offsets[0], 0, subject) for subject, seen in about.items()),
        *((offsets[0], 1, place) for place, offsets in run.places.items()),
        *((offsets[0], 2, device) for device, offsets in run.devices.items()),
    ]
    return [name for _, _, name in sorted(named)]


def _note_unknown(
    connection: Connection, run: Run, tags: list[str], register: Mapping[str, str], discrepancies: Discrepancies
) -> None:
    """Gather the first sighting at each place of every tag that points to nothing, and of every unregistered place."""
    places = {run.first_id + offsets[0] for place, offsets in run.places.items() if place not in register}
    if not tags and not places:
        return
    unknown = {run.first_id + offset for tag in tags for offset in _first_at_each_place(run, run.tags[tag])}
    for stored in events_with(connection, unknown | places):
        entry = as_entry(stored)
        if not isinstance(entry.event, kinds.Seen):
            raise TypeError(f"expected a sighting; event {stored.event_id} is {stored.kind}")
        if stored.event_id in unknown:
            note_unknown_tag(entry.event, entry, discrepancies)
        if stored.event_id in places and entry.event.place is not None:
            note_unknown_place(entry.event.place, entry, discrepancies)


def _first_at_each_place(run: Run, seen: SeenTag) -> list[int]:
    """The offsets of the first sighting of a tag at each place."""
    examples, first = _examples(run), dict[str | None, int]()
    for offset, number in zip(seen.offsets, seen.said or [0] * len(seen.offsets), strict=True):
        first.setdefault(examples[number].place, offset)
    return list(first.values())
