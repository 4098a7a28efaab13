"""What every figure is compared with: the same bytes stored, chained and treed, and nothing else.

`Yardstick` is the one that ratios are told against: each event's bytes are a row with its link of one hash chain
(SHA-256 of the link before and the bytes), each event is a leaf of one RFC 6962 tree, and each batch is one durable
transaction (SQLite: WAL, `synchronous=FULL`) that ends with a row of the tree's root. It parses nothing, checks no
signature, keeps no index but the row's number, and projects nothing: no ledger can do less and still be one.

`BatchYardstick` is the lighter one of the project's first figures: a tree for each batch and a link for each batch. Its
figure is told beside the other, so that figures of different days can be compared.

`ledger.bench.postgresql` keeps the first of them in a PostgreSQL database.

Nothing here is the product's own code: a change that makes the product's hashing faster must not move the yardstick.
"""

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Protocol

_NO_LINK = bytes(32)


class Store(Protocol):
    """Takes the same bytes as the ledger."""

    def take(self, bodies: Sequence[bytes]) -> None:
        """Store one batch durably."""
        ...

    def close(self) -> None:
        """Close the database."""
        ...


class Tail:
    """The end of one hash chain and of one RFC 6962 tree over the same events.

    Attributes:
        size: how many events there are.
    """

    def __init__(self) -> None:
        self.size = 0
        self._link = _NO_LINK
        self._peaks: list[bytes] = []

    def link(self, body: bytes) -> bytes:
        """Take one event; answer its link."""
        self._link = sha256(self._link + body).digest()
        self._grow(sha256(b"\0" + body).digest())
        return self._link

    def root(self) -> bytes:
        """The RFC 6962 root over every event taken; at least one."""
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = sha256(b"\1" + peak + root).digest()
        return root

    def _grow(self, subtree: bytes) -> None:
        size = self.size
        while size & 1:
            subtree = sha256(b"\1" + self._peaks.pop() + subtree).digest()
            size >>= 1
        self._peaks.append(subtree)
        self.size += 1


class Yardstick:
    """Events stored row by row with one hash chain over them and one RFC 6962 tree."""

    def __init__(self, path: Path) -> None:
        self._connection = _database(path)
        self._connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, body BLOB, link BLOB) STRICT")
        self._connection.execute("CREATE TABLE roots (size INTEGER PRIMARY KEY, root BLOB) STRICT")
        self._tail = Tail()

    def take(self, bodies: Sequence[bytes]) -> None:
        """Store one batch durably."""
        rows = [(body, self._tail.link(body)) for body in bodies]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO events (body, link) VALUES (?, ?)", rows)
        self._connection.execute("INSERT INTO roots VALUES (?, ?)", (self._tail.size, self._tail.root()))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


class BatchYardstick:
    """Events stored row by row with their leaf hashes; a tree for each batch, and a chain from batch to batch."""

    def __init__(self, path: Path) -> None:
        self._connection = _database(path)
        self._connection.execute("CREATE TABLE batches (id INTEGER PRIMARY KEY, chain BLOB) STRICT")
        self._connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, leaf BLOB, body BLOB) STRICT")
        self._link = _NO_LINK

    def take(self, bodies: Sequence[bytes]) -> None:
        """Store one batch durably."""
        leaves = [sha256(b"\0" + body).digest() for body in bodies]
        self._link = sha256(self._link + _root(leaves)).digest()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO batches (chain) VALUES (?)", (self._link,))
        self._connection.executemany("INSERT INTO events (leaf, body) VALUES (?, ?)", zip(leaves, bodies, strict=True))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


def _database(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _root(level: list[bytes]) -> bytes:
    while len(level) > 1:
        odd = level[len(level) & ~1 :]
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\1" + left + right).digest() for left, right in pairs] + odd
    return level[0]
