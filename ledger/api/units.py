"""`/v1/units/…` and `/v1/inventory`: what the ledger knows of units, within the asking user's scope.

A unit that does not exist and one that is another organisation's give the same answer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import abort

from ledger.api.cold_chain_schemas import ColdChainSchema
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import no_such_unit, scope
from ledger.api.services import services
from ledger.api.unit_schemas import (
    HistorySchema,
    InventoryQuerySchema,
    InventorySchema,
    LineageSchema,
    TouchedSchema,
    UnitSchema,
)
from ledger.core.custody import Edge
from ledger.core.ids import is_id
from ledger.read.listing import Wanted, listed
from ledger.read.materials import Touched, subject_of, touched
from ledger.read.reader import Reader
from ledger.read.values import UnitPage, UnitSummary

units = described_blueprint("units", __name__, description="Units")
inventory_routes = described_blueprint("inventory", __name__, description="Stock")


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a user may see of a unit's family."""

    unit: str
    edges: tuple[Edge, ...]
    units: tuple[UnitSummary, ...]
    now_ms: int
    log_size: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """A list of units."""

    units: tuple[UnitSummary, ...]
    now_ms: int
    log_size: int


@described(units, "/v1/units/<unit>", Answer(UnitSchema, "What the unit is and where it stands"))
def unit(unit: str) -> UnitPage:
    """What a unit is, where it stands, who held it, and what forbids its use now."""
    return _page(unit)


@described(units, "/v1/units/<unit>/events", Answer(HistorySchema, "The unit's events"))
def history(unit: str) -> UnitPage:
    """A unit's events with their places in the log, newest first."""
    return _page(unit)


@described(units, "/v1/units/<unit>/cold-chain", Answer(ColdChainSchema, "The unit's cold chain"))
def cold_chain(unit: str) -> UnitPage:
    """The judgement of a unit's cold chain and the readings that it rests on."""
    return _page(unit)


@described(units, "/v1/units/<unit>/lineage", Answer(LineageSchema, "The unit's family"))
def lineage(unit: str) -> Lineage:
    """What a unit was made of and what became of it; of other branches only what the asking user may see."""
    organisation = scope()
    with visible(unit) as reader:
        page = reader.unit_page(unit, now_ms=services().clock.now_ms())
        if page is None:
            no_such_unit(unit)
        seen = {name for name in page.family if reader.visible(name, organisation)}
    line = seen | _line_of(unit, page.lineage)
    edges = tuple(edge for edge in page.lineage if edge.parent in line and edge.child in line)
    family = tuple(page.family[name] for name in sorted(seen))
    return Lineage(unit, edges, family, page.now_ms, page.log_size)


@described(units, "/v1/materials/<path:subject>", Answer(TouchedSchema, "What it touched"))
def materials(subject: str) -> Touched:
    """What a lot (`lot:bag/…`), a machine, a bag or a sample touched: of units, those that the asking user may see."""
    named = subject_of(subject)
    with services().reading() as reader:
        found = named and touched(reader, named, organisation=scope(), now_ms=services().clock.now_ms())
    if not found:
        abort(404, "the ledger never heard of it, or nothing that it touched is yours to see")
    return found


@described(inventory_routes, "/v1/inventory", Answer(InventorySchema, "The units"), Asked(query=InventoryQuerySchema))
def inventory(query: dict[str, object]) -> Inventory:
    """Units, latest change first."""
    limit = query.pop("limit")
    assert isinstance(limit, int)  # noqa: S101  the schema made it so; for the type checker
    wanted = Wanted(**{name: None if value is None else str(value) for name, value in query.items()})
    with services().reading() as reader:
        found = listed(reader, wanted, organisation=scope(), limit=limit)
        now_ms = services().clock.now_ms()
        return Inventory(reader.with_verdicts(found, now_ms=now_ms), now_ms, reader.log_size())


@contextmanager
def visible(unit: str) -> Iterator[Reader]:
    """A reader, once it is sure that there is such a unit and that the asking user may see it."""
    organisation = scope()
    if not is_id(unit, "unit"):
        no_such_unit(unit)
    with services().reading() as reader:
        if not reader.visible(unit, organisation):
            no_such_unit(unit)
        yield reader


def _page(unit: str) -> UnitPage:
    with visible(unit) as reader:
        page = reader.unit_page(unit, now_ms=services().clock.now_ms())
    if page is None:
        no_such_unit(unit)
    return page


def _line_of(unit: str, edges: tuple[Edge, ...]) -> set[str]:
    """The unit with its ancestors and its descendants, without their other branches."""
    line = {unit}
    for towards, away in (("parent", "child"), ("child", "parent")):
        pending = [unit]
        while pending:
            name = pending.pop()
            for edge in edges:
                if getattr(edge, away) == name and (found := getattr(edge, towards)) not in line:
                    line.add(found)
                    pending.append(found)
    return line
