"""What one snapshot of the ledger says of its log and its registers: every part of the reader asks here."""

from functools import cached_property
from typing import Any, Self

from sqlalchemy import Connection, Row, Select, literal_column, select

from ledger.config import Site
from ledger.core.erasurelist import MAX_LISTED, ToErase
from ledger.core.events import producer_of
from ledger.core.ids import product_of
from ledger.read import rows
from ledger.read.history import Entry, History
from ledger.read.labels import catalogue_of
from ledger.read.lateness import Late, late_gateways
from ledger.read.packs import pack_in_force
from ledger.read.values import Discrepancy, Named, ProducerState, Product
from ledger.rules.agitation import Said, Span, standstills
from ledger.rules.catalogue import Catalogue
from ledger.rules.moved import Placement
from ledger.rules.pack import Pack
from ledger.store import erasures
from ledger.store.chain import event_count, log_size
from ledger.store.prepared import Prepared
from ledger.store.tables import checkpoints, discrepancies, keys, stream_heads, streams

LATEST_DISCREPANCIES = 50
_HEADS = Prepared(
    select(streams.c.name, stream_heads.c.last_seq, stream_heads.c.last_time_ms, stream_heads.c.status)
    .join(streams, streams.c.id == stream_heads.c.stream_id)
    .order_by(streams.c.name)
)
_SPEAKING = Prepared(select(keys.c.producer).where(keys.c.status == literal_column("'active'")))


class Snapshot:
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

    def as_known_at(self, log_size: int) -> Self:
        """A reader of the same snapshot that knows only the first `log_size` batches' events."""
        return type(self)(self.connection, self.site, below=log_size)

    # ── the log ───────────────────────────────────────────────────────────────────────────────────────────────────────

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
        speaking = {producer for (producer,) in _SPEAKING.rows(self.connection)}
        return tuple(
            ProducerState(name, seq, time_ms, status, producer_of(name) in speaking)
            for name, seq, time_ms, status in _HEADS.rows(self.connection)
        )

    def late(self, now_ms: int) -> tuple[Late, ...]:
        """The gateways whose data are late at an instant, by name."""
        return late_gateways(self.producers(), now_ms)

    def unconfirmed_erasures(self, gateway: str) -> tuple[ToErase, ...]:
        """What of a gateway's events was erased, and the gateway has not said that it holds nothing more of it."""
        listed = erasures.unconfirmed(self.connection, gateway)[:MAX_LISTED]
        return tuple(ToErase("value" if what == "value" else "body", stream, seq) for what, stream, seq in listed)

    def said_at(self, stream: str, seq: int) -> Entry | None:
        """The event at a place of its stream; None if the log has none there."""
        found = erasures.find_event(self.connection, stream, seq)
        return None if found is None else self.history.with_id(found)

    # ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────────

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

    # ── what needs attention ──────────────────────────────────────────────────────────────────────────────────────────

    def discrepancies(
        self, *, subject: str | None = None, limit: int = LATEST_DISCREPANCIES
    ) -> tuple[Discrepancy, ...]:
        """What a person should look at, newest first; about one subject, or everything."""
        if subject is not None:
            return tuple(rows.discrepancies_about(self.connection, subject)[:limit])
        latest = select(discrepancies).order_by(discrepancies.c.time_ms.desc()).limit(limit)
        found = self.connection.execute(latest)
        return tuple(Discrepancy(row.rule, row.subject, row.time_ms, row.text) for row in found)

    # ── private ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _first(self, query: Select[tuple[object, ...]]) -> Row[tuple[object, ...]] | None:
        return self.connection.execute(query).first()

    def _count(self, query: Select[Any]) -> int:
        return int(self.connection.execute(query).scalar_one())
