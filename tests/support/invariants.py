"""What must hold of a whole site at rest, whatever was killed before: checked from files alone, by other means.

Named as in the campaign of fault tests: **A** is what a gateway once showed as stored (an event seen in its outbox),
**O** the outbox, **R** the receipts that it holds, **L** the ledger. Everything here reads SQLite and JSON directly; it
shares no line with the code that wrote them.
"""

import base64
import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ledger.config import Site
from tests.support.log_checker import Connection, bodies_of, connected

Place: TypeAlias = tuple[str, int]
"""An event's place: its stream and sequence number."""

NO_PREVIOUS = bytes(32)


@dataclass(frozen=True, slots=True)
class Outbox:
    """A gateway's outbox, as its file has it.

    Attributes:
        events: place → the event's bytes.
        receipts: the receipts' bytes, as the ledger signed them.
        acknowledged: stream → the last event that counts as acknowledged.
        waiting: how many events have no receipt.
    """

    events: Mapping[Place, bytes]
    receipts: tuple[bytes, ...]
    acknowledged: Mapping[str, int]
    waiting: int


@dataclass(frozen=True, slots=True)
class LogBatch:
    """One batch of the ledger: the note's text, and the events' bytes with the places that the rows give them."""

    index: int
    text: str
    events: tuple[tuple[Place, bytes], ...]

    @property
    def stream(self) -> str:
        """Whose chain it extends."""
        return self.text.split("\n")[2]

    @property
    def first(self) -> int:
        """Sequence number of its first event, as signed."""
        return int(self.text.split("\n")[3].split(" ")[0])

    @property
    def previous(self) -> bytes:
        """The hash of the batch before it, as signed."""
        return base64.b64decode(self.text.split("\n")[4])

    @property
    def text_hash(self) -> bytes:
        """What the next batch of the stream must name, and what a receipt names."""
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run left behind.

    Attributes:
        promised: A.
        outbox: O, and with it R.
        log: L, every batch of every stream.
        produced: the facts that the devices really gave, as `fact_of` spells them.
    """

    promised: Mapping[Place, bytes]
    outbox: Outbox
    log: tuple[LogBatch, ...]
    produced: frozenset[str]


def read_outbox(path: Path) -> Outbox:
    """The outbox in a file, running or stopped."""
    with opened(path) as connection:
        rows = connection.execute("SELECT stream, seq, body FROM events").fetchall()
        receipts = connection.execute("SELECT receipt FROM batches WHERE receipt IS NOT NULL").fetchall()
        pinned = dict(connection.execute("SELECT stream, pin_seq FROM streams").fetchall())
    events = {(stream, seq): bytes(body) for stream, seq, body in rows}
    waiting = sum(seq > pinned[stream] for stream, seq in events)
    return Outbox(events, tuple(bytes(receipt) for (receipt,) in receipts), pinned, waiting)


def read_log(path: Path) -> tuple[LogBatch, ...]:
    """Every batch of a ledger's database, running or stopped, in the log's order."""
    with opened(path) as connection:
        return _batches(connection)


def read_log_of(site: Site) -> tuple[LogBatch, ...]:
    """The same of a site, whichever engine keeps its ledger."""
    with connected(site) as connection:
        return _batches(connection)


def _batches(connection: Connection) -> tuple[LogBatch, ...]:
    batches = []
    query = "SELECT log_index, note, name, first_seq FROM batches JOIN streams ON id = stream_id ORDER BY log_index"
    for index, note, stream, first in connection.execute(query).fetchall():
        told = enumerate(bodies_of(connection, index), first)
        events = tuple(((stream, seq), body) for seq, (body, _) in told if body is not None)
        text = bytes(note).decode().rpartition("\n\n")[0] + "\n"
        batches.append(LogBatch(index, text, events))
    return tuple(batches)


def fact_of(body: bytes) -> str | None:
    """The device's own part of an event, as a test can know it beforehand; None for what a gateway says by itself."""
    event = json.loads(body)
    match event["kind"]:
        case "label_scanned":
            return f"scan {event['din']}"
        case "tag_arrived" | "tag_left":
            return f"tag {event['tag']}"
        case "unknown_tag_seen":
            return f"stranger {event['tag']}"
        case _:
            return None


def broken(evidence: Evidence) -> list[str]:
    """Every invariant that does not hold, with its first counterexample; empty if all is well."""
    gateways = {stream for stream, _ in evidence.outbox.events}
    in_log = {place: body for batch in evidence.log for place, body in batch.events}
    checks = {
        "A in O or acknowledged": _lost(evidence, in_log),
        "R in L": _unkept(evidence),
        "no place twice in L": _twice(evidence.log),
        "every chain gap-free and linked": _unlinked(evidence.log),
        "every event where its bytes say": _misplaced(evidence.log),
        "acknowledged in L, byte for byte": _forgotten(evidence.outbox, in_log),
        "everything in L was produced": _invented(evidence, in_log, gateways),
    }
    return [f"{name}: {found}" for name, counterexamples in checks.items() for found in list(counterexamples)[:1]]


def _lost(evidence: Evidence, in_log: Mapping[Place, bytes]) -> Iterator[str]:
    for place, body in sorted(evidence.promised.items()):
        kept = evidence.outbox.events.get(place) == body
        acknowledged = place[1] <= evidence.outbox.acknowledged.get(place[0], 0) and in_log.get(place) == body
        if not kept and not acknowledged:
            yield f"{place} was stored and is gone"


def _unkept(evidence: Evidence) -> Iterator[str]:
    by_index = {batch.index: batch for batch in evidence.log}
    for receipt in evidence.outbox.receipts:
        header, _, stream, last, index, text_hash = receipt.decode().split("\n")[:6]
        batch = by_index.get(int(index))
        if header != "xuemai/receipt/v1" or batch is None or base64.b64decode(text_hash) != batch.text_hash:
            yield f"the receipt for {stream} up to {last} names batch {index}, which is not there as received"


def _twice(log: tuple[LogBatch, ...]) -> Iterator[str]:
    places = Counter(place for batch in log for place, _ in batch.events)
    yield from (f"{place} {count} times" for place, count in places.items() if count > 1)


def _unlinked(log: tuple[LogBatch, ...]) -> Iterator[str]:
    heads: dict[str, tuple[int, bytes]] = {}
    for batch in log:
        last, previous = heads.get(batch.stream, (0, NO_PREVIOUS))
        if batch.first != last + 1:
            yield f"{batch.stream} goes from {last} to {batch.first} at batch {batch.index}"
        if batch.previous != previous:
            yield f"{batch.stream} does not follow its own batch before, at batch {batch.index}"
        heads[batch.stream] = (batch.first + len(batch.events) - 1, batch.text_hash)


def _misplaced(log: tuple[LogBatch, ...]) -> Iterator[str]:
    for batch in log:
        for seq, (place, body) in enumerate(batch.events, batch.first):
            said = json.loads(body)
            if not ((said["stream"], said["seq"]) == place == (batch.stream, seq)):
                yield f"{place} in batch {batch.index} says {said['stream']} {said['seq']}"


def _forgotten(outbox: Outbox, in_log: Mapping[Place, bytes]) -> Iterator[str]:
    for (stream, seq), body in sorted(outbox.events.items()):
        if seq <= outbox.acknowledged.get(stream, 0) and in_log.get((stream, seq)) != body:
            yield f"{(stream, seq)} is acknowledged and not in the ledger as it was"


def _invented(evidence: Evidence, in_log: Mapping[Place, bytes], gateways: set[str]) -> Iterator[str]:
    for place, body in sorted(in_log.items()):
        fact = fact_of(body) if place[0] in gateways else None
        if fact is not None and fact not in evidence.produced:
            yield f"{place} says {fact!r}, which no device gave"
        if place[0] in gateways and place not in evidence.outbox.events:
            yield f"{place} is in the ledger and was never in the outbox"


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A database's file, to be read as of one snapshot."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)
    try:
        connection.execute("BEGIN")
        yield connection
    finally:
        connection.close()
