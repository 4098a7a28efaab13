"""A plain audit table with SQLAlchemy Core, as an application would keep one: who, when, about what, and the body.

Runs with the interpreter of the peers' environment (see `taking`).
"""

import json
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, create_engine, event, insert

_AUDIT = Table(
    "audit",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("time", String, nullable=False),
    Column("who", String, nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)


class Peer:
    """One connection to a new database with the table in it."""

    def __init__(self, path: Path) -> None:
        engine = create_engine(f"sqlite:///{path}")

        @event.listens_for(engine, "connect")
        def durable(connection, _record) -> None:  # noqa: ANN001  a driver's own types
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

        _AUDIT.metadata.create_all(engine)
        self._connection = engine.connect()

    def take(self, bodies: Sequence[bytes]) -> None:
        """Store one batch in one transaction."""
        rows = []
        for body in bodies:
            said = json.loads(body)
            rows.append({"time": said["time"], "who": said["device"], "subject": said["tag"], "body": body})
        with self._connection.begin():
            self._connection.execute(insert(_AUDIT), rows)

    def answer(self, question: str) -> object:
        """The one value that a statement of SQLite gives on the connection that wrote."""
        with self._connection.begin():
            return self._connection.exec_driver_sql(question).scalar_one()

    stored = "SELECT count(*) FROM audit"
