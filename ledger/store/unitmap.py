"""The unit map in the database: every subject's list folded in, and the dense tree above the buckets.

What batches add is remembered in memory and folded into the tables when a root is stated, or when it has become much;
so an append costs a few list operations. What is in memory follows from the log alone, and is read from there again
after a failed transaction, a restart, or when another process wrote in between.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, or_, select

from ledger.core import kinds
from ledger.core.concern import LEFT_OUT, MAPPED, TagPointers, lists_of
from ledger.core.errors import NoteError
from ledger.core.events import SITE_STREAM
from ledger.core.merkle import HASH_BYTES
from ledger.core.note import parse_base64
from ledger.core.unitmap import BUCKETS, DenseTree, Listed, also_listed, bucket_of, bucket_root, path_of
from ledger.store import contents
from ledger.store import tables as t
from ledger.store.entries import Entry
from ledger.store.erasures import listed_of
from ledger.store.packing import event_id, hashes_in, ids_of
from ledger.store.prepared import Prepared, addition, insertion, numbers_in, numbers_within, upsertion
from ledger.store.sightings import Run

MAX_PENDING = 100_000
"""Lists are folded in when they have grown by so many events: some 10 MB of memory, a few seconds to read again."""

_SUBJECTS_AT_ONCE = 500
"""Lists are folded in by so many, and the entries beside them read: after a start, a hundred thousand may wait."""
_FOLDED = Prepared(select(func.max(t.map_history.c.as_of)))
_POINTED = Prepared(
    select(t.tags.c.unit).where(
        t.tags.c.tag == bindparam("tag"),
        t.tags.c.since_index < bindparam("before"),
        or_(t.tags.c.until_index.is_(None), t.tags.c.until_index >= bindparam("at")),
    ),
    *("tag", "before", "at"),
)
_ENTRIES = Prepared(
    select(t.map_entries.c.bucket, t.map_entries.c.path, t.map_entries.c.count, t.map_entries.c.head)
    .where(numbers_within(t.map_entries.c.bucket, "buckets"))
    .order_by(t.map_entries.c.bucket, t.map_entries.c.path),
    "buckets",
)
_WRITE_ENTRY = upsertion(t.map_entries, "count", "head", "as_of", also=("subject",))
_WRITE_BUCKET = upsertion(t.map_buckets, "root")
_REMEMBER = addition(t.map_history)
"""A donation's bucket may have changed within the same fold already: what was before counts."""
_ROOTED = insertion(t.map_roots)
_LAST_ROOT = Prepared(select(func.max(t.map_roots.c.log_index)))


_NOTHING = Listed()


class FoldedMap:
    """Folds what batches say into the map, in log order. `clear` after a transaction that failed.

    A fold's place follows from the log alone (a root, or `MAX_PENDING` events since the last fold), so that every row
    can be recomputed.
    """

    def __init__(self) -> None:
        self._pending: dict[str, bytearray] = {}
        """Of each subject the leaves that wait, in order, one behind the other."""
        self._waiting = 0
        self._upto: int | None = None
        self._folded = 0
        self._dense: DenseTree | None = None

    def clear(self) -> None:
        """Forget everything that is not in the database."""
        self._pending.clear()
        self._waiting, self._upto, self._dense = 0, None, None

    def take(self, connection: Connection, entries: Sequence[Entry], about: Mapping[str, Sequence[int]]) -> None:
        """Take one batch, whose rows of the log and whose tags are in place.

        Args:
            connection: the writing connection.
            entries: its events.
            about: for every subject, the positions of the events about it in log order, tags followed.
        """
        log_index = entries[0].log_index
        self._catch_up(connection, log_index)
        if entries[0].stream == SITE_STREAM:
            self._take_roots(connection, entries)
        leaves = [b"" if each.kind in LEFT_OUT else each.leaf for each in entries]
        pending, octets = self._pending, 0
        for subject, positions in about.items():
            held = pending.get(subject)
            if held is None and not subject.startswith(MAPPED):
                continue
            added = leaves[positions[0]] if len(positions) == 1 else b"".join([leaves[at] for at in positions])
            if held is not None:
                held += added
            elif added:
                pending[subject] = bytearray(added)
            octets += len(added)
        self._waiting += octets // HASH_BYTES
        self._upto = log_index + 1
        if self._waiting >= MAX_PENDING:
            self._fold(connection)

    def take_run(self, connection: Connection, run: Run, about: Mapping[str, tuple[list[int], bytes]]) -> None:
        """Take the batches of a run, whose tags are in place; the map is folded between the same two of them.

        Args:
            connection: the writing connection.
            run: the run.
            about: for every unit or tag the offsets of its sightings, ascending, and their leaf hashes one behind the
                other; each sighting is one unit's or one tag's.
        """
        self._catch_up(connection, run.first)
        taken, size = 0, len(run.counts)
        while taken < size:
            start = taken
            while taken == start or (taken < size and self._waiting < MAX_PENDING):
                self._waiting += run.counts[taken]
                taken += 1
            self._add_run(about, event_id(start, 0), event_id(taken, 0))
            self._upto = run.first + taken
            if self._waiting >= MAX_PENDING:
                self._fold(connection)

    def _add_run(self, about: Mapping[str, tuple[list[int], bytes]], start: int, end: int) -> None:
        """Remember the leaves of the events whose offsets are from `start` up to `end`."""
        pending = self._pending
        for subject, (offsets, leaves) in about.items():
            first, last = bisect_left(offsets, start), bisect_left(offsets, end)
            if first < last:
                held = pending.get(subject)
                some = leaves if last - first == len(offsets) else leaves[first * HASH_BYTES : last * HASH_BYTES]
                if held is None:
                    pending[subject] = bytearray(some)
                else:
                    held += some

    def has_grown(self, connection: Connection, size: int) -> bool:
        """Whether a list has grown since the last root that the log states, which has `size` batches now."""
        self._catch_up(connection, size)
        last: int | None = _LAST_ROOT.run(connection).scalar()
        return self._waiting > 0 or self._folded > (-1 if last is None else last)

    def root(self, connection: Connection, size: int) -> bytes:
        """Fold in what waits; the map's root as of the log's `size`."""
        self._catch_up(connection, size)
        self._fold(connection)
        return self._tree(connection).root()

    def _take_roots(self, connection: Connection, entries: Iterable[Entry]) -> None:
        """Keep each stated root beside the one that the log has here: of every batch before this one."""
        for entry in entries:
            match entry.event:
                case kinds.UnitMapRooted() as event:
                    computed = self.root(connection, entry.log_index)
                    crown = self._tree(connection).crown()
                    _ROOTED.run(connection, *entry.log_place, event.as_of_size, _stated(event), computed, crown)
                case _:
                    pass

    def _add(self, subject: str, leaf: bytes) -> None:
        held = self._pending.get(subject)
        if held is None:
            self._pending[subject] = bytearray(leaf)
        else:
            held += leaf
        self._waiting += 1

    def _catch_up(self, connection: Connection, size: int) -> None:
        """Read what the log says from where this map stands up to `size`, if anything is between."""
        if self._upto == size:
            return
        folded = _FOLDED.run(connection).scalar() or 0
        if self._upto is None or folded != self._folded:
            self.clear()
            self._upto = self._folded = folded
        for subjects, leaf in _read(connection, self._upto, size):
            for subject in subjects:
                self._add(subject, leaf)
        self._upto = size

    def _fold(self, connection: Connection) -> None:
        """Fold in what waits; a donation needs to be looked at only when it has a unit that is new here."""
        if not self._pending or self._upto is None:
            return
        new = self._fold_subjects(connection, self._pending, as_of=self._upto)
        donations = dict.fromkeys(beside for subject in new if (beside := also_listed(subject)) is not None)
        self._fold_subjects(connection, donations.keys() - self._pending.keys(), as_of=self._upto)
        self._folded = self._upto
        self._pending.clear()
        self._waiting = 0

    def _fold_subjects(self, connection: Connection, subjects: Iterable[str], *, as_of: int) -> list[str]:
        """Fold in what waits of some subjects, in the order of their buckets; answer those that had no entry."""
        wanted, new = list(subjects), list[str]()
        parts: list[list[str]] = [[] for _ in range(len(wanted) // _SUBJECTS_AT_ONCE + 1)]
        for subject in wanted:
            parts[bucket_of(path_of(subject)) * len(parts) // BUCKETS].append(subject)
        for part in filter(None, parts):
            grown: dict[int, dict[bytes, str]] = {}
            for subject in part:
                path = path_of(subject)
                grown.setdefault(bucket_of(path), {})[path] = subject
            new += self._fold_buckets(connection, grown, as_of=as_of)
        return new

    def _fold_buckets(
        self, connection: Connection, grown: Mapping[int, Mapping[bytes, str]], *, as_of: int
    ) -> list[str]:
        new: list[str] = []
        dense = self._tree(connection)
        stored = _entries(connection, grown)
        rows: list[tuple[int, bytes, int, bytes, int, str]] = []
        before: list[tuple[int, int, bytes]] = []
        after: list[tuple[int, bytes]] = []
        for bucket, subjects in grown.items():
            entries = stored.get(bucket, {})
            for path, subject in subjects.items():
                listed, leaves = entries.get(path), self._pending.get(subject)
                if listed is None:
                    new.append(subject)
                    listed = _NOTHING
                elif not leaves:
                    continue  # a donation that has its entry already
                if leaves:
                    listed = listed.followed_by(hashes_in(bytes(leaves)))
                entries[path] = listed
                rows.append((bucket, path, listed.count, listed.head, as_of, subject))
            root, root_before = bucket_root(sorted(entries.items())), dense.get(bucket)
            if root != root_before:
                before.append((as_of, bucket, root_before))
                after.append((bucket, root))
                dense.put(bucket, root)
        _WRITE_ENTRY.run_many(connection, rows)
        _REMEMBER.run_many(connection, before)
        _WRITE_BUCKET.run_many(connection, after)
        return new

    def _tree(self, connection: Connection) -> DenseTree:
        if self._dense is None:
            self._dense = dense_tree(connection)
        return self._dense


def _entries(connection: Connection, buckets: Iterable[int]) -> dict[int, dict[bytes, Listed]]:
    """What the map says in some buckets, those that are not empty, by path."""
    found: dict[int, dict[bytes, Listed]] = {}
    for bucket, path, count, head in _ENTRIES.rows(connection, numbers_in(buckets)):
        found.setdefault(bucket, {})[path] = Listed(count, head)
    return found


def dense_tree(connection: Connection) -> DenseTree:
    """The dense tree as it is stored."""
    dense = DenseTree()
    for bucket, root in connection.execute(select(t.map_buckets.c.bucket, t.map_buckets.c.root)):
        dense.put(bucket, bytes(root))
    return dense


def _stated(event: kinds.UnitMapRooted) -> bytes:
    try:
        return parse_base64(event.root)
    except NoteError:
        return b""  # no root at all, which no computed one equals


def _read(connection: Connection, start: int, end: int) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """For each event of the batches `start` to `end`, the subjects whose lists it is on, and its leaf."""

    def pointed(tag: str) -> str | None:
        found: str | None = _POINTED.run(connection, tag, start, start).scalar()
        return found

    pointers = TagPointers(pointed)
    for batch in contents.batches_between(connection, start, end):
        erased: dict[int, tuple[str, ...]] | None = None
        for each in batch.events():
            if each.body is None:
                erased = erased or listed_of(connection, *ids_of(batch.log_index))
                yield erased.get(each.event_id, ()), each.leaf
            else:
                yield lists_of(each.understood(), kind=each.kind, body=each.body, pointers=pointers), each.leaf
