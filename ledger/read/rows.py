"""The projections' rows that every page and answer about a unit asks for, by statements that are written once.

SQLAlchemy builds a statement, looks it up and wraps each row anew for every request; a unit's page asks for seven, and
that was more than SQLite's share of them.
"""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from ledger.read.values import Discrepancy, Named
from ledger.rules.agitation import Said
from ledger.rules.moved import Placement
from ledger.store.prepared import Prepared
from ledger.store.tables import (
    agitation_words,
    discrepancies,
    organisations,
    packs,
    places,
    probe_placements,
    unit_organisations,
    units,
)


class UnitRow(NamedTuple):
    """A unit's row of `units`, its columns in the table's order."""

    unit: str
    state: str
    on_hold: int
    abo: str | None
    rhd: str | None
    expires_ms: int | None
    place: str | None
    holder: str | None
    changed_ms: int


class PackRow(NamedTuple):
    """Which file is in force: the pack's name, its base64 SHA-256, that of the file that it derives from, or empty."""

    pack: str
    sha256: str
    base: str


_UNIT = Prepared(select(units).where(units.c.unit == bindparam("unit")), "unit")
_KNOWN = Prepared(select(units.c.unit).where(units.c.unit == bindparam("unit")), "unit")
_SEEN = Prepared(
    select(unit_organisations.c.unit).where(
        unit_organisations.c.unit == bindparam("unit"), unit_organisations.c.organisation == bindparam("organisation")
    ),
    *("unit", "organisation"),
)
_PLACES = Prepared(
    select(places.c.id, places.c.name_zh, places.c.name_en, places.c.organisation, places.c.phase, places.c.use)
)
_PLACEMENTS = Prepared(
    select(probe_placements.c.probe, probe_placements.c.since_ms, probe_placements.c.place)
    .where(probe_placements.c.log_index < bindparam("below"))
    .order_by(probe_placements.c.since_ms, probe_placements.c.log_index, probe_placements.c.position),
    "below",
)
_AGITATION = Prepared(
    select(agitation_words.c.place, agitation_words.c.since_ms, agitation_words.c.runs)
    .where(agitation_words.c.log_index < bindparam("below"))
    .order_by(agitation_words.c.since_ms, agitation_words.c.log_index, agitation_words.c.position),
    "below",
)
_ORGANISATIONS = Prepared(
    select(organisations.c.id, organisations.c.name_zh, organisations.c.name_en, organisations.c.role)
)
_ABOUT = Prepared(
    select(discrepancies.c.rule, discrepancies.c.subject, discrepancies.c.time_ms, discrepancies.c.text)
    .where(discrepancies.c.subject == bindparam("subject"))
    .order_by(discrepancies.c.time_ms.desc()),
    "subject",
)
_ENFORCED = Prepared(
    select(packs.c.pack, packs.c.sha256, packs.c.base)
    .where(packs.c.log_index < bindparam("below"))
    .order_by(packs.c.since_ms.desc(), packs.c.log_index.desc(), packs.c.position.desc()),
    "below",
)
_EVERY_BATCH = 2**62


def unit_row(connection: Connection, unit: str) -> UnitRow | None:
    """What the projection says of a unit; None if the ledger has no such unit."""
    return next((UnitRow(*row) for row in _UNIT.rows(connection, unit)), None)


def is_visible(connection: Connection, unit: str, *, organisation: str | None) -> bool:
    """Whether there is such a unit, and an organisation (None: the whole site) held it or was sent it."""
    if not _KNOWN.rows(connection, unit):
        return False
    return organisation is None or bool(_SEEN.rows(connection, unit, organisation))


def registered_places(connection: Connection) -> dict[str, Named]:
    """Every registered place and box, by id."""
    return {
        place: Named(place, name_zh, name_en, organisation, phase=phase, use=use)
        for place, name_zh, name_en, organisation, phase, use in _PLACES.rows(connection)
    }


def probe_placements_of(connection: Connection, *, below: int | None) -> dict[str, list[Placement]]:
    """For each probe of which a person said where it hangs, all that was said, by time.

    Args:
        connection: of one snapshot.
        below: only as the batches under this log index say; None: as of now.
    """
    found: dict[str, list[Placement]] = {}
    for probe, since_ms, place in _PLACEMENTS.rows(connection, _EVERY_BATCH if below is None else below):
        found.setdefault(probe, []).append(Placement(since_ms, place))
    return found


def agitation_said_of(connection: Connection, *, below: int | None) -> dict[str, list[Said]]:
    """For each place of whose agitation a person spoke, all that was said, by time, then in log order.

    Args:
        connection: of one snapshot.
        below: only as the batches under this log index say; None: as of now.
    """
    found: dict[str, list[Said]] = {}
    for place, since_ms, runs in _AGITATION.rows(connection, _EVERY_BATCH if below is None else below):
        found.setdefault(place, []).append(Said(since_ms, bool(runs)))
    return found


def registered_organisations(connection: Connection) -> dict[str, Named]:
    """Every registered organisation, by id."""
    return {
        organisation: Named(organisation, name_zh, name_en, organisation, role=role)
        for organisation, name_zh, name_en, role in _ORGANISATIONS.rows(connection)
    }


def discrepancies_about(connection: Connection, subject: str) -> list[Discrepancy]:
    """What a person should look at about one subject, newest first."""
    return [Discrepancy(*row) for row in _ABOUT.rows(connection, subject)]


def enforced(connection: Connection, *, below: int | None) -> PackRow | None:
    """The pack that was put in force last; None if the log names none.

    Args:
        connection: of one snapshot.
        below: only as the batches under this log index say; None: as of now.
    """
    found = _ENFORCED.rows(connection, _EVERY_BATCH if below is None else below)
    return next((PackRow(*row) for row in found), None)
