"""Carrying over what was said and never delivered: from streams that ended, into those of today.

After a fork an administrator lets a gateway go on under a new epoch, and after a lost log under a new origin; what the
old streams hold without a receipt would stay in a file. Each such event is said again in today's stream, with its own
time, nonce and fields, and with `first_said`: the log, stream and place where it stood. So the old bytes follow from
the new ones, what the ledger has already counts once, and it is told as late as it is.

What was carried is marked in the same transaction, so that a second run, or one that was cut off, carries the rest. The
old streams keep their events and signed batches.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gateway.outbox import Outbox
from gateway.spool import carrying
from gateway.spool.carrying import Ended
from ledger.core import events, kinds
from ledger.core.errors import ConfigError, FormatError
from ledger.core.events import Carrier, carrier_of

AT_ONCE = 500
"""Events in one transaction."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of one ended stream.

    Attributes:
        stream: its name.
        into: the stream of today.
        events: how many of its events were carried over now.
        odd: how many cannot be, since this version does not understand them; they stay where they are.
    """

    stream: str
    into: str
    events: int
    odd: int


def carry_over_own(outbox: Outbox) -> list[Carried]:
    """Carry over what the stopped streams of earlier epochs hold in this outbox; they are at rest from then on.

    Raises:
        OutboxError: the outbox cannot be written; what was carried is marked.
    """
    today = {outbox.identity.stream(carrier) for carrier in (Carrier.CUSTODY, Carrier.TELEMETRY)}
    found = []
    with outbox.direct() as db:
        ended = [each for each in carrying.undelivered_streams(db) if each.stream not in today and each.stopped]
    for each in ended:
        with outbox.direct() as db:
            found.append(_carry(outbox, db, outbox.identity.origin, each))
        outbox.lay_down(each.stream)
    return found


def carry_over_from(outbox: Outbox, file: Path) -> list[Carried]:
    """Carry over what another outbox of this gateway holds, which was moved aside.

    Raises:
        ConfigError: the file is no outbox of this gateway.
        OutboxError: this outbox cannot be written; what was carried is marked.
    """
    with _reading(file) as db:
        found = carrying.owner(db)
        if found is None or found[1] != outbox.identity.gateway:
            raise ConfigError(f"expected an outbox of {outbox.identity.gateway} at {file}; it is one of {found}")
        return [_carry(outbox, db, found[0], each) for each in carrying.undelivered_streams(db)]


def _carry(outbox: Outbox, source: sqlite3.Connection, origin: str, ended: Ended) -> Carried:
    into = outbox.identity.stream(carrier_of(ended.stream))
    mark = f"{carrying.MARK}{origin} {ended.stream}"
    kept = outbox.state(mark).get(mark)
    last = ended.delivered if kept is None else int(kept)
    carried = odd = 0
    while said := carrying.bodies_after(source, ended.stream, last, limit=AT_ONCE):
        again = [event for seq, body in said if (event := _said_again(body, origin, ended.stream, seq)) is not None]
        last = said[-1][0]
        outbox.carry(into, again, {mark: str(last).encode(), **_salts(source, again)})
        carried, odd = carried + len(again), odd + len(said) - len(again)
    return Carried(ended.stream, into, carried, odd)


def _said_again(body: bytes, origin: str, stream: str, seq: int) -> kinds.Reported | None:
    """The event, with the place where it was first said; None if this version does not understand it."""
    try:
        event = events.decode(body)
    except FormatError:
        return None
    if not isinstance(event, kinds.Reported):
        return None
    said = event.first_said or kinds.FirstSaid(origin=origin, stream=stream, seq=seq)
    return msgspec.structs.replace(event, first_said=said)


def _salts(source: sqlite3.Connection, again: list[kinds.Reported]) -> dict[str, bytes]:
    """The salts of what the events withhold: they are kept wherever the event can be erased."""
    named = [name for event in again for name in _withheld(event)]
    rows = [source.execute("SELECT name, value FROM state WHERE name = ?", (name,)).fetchone() for name in named]
    return {name: bytes(value) for name, value in filter(None, rows)}


def _withheld(event: kinds.Reported) -> list[str]:
    withheld = getattr(event, "withheld", [])
    return [f"salt/{each}" for each in ([withheld] if isinstance(withheld, str) else withheld)]


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        db = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        with contextlib.closing(db):
            yield db
    except sqlite3.Error as error:
        raise ConfigError(f"expected an outbox at {file}; {error}") from error
