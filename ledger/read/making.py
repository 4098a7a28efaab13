"""What the rules of transformation need to know: of what a unit is made, in which bag it is, when it may expire.

Gathers from one snapshot; `ledger.rules.transformation` decides.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.ids import parse_instant, product_of
from ledger.read.bag import container_of, making_of
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.rules.dating import zone_of
from ledger.rules.lifecycle import ENDS
from ledger.rules.refused import Refused
from ledger.rules.transformation import Child, Parent, latest_expiry, may_make, too_late


def refuse_transformation(
    reader: Reader, kind: str, parents: Sequence[str], children: Sequence[Mapping[str, object]], *, at_ms: int
) -> Refused | None:
    """Why these children may not be made of those parents; each child as the event's own field has it."""
    sources = [_parent(reader, unit) for unit in parents]
    made = [_child(reader, kind, child, sources, at_ms=at_ms) for child in children]
    return may_make(kind, sources, made, pack=reader.pack)


def latest_of(reader: Reader, unit: str) -> int | None:
    """The latest expiry that a unit may have on its label; None: nothing bounds it, or its making is not known."""
    history = reader.told(unit)
    match making_of(history, unit):
        case kinds.Transformation() as made:
            kind, parents = str(type(made).__struct_config__.tag), made.parents
        case kinds.Collected() as made:
            kind, parents = "collected", []
        case _:
            return None
    sources = [_parent(reader, parent) for parent in parents]
    return _latest(reader, kind, unit, sources, [history], made_ms=parse_instant(made.time))


def proposed(reader: Reader, kind: str, unit: str, parents: Sequence[str], *, at_ms: int) -> int | None:
    """The expiry that the rules give a unit that is to be made; None where they are silent."""
    sources = [_parent(reader, parent) for parent in parents]
    histories = [reader.told(parent) for parent in parents]
    return _latest(reader, kind, unit, sources, histories, made_ms=at_ms)


def refuse_label(reader: Reader, unit: str, expires: str) -> Refused | None:
    """Why a label may not say this expiry."""
    return too_late(parse_instant(expires), latest_ms=latest_of(reader, unit), unit=unit)


def refuse_bag(reader: Reader, container: str, unit: str) -> Refused | None:
    """Why a unit that comes into the ledger cannot be in this bag."""
    holder = _held_by(reader, container)
    return None if holder is None else Refused("container.in-use", f"{container} is the bag of {holder}, not of {unit}")


def _parent(reader: Reader, unit: str) -> Parent:
    known = reader.summary(unit)
    return Parent(
        unit=unit,
        component=_component(reader, unit),
        expires_ms=None if known is None else known.expires_ms,
        container=container_of(reader.told(unit), unit),
    )


def _child(reader: Reader, kind: str, said: Mapping[str, object], parents: Sequence[Parent], *, at_ms: int) -> Child:
    unit, expires, container = str(said["unit"]), said.get("expires"), said.get("container")
    histories = [reader.told(parent.unit) for parent in parents]
    return Child(
        unit=unit,
        component=_component(reader, unit),
        expires_ms=parse_instant(expires) if isinstance(expires, str) else None,
        container=container if isinstance(container, str) else None,
        exists=reader.summary(unit) is not None,
        latest_ms=_latest(reader, kind, unit, parents, histories, made_ms=at_ms),
        held_by=_held_by(reader, container) if isinstance(container, str) else None,
    )


def _latest(
    reader: Reader,
    kind: str,
    unit: str,
    parents: Sequence[Parent],
    histories: Sequence[Sequence[Recorded]],
    *,
    made_ms: int,
) -> int | None:
    known = [each.event for each in chain.from_iterable(histories)]
    collected = [parse_instant(event.time) for event in known if isinstance(event, kinds.Collected)]
    line = {unit, *(parent.unit for parent in parents), *(name for e in known for name in _line(e))}
    irradiated = [
        parse_instant(event.time)
        for event in known
        if isinstance(event, kinds.Irradiated) and any(child.unit in line for child in event.children)
    ]
    if kind == "irradiated":
        irradiated.append(made_ms)
    return latest_expiry(
        kind,
        _component(reader, unit),
        pack=reader.pack,
        zone=zone_of(reader.site.timezone),
        made_ms=made_ms,
        collected_ms=min(collected, default=None),
        irradiated_ms=min(irradiated, default=None),
        parents=parents,
    )


def _line(event: kinds.AnyEvent) -> Sequence[str]:
    """The units that became others: all of them are ancestors where the history is one unit's and its ancestors'."""
    return event.parents if isinstance(event, kinds.Transformation) else ()


def _component(reader: Reader, unit: str) -> str | None:
    found = reader.catalogue.find(product_of(unit))
    return None if found is None else found.component


def _held_by(reader: Reader, container: str) -> str | None:
    """The unit that is in a bag now, whoever recorded it last; None if the bag is new, or what was in it is no more."""
    named = (each.event for each in recorded(reader.history.of([container])))
    units: dict[str, None] = {}
    for event in named:
        if isinstance(event, kinds.Transformation):
            units.update((child.unit, None) for child in event.children if child.container == container)
        elif isinstance(event, kinds.Collected | kinds.Opening):
            units[event.unit] = None
    found = (reader.summary(unit) for unit in units)
    return next((each.unit for each in found if each is not None and each.state not in ENDS), None)
