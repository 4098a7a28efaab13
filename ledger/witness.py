"""This site as a witness of its partners' logs: what it cosigned last, and the one step in which that moves on.

Remembers one checkpoint a log, in a small database of its own beside the ledger's, and keeps a log's second story for
one size as evidence. The check and the new record are one transaction, on disk before the cosignature leaves: two
requests at once can never both be answered where only one may be. Whether a checkpoint may be cosigned is decided by
`ledger.core.witness`.

A witness that forgets could cosign a second history. So a lost database is never made anew under the same key.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

from ledger.config import Site
from ledger.core import checkpoint as checkpoints
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import ConfigError, XuemaiError
from ledger.core.note import VerifierKey, format_signature_lines
from ledger.core.signing import SEED_BYTES, Cosigner
from ledger.core.witness import Admitted, Declined, admit, advance
from ledger.durable import sync_directory, write_durably

BUSY_SECONDS = 5.0
_LATEST = "CREATE TABLE latest (origin TEXT PRIMARY KEY, checkpoint BLOB NOT NULL) STRICT"
_CONTRADICTIONS = (
    "CREATE TABLE contradictions (origin TEXT NOT NULL, size TEXT NOT NULL, cosigned BLOB NOT NULL, "
    "contradicting BLOB NOT NULL, PRIMARY KEY (origin, size)) STRICT"
)
_log = structlog.get_logger("ledger.witness")


class WitnessStorageError(XuemaiError):
    """The witness's database cannot be read or written; nothing was cosigned."""


class Witness:
    """Cosigns what continues. Safe to use from several threads and processes."""

    def __init__(self, database: Path, cosigner: Cosigner, logs: Sequence[VerifierKey]) -> None:
        """Use the database that `make` made.

        Args:
            database: its file.
            cosigner: this witness's key.
            logs: the keys of the logs that it witnesses; a key's name is its log's origin.
        """
        self._database = database
        self._cosigner = cosigner
        self._logs = tuple(logs)

    def add_checkpoint(self, raw: bytes, *, now_seconds: int) -> bytes | Declined:
        """Answer a request: the cosignature's line, or why there is none.

        Args:
            raw: the request's body.
            now_seconds: real time, in seconds since 1970, which the cosignature states.

        Raises:
            WitnessStorageError: nothing was cosigned; the log may try again.
        """
        admitted = admit(raw, self._logs)
        if isinstance(admitted, Declined):
            return admitted
        declined = self._advance(admitted)
        if declined is not None:
            return declined
        return format_signature_lines([self._cosigner.cosign(admitted.head, now_seconds)])

    def latest(self, origin: str) -> Checkpoint | None:
        """What was cosigned last for a log; None if nothing was.

        Raises:
            WitnessStorageError: the database cannot be read.
        """
        with self._transaction() as connection:
            found = _latest(connection, origin)
        return None if found is None else checkpoints.parse_signed(found)[0]

    def contradictions(self) -> tuple[tuple[bytes, bytes], ...]:
        """Pairs of signed checkpoints that cannot both be true: the one that was cosigned, and the one that came later.

        Raises:
            WitnessStorageError: the database cannot be read.
        """
        with self._transaction() as connection:
            rows = connection.execute("SELECT cosigned, contradicting FROM contradictions ORDER BY origin, size")
            return tuple((cosigned, contradicting) for cosigned, contradicting in rows)

    def _advance(self, admitted: Admitted) -> Declined | None:
        """Check and record in one transaction; when this returns None the record is on disk."""
        origin, signed = admitted.head.origin, admitted.request.checkpoint
        with self._transaction() as connection:
            before = _latest(connection, origin)
            declined = advance(admitted, None if before is None else checkpoints.parse_signed(before)[0])
            if declined is None:
                connection.execute("INSERT OR REPLACE INTO latest VALUES (?, ?)", (origin, signed))
            elif declined.contradiction is not None and before is not None:
                row = (origin, str(admitted.head.size), before, declined.contradiction)
                connection.execute("INSERT OR IGNORE INTO contradictions VALUES (?, ?, ?, ?)", row)
        if declined is not None and declined.contradiction is not None:
            _log.error("a log signed two roots for one size", origin=origin, reason=declined.reason)
        return declined

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = _open(self._database)
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()  # what was not committed is rolled back
        except sqlite3.Error as error:
            raise WitnessStorageError(f"{self._database}: {error}; nothing was cosigned") from error


def open_witness(site: Site) -> Witness | None:
    """The witness that the configuration asks for; None if it names no log in `[[witness_for]]`.

    Raises:
        ConfigError: its key or its database is missing.
    """
    if not site.witness_for:
        return None
    cosigner = site.cosigner()
    if not site.witness_db.is_file():
        raise ConfigError(_lost(site))
    return Witness(site.witness_db, cosigner, site.witness_for)


def make(site: Site, *, entropy: Callable[[int], bytes] = secrets.token_bytes) -> VerifierKey:
    """See to it that the site has a witness's key and database; the key that partners put into their policies.

    Raises:
        ConfigError: the database was lost while the key stayed.
    """
    key = site.key_file("witness")
    if not site.witness_db.exists():
        if key.exists():
            raise ConfigError(_lost(site))
        _create(site.witness_db)
    if not key.exists():
        write_durably(key, f"{entropy(SEED_BYTES).hex()}\n".encode(), 0o600)
    return site.cosigner().verifier


def _lost(site: Site) -> str:
    return (
        f"expected {site.witness_db}, which remembers what was cosigned; put back its latest copy, or begin as another"
        f" witness: remove {site.key_file('witness')} and run: xuemai tlog witness"
    )


def _create(path: Path) -> None:
    beside = path.with_name(f"{path.name}.new")
    write_durably(beside, b"", 0o600)
    connection = _open(beside)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_LATEST)
        connection.execute(_CONTRADICTIONS)
        connection.execute("COMMIT")
    finally:
        connection.close()
    beside.replace(path)
    sync_directory(path.parent)


def _open(path: Path) -> sqlite3.Connection:
    """Open a database that is there; one that is not is never made here."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    # EXTRA: with a rollback journal, FULL leaves its removal, which is the commit, to the file system's leisure.
    connection.execute("PRAGMA synchronous=EXTRA")
    return connection


def _latest(connection: sqlite3.Connection, origin: str) -> bytes | None:
    row = connection.execute("SELECT checkpoint FROM latest WHERE origin = ?", (origin,)).fetchone()
    return None if row is None else bytes(row[0])
