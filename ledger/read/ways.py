"""The ways along which a finding spreads, read from the log: donor to donation, donation to unit, unit to unit.

Gathers them generation by generation from where a question starts; `ledger.rules.lookback` walks them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.core.ids import din_of, is_id
from ledger.read.facts import collections
from ledger.read.foreign import told_elsewhere
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.rules.lookback import Way
from ledger.store.units import units_of_donation

MATERIAL_KINDS: Final = ("lot", "equipment", "container", "sample")
PLACE_KINDS: Final = ("place", "box")


def onward_ways(reader: Reader, start: Iterable[str]) -> list[Way]:
    """Every way that leads on from donors, donations or units, and from where these lead."""
    return _gathered(start, lambda names: _leading_on(reader, names))


def back_ways(reader: Reader, units: Iterable[str]) -> list[Way]:
    """Every way that leads to these units, and to where these come from, as far as their donations."""
    return _gathered(units, lambda names: _leading_to(reader, names))


def donors_of(reader: Reader, dins: Iterable[str]) -> dict[str, tuple[str | None, int | None]]:
    """For each donation its donor and when it was given, in ms since the epoch; None: the ledger does not know."""
    units = {din: units_of_donation(reader.connection, din) for din in dins}
    everything = [unit for each in units.values() for unit in each]
    told = [*told_elsewhere(reader, everything), *recorded(reader.history.of(everything))]
    given = {
        din_of(each.event.unit): (each.event.donor, each.time_ms)
        for each in told
        if isinstance(each.event, kinds.Collected)
    }
    return {din: given.get(din, (None, None)) for din in units}


def touched_units(reader: Reader, material: str) -> list[str]:
    """The units that a lot, a machine, a bag or a sample went into or was used for."""
    found: dict[str, None] = {}
    for each in recorded(reader.history.of([material])):
        match each.event:
            case kinds.Transformation() as made:
                named = [child.unit for child in made.children if child.container == material]
                found.update(dict.fromkeys(named or [child.unit for child in made.children]))
            case kinds.Collected() | kinds.Opening() as entered:
                found[entered.unit] = None
            case kinds.Tested() | kinds.Sampled() as tested:
                found.update(dict.fromkeys(units_of_donation(reader.connection, tested.din)))
            case _:
                continue
    return list(found)


def units_that_were(reader: Reader, place: str, *, since_ms: int, until_ms: int) -> list[str]:
    """The units that were at a place or in a box at any time of [since_ms, until_ms], by event time."""
    events = [each.event for each in recorded(reader.history.told_of(place, until_ms=until_ms))]
    named = {unit for event in events for unit in custody.subjects(event) if is_id(unit, "unit")}
    named.update(reader.units_of_tags({event.tag for event in events if isinstance(event, kinds.Seen)}))
    histories = reader.history.of_each(sorted(named))
    return [
        unit
        for unit, entries in histories.items()
        if any(
            stay.place == place and stay.since_ms <= until_ms and (stay.until_ms is None or since_ms <= stay.until_ms)
            for stay in custody.stays(recorded(entries), unit)
        )
    ]


def _gathered(start: Iterable[str], steps: Callable[[Sequence[str]], Iterable[Way]]) -> list[Way]:
    seen: set[str] = set()
    pending = set(start)
    found: dict[Way, None] = {}
    while pending:
        seen |= pending
        names = sorted(pending)
        led = list(dict.fromkeys(steps(names)))
        found.update(dict.fromkeys(led))
        pending = {name for way in led for name in way} - seen
    return list(found)


def _leading_on(reader: Reader, names: Sequence[str]) -> Iterable[Way]:
    for donor, told in _told_of(reader, names, "person").items():
        yield from ((donor, din_of(each.unit)) for each in collections(told) if each.donor == donor)
    for din in (name for name in names if is_id(name, "din")):
        yield from ((din, unit) for unit in units_of_donation(reader.connection, din))
    units = _told_of(reader, names, "unit")
    elsewhere = list(custody.edges(told_elsewhere(reader, units)))
    for unit, told in units.items():
        yield from ((unit, edge.child) for edge in (*custody.edges(told), *elsewhere) if edge.parent == unit)


def _leading_to(reader: Reader, names: Sequence[str]) -> Iterable[Way]:
    units = _told_of(reader, names, "unit")
    elsewhere = list(custody.edges(told_elsewhere(reader, units)))
    for unit, told in units.items():
        yield din_of(unit), unit
        yield from ((edge.parent, unit) for edge in (*custody.edges(told), *elsewhere) if edge.child == unit)


def _told_of(reader: Reader, names: Sequence[str], kind: str) -> dict[str, list[Recorded]]:
    told = reader.history.of_each([name for name in names if is_id(name, kind)])
    return {name: recorded(entries) for name, entries in told.items()}
