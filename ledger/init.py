"""A new site: its folder, configuration, keys, databases and the first batch of its log.

The first batch opens the site and adds its own key, by which it is signed itself: that key is the root of trust, and
everything later follows from it (docs/format.md §6). The folder must be empty, so that nothing is ever overwritten; a
demo's clock may lie there already.
"""

import secrets
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ledger import accounts
from ledger.append import Draft, Ledger
from ledger.clock import Clock, SystemClock, clock_of
from ledger.config import KEY_NAMES, ROOT_EVERY_SECONDS, KeyName, Site, format_config, load, parse
from ledger.core import kinds
from ledger.core import policy as policies
from ledger.core.checklist import Checklist
from ledger.core.errors import ConfigError, Refused
from ledger.core.keys import fingerprint, prove_possession
from ledger.core.note import format_vkey
from ledger.core.signing import SEED_BYTES
from ledger.durable import sync_directory
from ledger.rules import files
from ledger.settings.checklists import format_lines as format_checklists
from ledger.settings.checklists import parse as parse_checklists
from ledger.settings.packs import PackFile
from ledger.settings.witnesses import format_lines
from ledger.store.database import database_of, statements_of

SIMULATED_CLOCK = "sim-clock"
SESSION_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Made:
    """A site that was made.

    Attributes:
        site: its configuration.
        code: the one-time code of the first administrator, login `admin`.
        policy: the trust policy that verifiers take, as text.
    """

    site: Site
    code: str
    policy: str


def make_site(site: Site, *, clock: Clock | None = None, entropy: Callable[[int], bytes] = secrets.token_bytes) -> Made:
    """Make the site's folder and everything in it.

    Args:
        site: its configuration, its folder not there yet or empty.
        clock: what tells the time; None: the clock that the site keeps.
        entropy: random bytes for keys and nonces.

    Raises:
        ConfigError: the folder is not empty, the configuration cannot be run, or there is no such policy pack.
    """
    parse(_tables(site), site.directory)
    pack = shipped_pack(site.pack)
    _require_empty(site)
    _create_database(site)
    site.config_file.write_text(format_config(site), "utf-8")
    for key in KEY_NAMES:
        _write_secret(site.key_file(key), entropy(SEED_BYTES).hex())
    _write_secret(site.session_key_file, entropy(SESSION_KEY_BYTES).hex())
    policy = write_policy(site)
    clock = clock or _clock(site)
    with Ledger(site, clock, entropy=entropy) as ledger:
        open_log(ledger, pack)
        ledger.sign_checkpoint()
    accounts.create(site.accounts_db)
    # A person redeems the code in real time, whatever clock the ledger keeps.
    code = accounts.first_administrator_code(site.accounts_db, now_ms=SystemClock().now_ms())
    _write_secret(site.first_admin_code, code)
    sync_directory(site.directory)
    return Made(load(site.directory), code, policy)


def statements_for(database_url: str) -> Iterator[str]:
    """What the administrator of a PostgreSQL server runs once in a new database, so that `make_site` may use it.

    Raises:
        ConfigError: what PostgreSQL needs is not installed.
    """
    return statements_of(database_url)


def key_draft(site: Site, key: KeyName) -> Draft:
    """The event that adds one of the site's own keys, with its proof of possession."""
    vkey = format_vkey(site.verifier(key))
    proof = prove_possession(site.signing_key(key), origin=site.origin, vkey=vkey)
    return Draft(kinds.KeyAdded, {"key": fingerprint(vkey), "vkey": vkey, "producer": key, "proof": proof})


def open_log(ledger: Ledger, pack: PackFile) -> None:
    """Record the first batch of a log: its name, its keys, the site's own keys, the policy pack, whose file is kept.

    Raises:
        ConfigError: it was refused.
    """
    site = ledger.site
    opened = Draft(
        kinds.SiteOpened,
        {
            "origin": site.origin,
            "mode": site.mode,
            "log_key": format_vkey(site.verifier("log")),
            "receipt_key": format_vkey(site.verifier("receipt")),
        },
    )
    enforced = Draft(kinds.PackEnforced, pack.fields)
    first = [opened, key_draft(site, "site"), key_draft(site, "web"), enforced]
    answer = ledger.enforce(first, pack.documents)
    if isinstance(answer, Refused):
        raise ConfigError(f"the site's first batch was refused: {answer.reason}")


def shipped_pack(name: str) -> PackFile:
    """A policy pack that ships with the product: a new site has none of its own yet.

    Raises:
        ConfigError: there is no such pack.
    """
    try:
        return PackFile(files.pack_text(name), None)
    except FileNotFoundError as error:
        raise ConfigError(f"site.pack: expected one of {', '.join(files.PACKS)}; got {name}") from error


def usual_checklists() -> tuple[Checklist, ...]:
    """What is usually looked at on receipt and at issue: what a site asks to begin with."""
    return parse_checklists(tomllib.loads(files.checklists_text()))


def _require_empty(site: Site) -> None:
    if not site.directory.exists():
        return
    allowed = {site.simulated_clock.name} if site.simulated_clock is not None else set()
    found = sorted(entry.name for entry in site.directory.iterdir() if entry.name not in allowed)
    if found:
        raise ConfigError(f"expected an empty folder for a new site; {site.directory} holds {', '.join(found[:5])}")


def _create_database(site: Site) -> None:
    """Make the folder and, before anything else, the database: whoever may not make it finds nothing half made."""
    site.keys_dir.mkdir(parents=True, mode=0o700)
    try:
        database_of(site).create()
    except ConfigError:
        site.keys_dir.rmdir()
        with suppress(OSError):  # a demo's clock lies there
            site.directory.rmdir()
        raise


def _clock(site: Site) -> Clock:
    """The site's clock; a demo's clock that nobody has set yet starts now."""
    if site.simulated_clock is not None and not site.simulated_clock.exists():
        now_ms = SystemClock().now_ms()
        site.simulated_clock.write_bytes(now_ms.to_bytes(8, "little", signed=True))
    return clock_of(site)


def write_policy(site: Site) -> str:
    """Write the trust policy that verifiers of this site take; its text."""
    raw = policies.format(site.outside.policy((policies.Log(site.verifier("log")),)))
    site.policy_file.write_bytes(raw)
    return raw.decode()


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(f"{text}\n", "ascii")


def _tables(site: Site) -> dict[str, object]:
    """The configuration as `xuemai.toml` will say it, to be judged before anything is written."""
    tables: dict[str, object] = {
        "site": {
            "name": site.name,
            "mode": site.mode,
            "number": site.number,
            "timezone": site.timezone,
            "pack": site.pack,
        },
        "server": {"host": site.host, "port": site.port},
    }
    if site.root_every_seconds != ROOT_EVERY_SECONDS:
        tables["unit_map"] = {"root_every_seconds": site.root_every_seconds}
    tables |= tomllib.loads("\n".join(format_lines(site.outside, site.directory)))
    if site.witness_for:
        tables["witness_for"] = [{"vkey": format_vkey(key)} for key in site.witness_for]
    if site.database_url is not None:
        tables["database"] = {"url": site.database_url}
    tables |= tomllib.loads("\n".join(format_checklists(site.checklists)))
    if site.simulated_clock is not None:
        tables["demo"] = {"clock": site.simulated_clock.name}
    return tables
