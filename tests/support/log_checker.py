"""The whole log, checked again by other means: a few lines of hashlib, sqlite3 and `cryptography`.

It imports nothing of the ledger's own tree, notes or tables: a bug there must not hide itself here. It recomputes every
event leaf, batch root, log leaf, subtree, chain, signature and checkpoint of a database file, running or stopped.
"""

import base64
import hashlib
import json
import sqlite3
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.config import Site


@dataclass(frozen=True)
class Checked:
    """What was found in order: how many batches and events, and the root over all of them."""

    batches: int
    events: int
    root: bytes


def leaf(raw: bytes) -> bytes:
    """RFC 6962 leaf hash."""
    return hashlib.sha256(b"\0" + raw).digest()


def tree(leaves: list[bytes]) -> bytes:
    """RFC 6962 root, by its recursive definition."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + tree(leaves[:split]) + tree(leaves[split:])).digest()


def check_log(database: Path, *, log_key: str) -> Checked:
    """Check everything; an AssertionError says what is wrong.

    Args:
        database: `ledger.db`.
        log_key: the verifier key of the log.
    """
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("BEGIN")
        return _check(connection, log_key)
    finally:
        connection.close()


def check_site(site: Site, *, log_key: str | None = None) -> Checked:
    """Check a site's log, whichever engine keeps it, against a log key or its policy's."""
    log_key = log_key or site.policy_file.read_text().split()[1]
    with connected(site) as connection:
        connection.execute("BEGIN")
        return _check(connection, log_key)


@contextmanager
def connected(site: Site) -> Iterator["Connection"]:
    """The database of a site, running or stopped, past everything of ours; `?` stands for a value."""
    if site.database_url is None:
        with closing(sqlite3.connect(f"{site.ledger_db.absolute().as_uri()}?mode=ro", uri=True)) as file:
            yield file
    else:
        with psycopg.connect(site.database_url, autocommit=True, options="-c search_path=ledger") as connection:
            yield _Postgresql(connection)


class _Rows(Protocol):
    def fetchall(self) -> list[Any]: ...

    def fetchone(self) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """What both engines' connections can do."""

    def execute(self, query: str, values: tuple[int, ...] = (), /) -> _Rows: ...


class _Postgresql:
    """A connection that takes queries as sqlite3 does."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, query: str, values: tuple[int, ...] = (), /) -> _Rows:
        return self._connection.execute(query.replace("?", "%s").encode(), values)


def _check(connection: Connection, log_key: str) -> Checked:
    origin = log_key.split("+", maxsplit=1)[0]
    keys: dict[tuple[str, bytes], tuple[bytes, str, int]] = {}
    ends: dict[str, tuple[int, bytes]] = defaultdict(lambda: (0, bytes(32)))
    leaves: list[bytes] = []
    gone: set[tuple[str, int]] = set()
    explained: set[tuple[str, int]] = set()
    events = 0
    query = "SELECT log_index, note, first_event, count FROM batches ORDER BY log_index"
    for index, note, first_event, count in connection.execute(query).fetchall():
        assert index == len(leaves), f"log index {index} after {len(leaves)} batches"
        text, name, raw = _note(note)
        header, said_origin, stream, extent, previous, root, _time, rest = text.split("\n")
        first, said_count = map(int, extent.split(" "))
        assert (header, said_origin, rest) == ("xuemai/batch/v1", origin, ""), f"batch {index}: {header} {said_origin}"
        assert (first, base64.b64decode(previous)) == (ends[stream][0] + 1, ends[stream][1]), f"batch {index}: chain"
        assert first_event == events + 1, f"batch {index}: its first event is counted as {first_event}"
        event_leaves, bodies = _bodies(connection, index)
        assert said_count == count == len(event_leaves), f"batch {index}: {said_count} events, {len(event_leaves)} rows"
        assert base64.b64decode(root) == tree(event_leaves), f"batch {index}: root"
        gone.update((stream, first + position) for position in range(count) if position not in bodies)
        explained.update(_erased(bodies) if stream == "site" else ())
        keys.update(_keys(bodies.values(), index) if index == 0 else {})
        public, producer, added = keys[name, _key_id(note)]
        assert producer == stream.split("/")[0], f"batch {index}: {name} signed {stream}"
        assert added < index or index == 0, f"batch {index}: signed by a key of batch {added}"
        Ed25519PublicKey.from_public_bytes(public).verify(raw, text.encode())
        keys.update(_keys(bodies.values(), index) if stream == "site" else {})
        ends[stream] = (first + count - 1, hashlib.sha256(text.encode()).digest())
        leaves.append(leaf(note))
        events += count
    assert gone == explained, "an event has no bytes and nothing explains it, or was said to be erased and was not"
    _check_nodes(connection, leaves)
    _check_checkpoints(connection, leaves, log_key)
    _check_rows(connection)
    return Checked(len(leaves), events, tree(leaves))


def _check_rows(connection: Connection) -> None:
    """Rows of eleven events, a batch's last one of those that are left, and no row that no batch has."""
    rows = "SELECT event_id, length(sizes) / 2, length(leaves) / 32 FROM contents ORDER BY event_id"
    batches = "SELECT log_index, count FROM batches ORDER BY log_index"
    expected = [
        (index * 1024 + at, min(11, count - at), min(11, count - at))
        for index, count in connection.execute(batches)
        for at in range(0, count, 11)
    ]
    assert connection.execute(rows).fetchall() == expected


def _bodies(connection: Connection, log_index: int) -> tuple[list[bytes], dict[int, bytes]]:
    """Every event's leaf, and by position the bytes of those that were not erased."""
    told = bodies_of(connection, log_index)
    query = "SELECT leaves FROM contents WHERE event_id >= ? AND event_id < ? ORDER BY event_id"
    leaves = b"".join(row[0] for row in connection.execute(query, (log_index * 1024, (log_index + 1) * 1024)))
    stored = [leaves[at : at + 32] for at in range(0, len(leaves), 32)]
    assert len(stored) == len(told), f"batch {log_index}: {len(stored)} leaves and {len(told)} events"
    bodies = {position: body for position, (body, _) in enumerate(told) if body is not None}
    for position, body in bodies.items():
        assert stored[position] == leaf(body), f"the leaf stored at position {position} is not its body's"
    return stored, bodies


def bodies_of(connection: Connection, log_index: int) -> list[tuple[bytes | None, str | None]]:
    """Of each event of a batch its bytes (None once erased) and its defect."""
    query = "SELECT sizes, bodies FROM contents WHERE event_id >= ? AND event_id < ? ORDER BY event_id"
    sizes, blob = (
        b"".join(column)
        for column in zip(*connection.execute(query, (log_index * 1024, (log_index + 1) * 1024)), strict=True)
    )
    first = log_index * 1024
    defects = dict(
        connection.execute(
            "SELECT event_id, defect FROM defects WHERE event_id >= ? AND event_id < ?", (first, first + 1024)
        ).fetchall()
    )
    told: list[tuple[bytes | None, str | None]] = []
    start = 0
    for position, (size,) in enumerate(struct.iter_unpack(">H", sizes)):
        told.append((blob[start : start + size] if size else None, defects.pop(first + position, None)))
        start += size
    assert start == len(blob), f"batch {log_index}: bytes that no event has"
    assert not defects, f"batch {log_index}: defects of no event"
    return told


def _erased(bodies: dict[int, bytes]) -> set[tuple[str, int]]:
    said = [json.loads(body) for body in bodies.values()]
    return {(each["of_stream"], each["of_seq"]) for each in said if each["kind"] == "erased" and each["what"] == "body"}


def _keys(bodies: Iterable[bytes], index: int) -> dict[tuple[str, bytes], tuple[bytes, str, int]]:
    found = {}
    for event in map(json.loads, bodies):
        if event["kind"] in {"key_added", "key_rotated"}:
            name, key_id, material = event["vkey"].split("+", 2)
            found[name, bytes.fromhex(key_id)] = (base64.b64decode(material)[1:], event["producer"], index)
    return found


def _check_nodes(connection: Connection, leaves: list[bytes]) -> None:
    expected = {
        (level, index): tree(leaves[index << level : (index + 1) << level])
        for level in range(len(leaves).bit_length())
        for index in range(len(leaves) >> level)
    }
    stored = {(level, index): node for level, index, node in connection.execute("SELECT level, idx, hash FROM nodes")}
    assert stored == expected, "the stored subtrees are not the tree's"


def _check_checkpoints(connection: Connection, leaves: list[bytes], log_key: str) -> None:
    name, key_id, material = log_key.split("+", 2)
    public = base64.b64decode(material)[1:]
    for size, note in connection.execute("SELECT size, note FROM checkpoints"):
        text, lines = _lines(note)
        (raw,) = [raw for signer, raw in lines if signer == name and raw[:4].hex() == key_id]
        assert text == f"{name}\n{size}\n{base64.b64encode(tree(leaves[:size])).decode()}\n", f"checkpoint {size}"
        Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], text.encode())


def _note(note: bytes) -> tuple[str, str, bytes]:
    """A note with one signature: its text, the key's name, the 64 bytes after the key's id."""
    text, ((name, raw),) = _lines(note)
    return text, name, raw[4:]


def _key_id(note: bytes) -> bytes:
    return _lines(note)[1][0][1][:4]


def _lines(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """A note's text and its signature lines: name, key id and signature."""
    text, _, block = note.decode().rpartition("\n\n")
    lines = [line.split(" ") for line in block.rstrip("\n").split("\n")]
    assert all(dash == "\N{EM DASH}" for dash, _, _ in lines)
    return text + "\n", [(name, base64.b64decode(material)) for _, name, material in lines]
