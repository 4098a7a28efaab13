"""A batch's rows of events taken apart and put together again: for tests that plant damage in a ledger's file.

It imports nothing of the ledger's own tables: a bug there must not hide itself here.
"""

import sqlite3
import struct
from dataclasses import dataclass


@dataclass
class Events:
    """Of each event of a batch, in order: its leaf hash and its bytes."""

    leaves: list[bytes]
    bodies: list[bytes]


def events_in(connection: sqlite3.Connection, log_index: int) -> Events:
    """The events of a batch."""
    query = "SELECT leaves, sizes, bodies FROM contents WHERE event_id / 1024 = ? ORDER BY event_id"
    rows = connection.execute(query, [log_index]).fetchall()
    leaves, sizes, blob = (b"".join(column) for column in zip(*rows, strict=True))
    bodies, start = [], 0
    for (size,) in struct.iter_unpack(">H", sizes):
        bodies.append(blob[start : start + size])
        start += size
    return Events([leaves[at : at + 32] for at in range(0, len(leaves), 32)], bodies)


def put_events(connection: sqlite3.Connection, log_index: int, events: Events) -> None:
    """Write the events of a batch over those that are there; its guards must be off."""
    here = "WHERE event_id / 1024 = ?"
    (sealed_ms,) = connection.execute(f"SELECT DISTINCT sealed_ms FROM contents {here}", [log_index]).fetchone()  # noqa: S608  our own words
    connection.execute(f"DELETE FROM contents {here}", [log_index])  # noqa: S608  the same
    for at in range(0, len(events.bodies), 16):
        leaves, bodies = events.leaves[at : at + 16], events.bodies[at : at + 16]
        sizes = struct.pack(f">{len(bodies)}H", *map(len, bodies))
        row = [log_index * 1024 + at, sealed_ms, b"".join(leaves), sizes, b"".join(bodies)]
        connection.execute("INSERT INTO contents VALUES (?, ?, ?, ?, ?)", row)
