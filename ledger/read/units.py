"""The ledger's units in short: one, lists of them, and those that a text finds; none of them is judged anew here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Row, Select, func, select

from ledger.core.ids import is_id
from ledger.core.isbt128 import Din
from ledger.read import rows
from ledger.read.rows import UnitRow
from ledger.read.snapshot import Snapshot
from ledger.read.values import Named, UnitSummary
from ledger.rules.lifecycle import EXISTING, State
from ledger.store import verdicts
from ledger.store.prepared import among, names_in
from ledger.store.tables import tags, unit_organisations, units
from ledger.store.tables import verdicts as verdict_rows

_LATEST_FIRST = (units.c.changed_ms.desc(), units.c.unit)


def held_by(holder: str) -> tuple[ColumnElement[bool], ...]:
    """That a holder has a unit; every state is named, because the index begins with it."""
    return units.c.state.in_(tuple(State)), units.c.holder == holder


class UnitsInShort(Snapshot):
    """What the projections say of units."""

    def summary(self, unit: str) -> UnitSummary | None:
        """One unit in short, without a verdict, which only its page judges; None if the ledger has no such unit."""
        return next(iter(self._summaries(select(units).where(units.c.unit == unit))), None)

    def units(
        self,
        *,
        organisation: str | None,
        state: str | None = None,
        limit: int = 100,
        also: Sequence[ColumnElement[bool]] = (),
    ) -> tuple[UnitSummary, ...]:
        """The units that an organisation may see (None: all) and of which `also` holds, newest change first."""
        query = self._scoped(select(units.c.unit), organisation).where(*also)
        if state is not None:
            query = query.where(units.c.state == state)
        # Names alone are put in order, and only the latest units' rows are read.
        latest = query.order_by(*_LATEST_FIRST).limit(limit)
        return tuple(self._summaries(select(units).where(units.c.unit.in_(latest)).order_by(*_LATEST_FIRST)))

    def held_units(self, *, organisation: str | None, now_ms: int) -> tuple[str, ...]:
        """Every unit that its cold chain holds back, of what an organisation (None: all) has; by name."""
        judged = select(units.c.unit).join(verdict_rows, verdict_rows.c.unit == units.c.unit)
        held = judged.where(verdicts.is_held(now_ms), units.c.state.in_(EXISTING))
        if organisation is not None:
            held = held.where(units.c.holder == organisation)
        return tuple(sorted(self.connection.execute(held).scalars()))

    def with_verdicts(self, found: Iterable[UnitSummary], *, now_ms: int) -> tuple[UnitSummary, ...]:
        """The same with the verdict on each one's cold chain, as far as it was judged."""
        every = tuple(found)
        kept = verdicts.verdicts_of(self.connection, (each.unit for each in every))
        said = {unit: each.at(now_ms) for unit, each in kept.items()}
        return tuple(
            replace(each, verdict=said[each.unit].verdict, held=said[each.unit].held) if each.unit in said else each
            for each in every
        )

    def summaries(self, names: Iterable[str], *, organisation: str | None) -> tuple[UnitSummary, ...]:
        """Those of the units that there are and that the organisation (None: all) may see, in order of their names."""
        query = self._scoped(select(units).where(among(units.c.unit, "names")), organisation).order_by(units.c.unit)
        found = self.connection.execute(query, {"names": names_in(names)})
        return tuple(self._summary(row, None) for row in found)

    def organisations_of(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """(unit, organisation) for every organisation that held one of these units or was sent it, in this order."""
        columns = (unit_organisations.c.unit, unit_organisations.c.organisation)
        query = select(*columns).where(among(unit_organisations.c.unit, "names")).order_by(*columns)
        found = self.connection.execute(query, {"names": names_in(names)})
        return [(row.unit, row.organisation) for row in found]

    def visible(self, unit: str, organisation: str | None) -> bool:
        """Whether there is such a unit and the organisation (None: the whole site) may see it."""
        return rows.is_visible(self.connection, unit, organisation=organisation)

    # ── what names them ───────────────────────────────────────────────────────────────────────────────────────────────

    def find(self, text: str, *, organisation: str | None = None) -> tuple[str, ...]:
        """The units that a typed or scanned text names: a donation number, a unit, a tag or a box.

        Raises:
            FormatError: the text looks like a donation number and is none; says what was expected.
        """
        wanted = text.strip()
        query = self._scoped(select(units.c.unit), organisation)
        if is_id(wanted, "unit") or is_id(f"unit:{wanted}", "unit"):
            query = query.where(units.c.unit == f"unit:{wanted.removeprefix('unit:')}")
        elif self._is_tag(wanted):
            pointed = select(tags.c.unit).where(tags.c.tag == _tag(wanted), tags.c.until_index.is_(None))
            query = query.where(units.c.unit.in_(pointed))
        elif is_id(wanted, "box") or f"box:{wanted}" in self.places:
            query = query.where(units.c.place == f"box:{wanted.removeprefix('box:')}")
        else:
            din = Din.parse(wanted.removeprefix("din:").replace(" ", "").upper())
            query = query.where(units.c.unit.between(f"unit:{din}.", f"unit:{din}.~"))
        return tuple(row.unit for row in self.connection.execute(query.order_by(units.c.unit)))

    def bags_of(self, din: str) -> int:
        """How many units a donation has (`din:…`), whoever may see them."""
        number = din.removeprefix("din:")
        of_it = units.c.unit.between(f"unit:{number}.", f"unit:{number}.~")
        return self._count(select(func.count()).select_from(units).where(of_it))

    def units_of_tags(self, names: Iterable[str]) -> list[str]:
        """The units that these tags point to, or ever pointed to, in order of their identifiers."""
        query = select(tags.c.unit).where(among(tags.c.tag, "names")).distinct().order_by(tags.c.unit)
        return list(self.connection.execute(query, {"names": names_in(names)}).scalars())

    def tags_of(self, unit: str) -> tuple[str, ...]:
        """The tags that point to a unit now, in order of their identifiers."""
        pointing = select(tags.c.tag).where(tags.c.unit == unit, tags.c.until_index.is_(None)).order_by(tags.c.tag)
        return tuple(self.connection.execute(pointing).scalars())

    def knows_tag(self, tag: str) -> bool:
        """Whether a tag was ever on a unit."""
        return self._is_tag(tag)

    # ── private ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _scoped(self, query: Select[tuple[object, ...]], organisation: str | None) -> Select[tuple[object, ...]]:
        if organisation is None:
            return query
        seen = select(unit_organisations.c.unit).where(
            unit_organisations.c.unit == units.c.unit, unit_organisations.c.organisation == organisation
        )
        return query.where(seen.exists())

    def _is_tag(self, text: str) -> bool:
        return is_id(_tag(text), "tag") and self._first(select(tags.c.tag).where(tags.c.tag == _tag(text))) is not None

    def _summaries(self, query: Select[tuple[object, ...]]) -> Iterator[UnitSummary]:
        for row in self.connection.execute(query):
            yield self._summary(row, None)

    def _summary(self, row: Row[tuple[object, ...]] | UnitRow, verdict: str | None) -> UnitSummary:
        place = None if row.place is None else self.places.get(row.place, Named(row.place, row.place, row.place, ""))
        return UnitSummary(
            unit=row.unit,
            state=row.state,
            on_hold=bool(row.on_hold),
            abo=row.abo,
            rhd=row.rhd,
            expires_ms=row.expires_ms,
            place=place,
            holder=row.holder,
            changed_ms=row.changed_ms,
            product=self.product(row.unit),
            verdict=verdict,
        )


def _tag(text: str) -> str:
    return f"tag:{text.removeprefix('tag:').upper()}"
