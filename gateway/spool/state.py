"""Named values beside the events: who is present, which readings stand open, the salts of what labels withheld.

They change in the same transaction as the events that they go with. Plain statements; whoever calls holds the turn, and
a transaction where something is written.
"""

import sqlite3
from collections.abc import Mapping

SALT = "salt/"
"""Below it are salts: as many as labels that withheld something, and needed only to erase them."""
_AFTER_SALT = "salt0"
"""The first name behind all salts: `0` follows `/`."""


def keep(db: sqlite3.Connection, state: Mapping[str, bytes | None]) -> None:
    """Keep these values; None forgets one."""
    for name, value in state.items():
        if value is None:
            db.execute("DELETE FROM state WHERE name = ?", (name,))
        else:
            db.execute(
                "INSERT INTO state VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value)
            )


def below(db: sqlite3.Connection, prefix: str) -> dict[str, bytes]:
    """Every value whose name starts with `prefix`, in order of name."""
    rows = db.execute(
        "SELECT name, value FROM state WHERE name >= ? AND name < ? ORDER BY name", (prefix, prefix + "\U0010ffff")
    )
    return dict(rows.fetchall())


def standing(db: sqlite3.Connection) -> dict[str, bytes]:
    """Every value but the salts, in order of name: what a gateway starts from."""
    rows = db.execute(
        "SELECT name, value FROM state WHERE name < ? UNION ALL SELECT name, value FROM state WHERE name >= ?",
        (SALT, _AFTER_SALT),
    )
    return dict(sorted(rows.fetchall()))
