"""Backups of a site: a folder of files with a manifest, made beside a running server, and put back only if it verifies.

A backup holds the databases written anew from their rows (so nothing that was erased before it was made), what the
site's folder holds beside them, and the last signed head; the private keys only if asked for. A ledger in PostgreSQL is
in it as a file of SQLite with the rows of one snapshot, and goes back to where `xuemai.toml` or the caller says.
Restoring checks every file against the manifest, examines the whole ledger, and never takes away a newer signed head:
then the start guard goes on refusing to sign a second history until a person begins a new log.
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from ledger.config import Site, format_config, load
from ledger.core import checkpoint
from ledger.core.errors import ConfigError, FormatError
from ledger.durable import sync_directory, write_durably
from ledger.fsck import examine
from ledger.migrate import url_of
from ledger.store.filing import copy_from_file, copy_to_file

FORMAT = "xuemai/backup/v1"
MANIFEST = "manifest.json"
KEYS = "keys"
_SQLITE = b"SQLite format 3\0"
"""How every database of SQLite begins (its file format, 1.3)."""

_LEFT_OUT = ("-wal", "-shm", "-journal", ".lock", ".new", ".seal", "first-admin-code", "unfinished-erasure", ".begun")
"""Names that end so are of a running site, or of nobody's use later."""


class File(msgspec.Struct, frozen=True):
    """A file of a backup.

    Attributes:
        name: its path below the backup's folder.
        size: bytes.
        sha256: of its bytes, in hex.
    """

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup is.

    Attributes:
        format: `xuemai/backup/v1`.
        origin: the log's origin.
        time: when it was made, RFC 3339.
        signed_size: the size of the signed head that the database continues; 0 if none was signed.
        keys: whether the private keys are in it.
        files: every other file of the folder.
    """

    format: str
    origin: str
    time: str
    signed_size: int
    keys: bool
    files: list[File]


def back_up(site: Site, target: Path, *, time: str) -> Manifest:
    """Make a backup without private keys in the new folder `target`, durably.

    Raises:
        ConfigError: the folder is there already, or a database cannot be read.
    """
    return _back_up(site, target, time=time, keys=False)


def back_up_with_keys(site: Site, target: Path, *, time: str) -> Manifest:
    """The same with the private keys: whoever has it can speak for the site.

    Raises:
        ConfigError: see `back_up`.
    """
    return _back_up(site, target, time=time, keys=True)


def read_manifest(backup: Path) -> Manifest:
    """The manifest of a backup, every file held against it.

    Raises:
        ConfigError: it is no backup, or a file is missing, added or altered.
    """
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"expected a backup in {backup}; {error}") from error
    if manifest.format != FORMAT:
        raise ConfigError(f"{backup}: expected {FORMAT}; got {manifest.format}")
    listed = {file.name: file for file in manifest.files}
    found = {name for name in _names_below(backup) if name != MANIFEST}
    for name in sorted(found ^ listed.keys()):
        raise ConfigError(f"{backup / name}: {'not in the manifest' if name in found else 'missing'}")
    for name, file in listed.items():
        if _file(backup, name) != file:
            raise ConfigError(
                f"{backup / name}: expected SHA-256 {file.sha256} over {file.size} bytes; got other bytes"
            )
    return manifest


def restore(backup: Path, directory: Path, *, to: str | None = None) -> Site:
    """Put a backup back as the site in `directory`, which must hold no ledger, if everything verifies.

    Private keys that the backup does not hold are taken from `directory/keys`.

    Args:
        backup: the backup's folder.
        directory: the site's.
        to: a PostgreSQL URL, or `sqlite`; None: where the ledger was when the backup was made.

    Raises:
        ConfigError: a file is not what the manifest says, the ledger does not verify, keys are missing, or `directory`
            or the database holds a ledger, or `directory` a newer signed head.
    """
    manifest = read_manifest(backup)
    newer = _signed_size(directory / "signed-head")
    if newer > manifest.signed_size:
        raise ConfigError(
            f"{directory / 'signed-head'}: a checkpoint of size {newer} was signed, the backup continues one of size"
            f" {manifest.signed_size}: find a newer backup, or say --although-older"
        )
    return _restore(backup, directory, manifest, to)


def restore_although_older(backup: Path, directory: Path, *, to: str | None = None) -> Site:
    """The same, even where more was signed than the backup holds; the newer signed head stays, so nothing is signed.

    Raises:
        ConfigError: as `restore`, but for the newer signed head.
    """
    return _restore(backup, directory, read_manifest(backup), to)


# ── making ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _back_up(site: Site, target: Path, *, time: str, keys: bool) -> Manifest:
    if target.exists():
        raise ConfigError(f"expected a new folder for the backup; {target} exists")
    beside = target.with_name(target.name + ".part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True, mode=0o700)
    # The signed head before the databases: they may hold more than it says, never less.
    names = sorted(_site_files(site, keys=keys), key=lambda name: (name != site.signed_head.name, name))
    for name in names:
        _copy(site.directory / name, beside / name)
    if site.database_url is not None:
        copy_to_file(site, beside)
        names.append(site.ledger_db.name)
    manifest = Manifest(
        format=FORMAT,
        origin=site.origin,
        time=time,
        signed_size=_signed_size(beside / site.signed_head.name),
        keys=keys,
        files=[_file(beside, name) for name in sorted(names)],
    )
    write_durably(beside / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n", 0o600)
    beside.replace(target)
    sync_directory(target.parent)
    return manifest


def _site_files(site: Site, *, keys: bool) -> Iterator[str]:
    for name in _names_below(site.directory):
        top = name.partition("/")[0]
        # What `migrate` put aside may hold what was erased since.
        if name.endswith(_LEFT_OUT) or ".before" in top or (top == KEYS and not keys):
            continue
        yield name


def _names_below(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def _make_room(target: Path) -> None:
    """Make the folders that lead to a file, however deep it lies, for the owner alone."""
    for folder in reversed([each for each in target.parents if not each.exists()]):
        folder.mkdir(mode=0o700)


def _is_database(source: Path) -> bool:
    """Whether it is one of ours: each of them stands beside `xuemai.toml` or `gateway.toml`, or begins as SQLite says.

    What another program keeps under such a name, a broker its messages, is a file like any other.
    """
    beside = any((source.parent / each).is_file() for each in ("xuemai.toml", "gateway.toml"))
    if source.suffix != ".db" or beside:
        return source.suffix == ".db"
    with source.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _copy(source: Path, target: Path) -> None:
    """A file as it is; a database written anew, from one snapshot and without a trace of what was deleted."""
    _make_room(target)
    if _is_database(source):
        connection = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error as error:
            raise ConfigError(f"{source}: expected a database that can be read; {error}") from error
        finally:
            connection.close()
    else:
        shutil.copyfile(source, target)
    target.chmod(0o600)
    with target.open("rb") as file:
        os.fsync(file.fileno())
    sync_directory(target.parent)


def _file(folder: Path, name: str) -> File:
    with (folder / name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return File(name, file.tell(), digest.hexdigest())


def _signed_size(path: Path) -> int:
    try:
        return checkpoint.parse_signed(path.read_bytes())[0].size
    except FileNotFoundError:
        return 0
    except FormatError as error:
        raise ConfigError(f"{path}: expected a signed checkpoint; {error}") from error


# ── putting back ──────────────────────────────────────────────────────────────────────────────────────────────────


def _restore(backup: Path, directory: Path, manifest: Manifest, to: str | None) -> Site:
    if (directory / "ledger.db").exists():
        raise ConfigError(f"{directory} holds a ledger: move it away first, and keep its signed-head")
    staged = directory.with_name(directory.name + ".restoring")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        _stage(backup, directory, staged, manifest)
        site = load(staged)
        _require_sound(replace(site, database_url=None), "the backup's ledger does not verify")
        target = replace(site, database_url=site.database_url if to is None else url_of(to))
        if target != site:
            write_durably(target.config_file, format_config(target).encode(), 0o600)
        if target.database_url is not None:
            copy_from_file(staged, target)
            _require_sound(target, "what was put into the database does not verify: drop the schema, and try again")
        _move_in(staged, directory, manifest)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return load(directory)


def _require_sound(site: Site, otherwise: str) -> None:
    report = examine(site)
    if report.first_bad is not None:
        raise ConfigError(f"{otherwise}: {report.first_bad}")


def _stage(backup: Path, directory: Path, staged: Path, manifest: Manifest) -> None:
    staged.mkdir(parents=True, mode=0o700)
    for file in manifest.files:
        target = staged / file.name
        _make_room(target)
        shutil.copyfile(backup / file.name, target)
        target.chmod(0o600)
    if not manifest.keys:
        if not (directory / KEYS).is_dir():
            raise ConfigError(f"the backup holds no private keys: put them into {directory / KEYS} first")
        shutil.copytree(directory / KEYS, staged / KEYS)


def _move_in(staged: Path, directory: Path, manifest: Manifest) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    head = "signed-head"
    newer = _signed_size(directory / head) > manifest.signed_size
    for name in sorted(_names_below(staged)):
        if name == head and newer:
            continue
        target = directory / name
        _make_room(target)
        (staged / name).replace(target)
        with target.open("rb") as file:
            os.fsync(file.fileno())
        sync_directory(target.parent)
