"""The reader: every question that a page or the API asks of the ledger, answered from one snapshot.

It joins and folds what is stored; what follows from it is decided by `ledger.core.custody` and `ledger.rules`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from ledger.config import Site
from ledger.core import correcting, custody, kinds
from ledger.core.erasurelist import MAX_LISTED, ToErase
from ledger.core.events import ERASED_KIND
from ledger.core.ids import din_of, is_id, parse_instant, product_of
from ledger.core.isbt128 import Din
from ledger.core.isbt128.check import check_character
from ledger.read import rows
from ledger.read.bag import container_of
from ledger.read.facts import Asked, DonorHistory, assessment_of, collections, donor_history, unit_facts
from ledger.read.history import Entry, History, as_said, recorded
from ledger.read.judging import ColdChain, Way, Words, judge_way
from ledger.read.labels import catalogue_of
from ledger.read.moving import agitation_of
from ledger.read.packs import pack_in_force
from ledger.read.rows import UnitRow
from ledger.read.values import (
    Discrepancy,
    Erasure,
    HistoryLine,
    Named,
    ProducerState,
    Product,
    UnitPage,
    UnitSummary,
)
from ledger.rules import files, leaving, release
from ledger.rules.agitation import Said, Span, standstills
from ledger.rules.catalogue import Catalogue
from ledger.rules.deviation import Assessment, Reopened, reopened
from ledger.rules.exposure import Exposure
from ledger.rules.lifecycle import ENDS, State
from ledger.rules.moved import Placement
from ledger.rules.pack import Pack
from ledger.rules.panel import parse_panel, with_further
from ledger.store import erasures, verdicts
from ledger.store.chain import event_count, log_size
from ledger.store.database import database_of
from ledger.store.prepared import among, names_in
from ledger.store.tables import (
    checkpoints,
    discrepancies,
    stream_heads,
    streams,
    tags,
    unit_organisations,
    units,
)
from ledger.store.tables import verdicts as verdict_rows

LATEST_DISCREPANCIES = 50
FAMILY_LIMIT = 200
_LATEST_FIRST = (units.c.changed_ms.desc(), units.c.unit)


class Reader:
    """Answers from one connection's snapshot.

    Attributes:
        connection: for `ledger.read` alone.
        site: whose ledger it is.
        history: the events by subject; with `below`, only those of batches under that log index, so that a cold chain
            can be judged again as it was known then.
    """

    def __init__(self, connection: Connection, site: Site, *, below: int | None = None) -> None:
        self.connection = connection
        self.site = site
        self._below = below
        self.history = History(connection, demo=site.mode == "demo", below=below)

    def as_known_at(self, log_size: int) -> "Reader":
        """A reader of the same snapshot that knows only the first `log_size` batches' events."""
        return Reader(self.connection, self.site, below=log_size)

    # ── the log ───────────────────────────────────────────────────────────────────────────────────────────────────

    def log_size(self) -> int:
        """How many batches the log holds."""
        return log_size(self.connection)

    def event_count(self) -> int:
        """How many events the log holds."""
        return event_count(self.connection)

    def checkpoint(self, size: int | None = None) -> tuple[int, bytes] | None:
        """The latest signed checkpoint, or the one of a size: its size and its verbatim bytes."""
        query = select(checkpoints.c.size, checkpoints.c.note).order_by(checkpoints.c.size.desc()).limit(1)
        row = self._first(query if size is None else query.where(checkpoints.c.size == size))
        return None if row is None else (int(row.size), bytes(row.note))

    def producers(self) -> tuple[ProducerState, ...]:
        """Every stream and how far it is, by name."""
        query = select(streams.c.name, stream_heads).join(streams, streams.c.id == stream_heads.c.stream_id)
        found = self.connection.execute(query.order_by(streams.c.name))
        return tuple(ProducerState(row.name, row.last_seq, row.last_time_ms, row.status) for row in found)

    def unconfirmed_erasures(self, gateway: str) -> tuple[ToErase, ...]:
        """What of a gateway's events was erased, and the gateway has not said that it holds nothing more of it."""
        listed = erasures.unconfirmed(self.connection, gateway)[:MAX_LISTED]
        return tuple(ToErase("value" if what == "value" else "body", stream, seq) for what, stream, seq in listed)

    def said_at(self, stream: str, seq: int) -> Entry | None:
        """The event at a place of its stream; None if the log has none there."""
        found = erasures.find_event(self.connection, stream, seq)
        return None if found is None else self.history.with_id(found)

    # ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def places(self) -> dict[str, Named]:
        """Every registered place and box, by id."""
        return rows.registered_places(self.connection)

    @cached_property
    def placements(self) -> dict[str, list[Placement]]:
        """For each probe of which a person said where it hangs, all that was said, by time."""
        return rows.probe_placements_of(self.connection, below=self._below)

    @cached_property
    def agitation_said(self) -> dict[str, list[Said]]:
        """For each place of whose agitation a person spoke, all that was said, by time."""
        return rows.agitation_said_of(self.connection, below=self._below)

    @cached_property
    def stood(self) -> dict[str, tuple[Span, ...]]:
        """For each of those places when its agitation stood."""
        return {place: standstills(said) for place, said in self.agitation_said.items()}

    @cached_property
    def organisations(self) -> dict[str, Named]:
        """Every registered organisation, by id."""
        return rows.registered_organisations(self.connection)

    def organisation_of(self, place: str) -> str | None:
        """The organisation that a place belongs to; None if it is not registered."""
        named = self.places.get(place)
        return None if named is None else named.organisation

    @cached_property
    def pack(self) -> Pack:
        """The policy pack in force, as this station knows its figures."""
        return pack_in_force(self.connection, self.site, below=self._below)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The site's products; the sample facility's, where the site has none of its own."""
        return catalogue_of(self.site)

    def product(self, unit: str) -> Product:
        """What the unit's product code means in the site's catalogue."""
        code = product_of(unit)
        found = self.catalogue.find(code)
        if found is None:
            return Product(code, None, code, code)
        return Product(code, found.component, found.zh, found.en)

    # ── units ─────────────────────────────────────────────────────────────────────────────────────────────────────

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
        query = self._scoped(select(units), organisation).where(*also)
        if state is not None:
            query = query.where(units.c.state == state)
        return tuple(self._summaries(query.order_by(*_LATEST_FIRST).limit(limit)))

    def held_units(self, *, organisation: str | None, now_ms: int, limit: int) -> tuple[UnitSummary, ...]:
        """Units that their cold chain holds back, of what an organisation (None: all) has; by name."""
        query = _held(select(units), organisation, now_ms).order_by(units.c.unit).limit(limit)
        return self.with_verdicts(self._summaries(query), now_ms=now_ms)

    def count_held(self, *, organisation: str | None, now_ms: int) -> int:
        """How many there are."""
        return self._count(_held(select(func.count()).select_from(units), organisation, now_ms))

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

    def units_of_tags(self, names: Iterable[str]) -> list[str]:
        """The units that these tags point to, or ever pointed to, in order of their identifiers."""
        query = select(tags.c.unit).where(among(tags.c.tag, "names")).distinct().order_by(tags.c.unit)
        return list(self.connection.execute(query, {"names": names_in(names)}).scalars())

    def lines(self, entries: Iterable[Entry]) -> tuple[HistoryLine, ...]:
        """Events as a page shows them, newest first."""
        return tuple(self._lines(entries))

    def visible(self, unit: str, organisation: str | None) -> bool:
        """Whether there is such a unit and the organisation (None: the whole site) may see it."""
        return rows.is_visible(self.connection, unit, organisation=organisation)

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

    def cold_chain(self, unit: str, *, now_ms: int) -> ColdChain | None:
        """The unit's cold chain up to now; None where its product is not in the catalogue."""
        return self._judged(unit, *self._whole_history(unit), now_ms=now_ms)

    def seen_by_assessors(self, unit: str, newest: Assessment | None) -> Exposure | None:
        """A unit's cold chain up to its newest assessment, if that found it fit, as the log knew it then."""
        if newest is None or newest.outcome != "fit":
            return None
        known = self.as_known_at(newest.log_size)
        chain = known._judge(unit, *known._whole_history(unit), now_ms=newest.at_ms)  # noqa: SLF001  one of our own kind
        return None if chain is None else chain.exposure

    def _judged(self, unit: str, whole: Sequence[Entry], born: int, *, now_ms: int) -> ColdChain | None:
        chain = self._judge(unit, whole, born, now_ms=now_ms)
        if chain is None:
            return None
        return replace(chain, seen=self.seen_by_assessors(unit, assessment_of(recorded(whole), unit)))

    def _judge(self, unit: str, whole: Sequence[Entry], born: int, *, now_ms: int) -> ColdChain | None:
        way, understood = self._way(unit, whole, born), recorded(whole)
        if way is None:
            return None
        ended = custody.ended_ms(understood, unit)
        until = now_ms if ended is None else min(ended, now_ms)
        return judge_way(
            way,
            history=self.history,
            places=self.places.get,
            words=Words(self.placements, self.stood),
            pack=self.pack,
            now_ms=until,
        )

    def way(self, unit: str) -> tuple[Way | None, list[custody.Recorded]]:
        """Where a unit was, if its product is in the catalogue; and its events, its ancestors' and its donations'."""
        whole, born = self._whole_history(unit)
        return self._way(unit, whole, born), recorded(whole)

    def _way(self, unit: str, whole: Sequence[Entry], born: int) -> Way | None:
        component, understood = self.product(unit).component, recorded(whole)
        if component is None or not understood:
            return None
        return Way(custody.stays(understood, unit), component, born)

    def unit_page(self, unit: str, *, now_ms: int) -> UnitPage | None:
        """Everything that the page of a unit shows; None if the ledger has no such unit."""
        row = rows.unit_row(self.connection, unit)
        if row is None:
            return None
        whole, born = self._whole_history(unit)
        understood = recorded(whole)
        chain = self._judged(unit, whole, born, now_ms=now_ms)
        summary = self._summary(row, chain.exposure.verdict if chain and chain.exposure.judged_ms else None)
        edges = self._lineage(unit, understood)
        family = {unit, *(edge.parent for edge in edges), *(edge.child for edge in edges)}
        limits = self.pack.limits(summary.product.component or "", "store")
        din = din_of(unit).removeprefix("din:")
        collected = next((each.event for each in understood if isinstance(each.event, kinds.Collected)), None)
        return UnitPage(
            summary=summary,
            din=din,
            check=check_character(din),
            volume_ml=_volume(understood, unit),
            container=container_of(understood, unit),
            collected_ms=None if collected is None else parse_instant(collected.time),
            history=tuple(self._lines(whole)),
            stays=custody.stays(understood, unit),
            holdings=custody.holdings(understood, unit, organisation_of=self.organisation_of),
            places=self.places,
            organisations=self.organisations,
            exposure=None if chain is None or not chain.exposure.judged_ms else chain.exposure,
            low=None if limits is None else limits.low,
            high=None if limits is None else limits.high,
            pack_verified=chain is not None and chain.exposure.verified,
            runs=() if chain is None else chain.runs,
            lineage=tuple(edges),
            family={unit: replace(summary, verdict=None)} if len(family) == 1 else self._family(family),
            forbids=release.forbids(unit_facts(row, understood, chain, donors={}, asked=Asked(), now_ms=now_ms)),
            discrepancies=(*self._left(unit, understood), *self.discrepancies(subject=unit)),
            lag_ms=None if chain is None else chain.lag_ms,
            now_ms=now_ms,
            log_size=self.log_size(),
            assessment=assessment_of(understood, unit),
            reopened=_reopened(chain, assessment_of(understood, unit)),
            agitation=agitation_of(chain, summary.product.component, pack=self.pack, said=self.agitation_said),
        )

    def _left(self, unit: str, understood: Sequence[custody.Recorded]) -> tuple[Discrepancy, ...]:
        """That the unit left without a paper, while it exists."""
        exits = [place.id for place in self.places.values() if place.use == leaving.EXIT]
        seen = None if not exits else leaving.left_without_paper(understood, exits.__contains__)
        if seen is None or custody.ended_ms(understood, unit) is not None:
            return ()
        return (Discrepancy(leaving.RULE, unit, seen.at_ms, seen.text),)

    def tags_of(self, unit: str) -> tuple[str, ...]:
        """The tags that point to a unit now, in order of their identifiers."""
        pointing = select(tags.c.tag).where(tags.c.unit == unit, tags.c.until_index.is_(None)).order_by(tags.c.tag)
        return tuple(self.connection.execute(pointing).scalars())

    def told(self, unit: str) -> list[custody.Recorded]:
        """The unit's events, its ancestors' up to their transformation, and those of their donations, in log order."""
        return recorded(self._whole_history(unit)[0])

    def entries_about(self, unit: str) -> list[Entry]:
        """The same as stored: also what is not understood, and what was erased."""
        return self._whole_history(unit)[0]

    def facts(self, unit: str, *, now_ms: int) -> release.UnitFacts:
        """What the rules need to know of a unit at one instant; a unit that the ledger has not seen is `new`."""
        row = rows.unit_row(self.connection, unit)
        if row is None:
            return release.UnitFacts(state=State.NEW, now_ms=now_ms)
        understood = recorded(self._whole_history(unit)[0])
        donors = {donor: self.donor(donor) for donor in {each.donor for each in collections(understood)}}
        chain = self.cold_chain(unit, now_ms=now_ms)
        facts = unit_facts(row, understood, chain, donors=donors, asked=self.asked, now_ms=now_ms)
        holder = self.organisations.get(row.holder or "")
        return replace(facts, at_station=holder is not None and holder.role == "blood_centre")

    @cached_property
    def asked(self) -> Asked:
        """What the site asks of a unit before its release: its region's tests and its own, and the label or not."""
        releasing = self.site.releasing
        text = files.panel_text(self.pack.name) or files.panel_text(self.pack.derives or "")
        tests = releasing.further_tests if text is None else with_further(parse_panel(text), releasing.further_tests)
        return Asked(tests, releasing.labelling == "before")

    def donor(self, donor: str) -> DonorHistory:
        """What is known of a donor: deferrals, and the groups that tests of earlier donations found."""
        told = recorded(self.history.of([donor]))
        donations = {din_of(each.unit) for each in collections(told)}
        return donor_history(told, recorded(self.history.of(sorted(donations))))

    # ── what needs attention ──────────────────────────────────────────────────────────────────────────────────────

    def discrepancies(
        self, *, subject: str | None = None, limit: int = LATEST_DISCREPANCIES
    ) -> tuple[Discrepancy, ...]:
        """What a person should look at, newest first; about one subject, or everything."""
        if subject is not None:
            return tuple(rows.discrepancies_about(self.connection, subject)[:limit])
        latest = select(discrepancies).order_by(discrepancies.c.time_ms.desc()).limit(limit)
        found = self.connection.execute(latest)
        return tuple(Discrepancy(row.rule, row.subject, row.time_ms, row.text) for row in found)

    # ── private ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _first(self, query: Select[tuple[object, ...]]) -> Row[tuple[object, ...]] | None:
        return self.connection.execute(query).first()

    def _count(self, query: Select[Any]) -> int:
        return int(self.connection.execute(query).scalar_one())

    def _scoped(self, query: Select[tuple[object, ...]], organisation: str | None) -> Select[tuple[object, ...]]:
        if organisation is None:
            return query
        seen = select(unit_organisations.c.unit).where(unit_organisations.c.organisation == organisation)
        return query.where(units.c.unit.in_(seen))

    def knows_tag(self, tag: str) -> bool:
        """Whether a tag was ever on a unit."""
        return self._is_tag(tag)

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

    def _whole_history(self, unit: str) -> tuple[list[Entry], int]:
        """The unit's events, its ancestors' up to their transformation, its donation's; and when it came to be."""
        entries = {entry.id: entry for entry in self.history.of([unit, din_of(unit)])}
        until = {edge.parent: edge.time_ms for edge in custody.edges(recorded(entries.values())) if edge.child == unit}
        born = min(until.values(), default=min((entry.time_ms for entry in entries.values()), default=0))
        pending = dict(until)
        while pending:
            parents, pending = pending, {}
            told = self.history.of_each([name for parent in parents for name in (parent, din_of(parent))])
            for parent, limit in parents.items():
                own = [entry for entry in told[parent] if entry.time_ms <= limit or entry.kind == "corrected"]
                entries.update((entry.id, entry) for entry in [*own, *told[din_of(parent)]])
                for edge in custody.edges(recorded(own)):
                    if edge.child == parent and edge.parent not in until:
                        until[edge.parent] = pending[edge.parent] = edge.time_ms
        return [entries[key] for key in sorted(entries)], born

    def _lineage(self, unit: str, understood: Iterable[custody.Recorded]) -> list[custody.Edge]:
        """Every edge of the unit's family: all that can be reached in both directions, from what is known of itself."""
        seen = {unit}
        edges: dict[custody.Edge, None] = dict.fromkeys(custody.edges(understood))
        pending = {name for edge in edges for name in (edge.parent, edge.child)} - seen
        while pending and len(seen) < FAMILY_LIMIT:
            names = sorted(pending)[: FAMILY_LIMIT - len(seen)]
            seen.update(names)
            found = custody.edges(recorded(self.history.of(names)))
            edges.update(dict.fromkeys(found))
            pending = {name for edge in edges for name in (edge.parent, edge.child)} - seen
        return sorted(edges, key=lambda edge: (edge.time_ms, edge.parent, edge.child))

    def _family(self, names: Iterable[str]) -> dict[str, UnitSummary]:
        """Those of the units that the ledger has, in short."""
        query = select(units).where(units.c.unit.in_(sorted(names))).order_by(units.c.unit)
        return {each.unit: each for each in self._summaries(query)}

    def _lines(self, entries: Iterable[Entry]) -> Iterator[HistoryLine]:
        """Newest first by event time; late ones marked."""
        entries = list(entries)
        corrections = correcting.read(as_said(entries))
        late = set()
        latest = 0
        for entry in sorted(entries, key=lambda each: (each.log_index, each.position)):
            if entry.time_ms < latest:
                late.add(entry.id)
            latest = max(latest, entry.time_ms)
        for entry in sorted(entries, key=lambda each: (each.time_ms, each.log_index, each.position), reverse=True):
            if entry.kind in {"exposure_stated", "temperature_segment"}:
                continue
            place = entry.recorded.event.place if entry.recorded else None
            named = None if place is None else self.places.get(place, Named(place, place, place, ""))
            yield HistoryLine(
                recorded=entry.recorded,
                kind=entry.kind,
                time_ms=entry.time_ms,
                place=named,
                stream=entry.stream,
                seq=entry.seq,
                late=entry.id in late,
                defect=entry.defect,
                erasure=self._erasure(entry.id) if entry.kind == ERASED_KIND else None,
                struck_by=corrections.struck.get((entry.stream, entry.seq)),
                stands_for=corrections.stands_for.get((entry.stream, entry.seq)),
            )

    def _erasure(self, event_id: int) -> Erasure | None:
        """What the log says of an event's erasure."""
        said = erasures.said_of(self.connection, event_id)
        return None if said is None else Erasure(parse_instant(said.time), said.reason, said.by, said.second)


@contextmanager
def reading(site: Site) -> Iterator[Reader]:
    """A reader of the site's database, with one snapshot, that cannot write."""
    with database_of(site).snapshot() as connection:
        yield Reader(connection, site)


def _held(query: Select[Any], organisation: str | None, now_ms: int) -> Select[Any]:
    held = query.join(verdict_rows, verdict_rows.c.unit == units.c.unit)
    held = held.where(verdicts.is_held(now_ms), units.c.state.not_in(ENDS))
    return held if organisation is None else held.where(units.c.holder == organisation)


def _reopened(chain: ColdChain | None, newest: Assessment | None) -> Reopened | None:
    """Why an assessment settles the unit no longer; None: none ever found it fit."""
    if chain is None or newest is None or newest.outcome != "fit":
        return None
    return reopened(chain.exposure, newest, seen=chain.seen)


def _tag(text: str) -> str:
    return f"tag:{text.removeprefix('tag:').upper()}"


def _volume(history: Iterable[custody.Recorded], unit: str) -> int | None:
    for entry in history:
        event = entry.event
        if isinstance(event, kinds.Transformation):
            for child in event.children:
                if child.unit == unit and child.volume_ml is not None:
                    return child.volume_ml
        if isinstance(event, kinds.Collected) and event.unit == unit:
            return event.volume_ml
    return None
