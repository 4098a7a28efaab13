"""Beginning a new log: what a person decides when the newest database of the old one is lost for good.

The old log ends as it is: its database, checkpoint, policy and log keys go into a folder `log-<number>` of the site, to
be read and examined, and never written again. The new one has the next number and so a new origin, new log and receipt
keys, and as its first batches the site's keys, pack, organisations and places. Gateways enrol anew, because their proof
of possession names the origin; stock is entered as opening stock, because nobody can say that its past is whole.

The new log is made whole in a folder of its own before anything of the old one is touched. After a crash the same
command goes on from where it was. Where PostgreSQL keeps the ledger, both folders hold files of SQLite: the old log
stays as one beside the schema that is put aside, and the new one's first rows go from one into a new schema.
"""

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.append import Draft, Ledger
from ledger.clock import Clock, clock_of
from ledger.config import KeyName, Site, format_config, load
from ledger.core import kinds
from ledger.core.errors import ConfigError, Refused
from ledger.core.ids import format_instant
from ledger.core.signing import SEED_BYTES
from ledger.durable import sync_directory, write_durably
from ledger.init import open_log, write_policy
from ledger.read.packs import confirmations, file_in_force
from ledger.read.reader import Reader, reading
from ledger.store.database import database_of
from ledger.store.filing import copy_to_file, replace_by_file

_ENDED: tuple[KeyName, ...] = ("log", "receipt")
"""The keys that belong to a log; those of the site and of its pages go on."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A new log.

    Attributes:
        site: the site with its new origin.
        ended: the folder of the old log.
        ended_size: how many batches that holds; receipts for later ones were given, if gateways hold any.
        policy: the new trust policy, as text.
    """

    site: Site
    ended: Path
    ended_size: int
    policy: str


def begin_new_log(
    site: Site, *, clock: Clock | None = None, entropy: Callable[[int], bytes] = secrets.token_bytes
) -> Begun:
    """End the site's log and begin the next.

    Args:
        site: the site, stopped.
        clock: what tells the time; None: the clock that the site keeps.
        entropy: random bytes for keys and nonces.

    Raises:
        ConfigError: the site is running, its old log cannot be read, or this login may not put it aside.
    """
    ended, ready = site.directory / f"log-{site.number}", site.directory / f"log-{site.number + 1}.ready"
    if ended.exists() and not ready.exists():
        raise ConfigError(f"expected no folder {ended} yet; it holds another log that was ended: move it away")
    database = database_of(site)
    with database.claimed():
        database.require_alone()
        if not ready.exists():
            _make_ready(site, ready, clock or clock_of(site), entropy)
        if not ended.exists():
            _keep_old(site, ended)
        _take_place(site, ready)
    with reading(replace(site, directory=ended, database_url=None)) as reader:
        size = reader.log_size()
    return Begun(load(site.directory), ended, size, site.policy_file.read_text())


def _make_ready(site: Site, ready: Path, clock: Clock, entropy: Callable[[int], bytes]) -> None:
    """Make the new log, whole, in a folder of its own; the old one is only read."""
    with reading(site) as reader:
        pack, declared = file_in_force(reader.connection, site), [*_declared(reader), *_confirmed(reader)]
    making = ready.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    shutil.copytree(site.keys_dir, making / "keys")
    new = replace(site, directory=making, number=site.number + 1, database_url=None)
    for key in _ENDED:
        new.next_key_file(key).unlink(missing_ok=True)
        write_durably(new.key_file(key), f"{entropy(SEED_BYTES).hex()}\n".encode("ascii"), 0o600)
    database_of(new).create()
    write_policy(new)
    with Ledger(new, clock, entropy=entropy) as ledger:
        open_log(ledger, pack)
        answer = ledger.record("site", declared) if declared else ()
        if isinstance(answer, Refused):
            raise ConfigError(f"the new log's first batches were refused: {answer.reason}")
        ledger.sign_checkpoint()
    write_durably(
        new.config_file, format_config(replace(new, directory=site.directory, database_url=site.database_url)).encode()
    )
    making.replace(ready)
    sync_directory(site.directory)


def _keep_old(site: Site, ended: Path) -> None:
    """Copy the old log into its folder, with the keys that belong to it and without those that could write it."""
    beside = ended.with_suffix(".copying")
    shutil.rmtree(beside, ignore_errors=True)
    (beside / "keys").mkdir(parents=True, mode=0o700)
    kept = [site.config_file, site.policy_file, site.signed_head, site.seal, *_database_files(site)]
    for path in (*kept, *map(site.key_file, _ENDED), *map(site.next_key_file, _ENDED)):
        if path.exists():
            shutil.copy2(path, beside / path.relative_to(site.directory))
    if site.database_url is not None:
        copy_to_file(site, beside)
        filed = replace(site, directory=beside, database_url=None)
        write_durably(filed.config_file, format_config(filed).encode())
    (beside / site.ledger_db.name).chmod(0o400)
    beside.replace(ended)
    sync_directory(site.directory)


def _take_place(site: Site, ready: Path) -> None:
    """Let the new log's files take the places of the old one's, its configuration last; done again, it goes on."""
    if site.database_url is not None:
        replace_by_file(ready, site)
    database, *beside = _database_files(site)
    for path in (*beside, *map(site.next_key_file, _ENDED)):
        path.unlink(missing_ok=True)
    moved = (*map(site.key_file, _ENDED), site.policy_file, site.signed_head, site.seal, database, site.config_file)
    for path in moved:
        source = ready / path.relative_to(site.directory)
        if source.exists():
            source.replace(path)
            sync_directory(path.parent)
    shutil.rmtree(ready)


def _database_files(site: Site) -> list[Path]:
    return [site.ledger_db.with_name(site.ledger_db.name + suffix) for suffix in ("", "-wal", "-shm")]


def _confirmed(reader: Reader) -> list[Draft]:
    """What was confirmed of the figures of policy packs, by whom and when; the old log has the events themselves."""
    return [
        Draft(
            kinds.FigureConfirmed,
            {
                "pack": each.pack, "version": each.version, "figure": each.figure, "value": each.value,
                "clause": each.clause, "by": each.by,
            },
            time=format_instant(each.at_ms),
        )
        for each in confirmations(reader).values()
    ]  # fmt: skip


def _declared(reader: Reader) -> list[Draft]:
    """The organisations and places of the old log, as they were last declared."""
    organisations = [
        Draft(
            kinds.OrganisationAdded,
            {"organisation": each.id, "role": each.role, "name_zh": each.name_zh, "name_en": each.name_en},
        )
        for each in reader.organisations.values()
    ]
    places = []
    for each in reader.places.values():
        fields = {"place": each.id, "organisation": each.organisation, "name_zh": each.name_zh, "name_en": each.name_en}
        said = {name: value for name, value in (("phase", each.phase), ("use", each.use)) if value is not None}
        places.append(Draft(kinds.PlaceAdded, fields | said))
    return [*organisations, *places]
