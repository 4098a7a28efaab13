"""The SQLite application recorder of `eventsourcing`: each tag is an originator, its events numbered from 1.

Runs with the interpreter of the peers' environment (see `taking`).
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore


class Peer:
    """A recorder on a new database."""

    def __init__(self, path: Path) -> None:
        # One connection, so that the setting of a connection holds for every transaction.
        self._datastore = SQLiteDatastore(str(path), pool_size=1, max_overflow=0, originator_id_type="text")
        self._recorder = SQLiteApplicationRecorder(self._datastore)
        self._recorder.create_table()
        with self._datastore.get_connection(commit=True) as connection:
            connection.cursor().execute("PRAGMA synchronous=FULL")
        self._versions: Counter[str] = Counter()

    def take(self, bodies: Sequence[bytes]) -> None:
        """Store one batch in one transaction."""
        events = []
        for body in bodies:
            said = json.loads(body)
            tag = said["tag"]
            self._versions[tag] += 1
            events.append(StoredEvent(tag, self._versions[tag], said["kind"], body))
        self._recorder.insert_events(events)

    def answer(self, question: str) -> object:
        """The one value that a statement of SQLite gives on the connection that wrote."""
        with self._datastore.get_connection(commit=True) as connection:
            cursor = connection.cursor()
            cursor.execute(question)
            return cursor.fetchone()[0]

    stored = "SELECT count(*) FROM stored_events"
