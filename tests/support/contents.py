"""A batch's row of events taken apart and put together again: for tests that plant damage in a ledger's file.

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
    query = "SELECT leaves, sizes, bodies FROM contents WHERE log_index = ?"
    leaves, sizes, blob = connection.execute(query, [log_index]).fetchone()
    bodies, start = [], 0
    for (size,) in struct.iter_unpack(">H", sizes):
        bodies.append(blob[start : start + size])
        start += size
    return Events([leaves[at : at + 32] for at in range(0, len(leaves), 32)], bodies)


def put_events(connection: sqlite3.Connection, log_index: int, events: Events) -> None:
    """Write the events of a batch over those that are there; its guards must be off."""
    sizes = struct.pack(f">{len(events.bodies)}H", *map(len, events.bodies))
    changed = connection.execute(
        "UPDATE contents SET leaves = ?, sizes = ?, bodies = ? WHERE log_index = ?",
        [b"".join(events.leaves), sizes, b"".join(events.bodies), log_index],
    )
    assert changed.rowcount == 1
