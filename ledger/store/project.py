"""Projections: what follows from each batch, for pages to read with one query.

The same code runs behind an append and behind `ledger.fsck`, which replays the log into an empty database and compares.
So nothing here may depend on anything but the log, in log order.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from ledger.core.custody import Recorded
from ledger.core.events import SITE_STREAM
from ledger.core.keys import KeyState
from ledger.core.logkeys import LogKeys
from ledger.folding.places import Places
from ledger.store import erasures, sighted, subjects
from ledger.store import tables as t
from ledger.store.discrepancies import Discrepancies
from ledger.store.entries import Entry
from ledger.store.history import site_stream
from ledger.store.names import Names
from ledger.store.packing import event_id
from ledger.store.prepared import insertion
from ledger.store.register import DECLARED_KINDS, Register, units_held_by_place
from ledger.store.resting import Resting
from ledger.store.sightings import Run
from ledger.store.subjects import Touched
from ledger.store.tags import Tags
from ledger.store.unitmap import FoldedMap
from ledger.store.units import Refolded, Units, read_histories

_NO_LIMIT = 2**63
EXCURSION_KINDS = frozenset({"excursion", "excursion_ended"})
_EXCURSIONS = insertion(t.excursions)


class Projector:
    """Takes batches in log order. Its caches are emptied by `forget` after a transaction that failed.

    Attributes:
        unit_map: the unit map, which roots are made of.
    """

    def __init__(self, origin: str, *, resting: Resting | None = None) -> None:
        """Begin at the end of what was projected before.

        Args:
            origin: the log's origin.
            resting: is told of which units something new is said.
        """
        self._origin = origin
        self._resting = resting
        self._subjects = Names(t.subjects)
        self._tags = Tags()
        self._units = Units()
        self._register: Register | None = None
        self.unit_map = FoldedMap()

    def forget(self) -> None:
        """Forget everything that is not in the database."""
        self.be_overtaken()
        self.unit_map.clear()

    def be_overtaken(self) -> None:
        """Another process wrote: forget what it may have changed. The unit map reads on in the log from where it is."""
        self._subjects.clear()
        self._tags.clear()
        self._units.clear()
        self._register = None

    def keys(self, connection: Connection) -> KeyState:
        """Every key as of the end of the log; never changed afterwards, replaced when a key event comes."""
        return self._registered(connection).keys

    def log_keys(self, connection: Connection) -> LogKeys:
        """The keys of checkpoints and receipts as of the end of the log; never changed afterwards."""
        return self._registered(connection).log_keys

    def places(self, connection: Connection) -> Places:
        """The register of places as of the end of the log; never changed afterwards."""
        return self._registered(connection).places

    def histories(self, connection: Connection, wanted: Sequence[str]) -> dict[str, list[Recorded]]:
        """For each unit its events and its donation's, in log order."""
        return read_histories(connection, wanted, names=self._subjects)

    def take(self, connection: Connection, *batches: Sequence[Entry]) -> None:
        """Project batches, whose rows of the log are in place; what is stored is as if each had come alone."""
        if len(batches) > 1 and any(entries[0].stream == SITE_STREAM for entries in batches):
            for entries in batches:  # what the site declares holds for the batches after it
                self.take(connection, entries)
            return
        discrepancies = Discrepancies()
        register = self._registered(connection, below=batches[0][0].log_index)
        also: list[str] = []
        touched = subjects.index(
            connection,
            batches,
            names=self._subjects,
            tags=self._tags,
            register=register.places.organisation_of,
            discrepancies=discrepancies,
        )
        for entries, about in zip(batches, touched.about, strict=True):
            self.unit_map.take(connection, entries, about)
        if batches[0][0].stream == SITE_STREAM:
            register = register.copy()
            moved = register.take(connection, batches[0], discrepancies)
            also = units_held_by_place(connection, self._subjects, moved) if moved else []
            self._register = register
        refolded = self._units.refold(
            connection,
            touched,
            also,
            names=self._subjects,
            places=register.places,
            discrepancies=discrepancies,
        )
        self._stir(connection, refolded, size=batches[-1][0].log_index + 1)
        discrepancies.write(connection)
        _EXCURSIONS.run_many(
            connection, [(each.event_id,) for entries in batches for each in entries if each.kind in EXCURSION_KINDS]
        )
        for entries in batches:
            erasures.take(connection, entries)

    def take_run(self, connection: Connection, run: Run) -> None:
        """Project the batches of a run: what is stored is as if each had come alone."""
        discrepancies = Discrepancies()
        places = self._registered(connection, below=run.first).places
        about = sighted.index(
            connection,
            run,
            names=self._subjects,
            tags=self._tags,
            register=places.organisation_of,
            discrepancies=discrepancies,
        )
        self.unit_map.take_run(
            connection, run, {subject: (seen.offsets, seen.leaves) for subject, seen in about.items()}
        )
        touched = Touched()
        for unit in self._units.stay(connection, sighted.spans(run, about)):
            touched.sightings[unit] = sighted.one_by_one(run, about[unit])
        refolded = self._units.refold(
            connection, touched, (), names=self._subjects, places=places, discrepancies=discrepancies
        )
        self._stir(connection, refolded, size=run.end)
        discrepancies.write(connection)

    def _stir(self, connection: Connection, refolded: Refolded, *, size: int) -> None:
        """Tell of which units something new was said, before the log had a size."""
        if self._resting is None:
            return
        numbers = self._subjects.find(connection, refolded.stirred)
        self._resting.stir(numbers.values(), end=event_id(size, 0))
        self._resting.give_up(numbers[unit] for unit in refolded.unfolded)

    def _registered(self, connection: Connection, below: int = _NO_LIMIT) -> Register:
        """What the site stream declared, in batches below a log index: a key counts once, so none may be read twice."""
        if self._register is None:
            register = Register(self._origin)
            rows = connection.execute(select(t.places.c.id, t.places.c.organisation))
            register.places.organisation_of.update((place, organisation) for place, organisation in rows)
            roles = connection.execute(select(t.organisations.c.id, t.organisations.c.role))
            register.places.role_of.update((organisation, role) for organisation, role in roles)
            for each in site_stream(connection, DECLARED_KINDS):
                if each.log_index < below:
                    register.declare(each)
            self._register = register
        return self._register
