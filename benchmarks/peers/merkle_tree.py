"""The SQLite tree of `pymerkle`: entries with their leaf hashes, and the tree's root after each batch.

Runs with the interpreter of the peers' environment (see `taking`). The package is GPL: it is started, not built on.
"""

from collections.abc import Sequence
from pathlib import Path

from pymerkle import SqliteTree


class Peer:
    """A tree in a new database."""

    def __init__(self, path: Path) -> None:
        self._tree = SqliteTree(str(path))
        self._tree.con.execute("PRAGMA journal_mode=WAL")
        self._tree.con.execute("PRAGMA synchronous=FULL")

    def take(self, bodies: Sequence[bytes]) -> None:
        """Append one batch in one transaction, and ask for the root, which a log would sign."""
        self._tree.append_entries(bodies)
        self._tree.get_root()

    def answer(self, question: str) -> object:
        """The one value that a statement of SQLite gives on the connection that wrote."""
        # The tree's rows are single values already.
        return self._tree.con.execute(question).fetchone()

    stored = "SELECT count(*) FROM leaf"
