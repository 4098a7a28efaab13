"""What a stopped site's database holds, read with the standard library alone: every reading, every excursion."""

import json
import sqlite3
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
    query = (
        "SELECT body FROM bodies JOIN events ON events.id = bodies.event_id WHERE events.kind = ? ORDER BY events.id"
    )
    # Immutable: nobody else has it open, and looking at it must not leave as much as a lock file.
    database = f"{(directory / 'ledger.db').absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(database, uri=True)) as connection:
        return [json.loads(body) for (body,) in connection.execute(query, (kind,))]
