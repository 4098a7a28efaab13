"""What a stopped site's database holds, read with the standard library alone: every reading, every excursion."""

import json
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from firmware_mocks.recompute import Event, readings_of


def readings(directory: Path) -> list[tuple[str, int, int]]:
    """(probe, when in ms, centi-degrees) of every reading in every temperature segment, whatever its quality."""
    return [reading for event in _events(directory, "temperature_segment") for reading in readings_of([event])]


def excursions(directory: Path) -> list[Event]:
    """Every excursion that a gateway reported."""
    return _events(directory, "excursion")


def _events(directory: Path, kind: str) -> list[Event]:
    """Of a few events one row: their bytes one behind the other, and two bytes of size for each."""
    query = "SELECT sizes, bodies FROM contents ORDER BY event_id"
    # Immutable: nobody else has it open, and looking at it must not leave as much as a lock file.
    database = f"{(directory / 'ledger.db').absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(database, uri=True)) as connection:
        found = [body for row in connection.execute(query) for body in _apart(*row)]
    return [event for event in map(_read, found) if event.get("kind") == kind]


def _apart(sizes: bytes, bodies: bytes) -> Iterator[bytes]:
    start = 0
    for (size,) in struct.iter_unpack(">H", sizes):
        if size:  # none: it was erased
            yield bodies[start : start + size]
        start += size


def _read(body: bytes) -> Event:
    found: Event = json.loads(body)
    return found
