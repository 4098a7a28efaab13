"""The configuration of a site: one folder, one `xuemai.toml`, and the files beside it.

Decides where each file of a site is and what its configuration may say: an unknown or missing key is refused by name,
so that a misspelt setting never passes for its default. What the files hold is for those who write them.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from ledger.core.checklist import Checklist
from ledger.core.errors import ConfigError
from ledger.core.note import ED25519, VerifierKey
from ledger.core.signing import SEED_BYTES, Cosigner, NoteSigner, SigningKey
from ledger.devices import SigningDevice
from ledger.devices import format_lines as format_devices
from ledger.devices import parse as parse_devices
from ledger.settings.checklists import format_lines as format_checklists
from ledger.settings.checklists import parse as parse_checklists
from ledger.settings.fates import USUAL as USUAL_FATES
from ledger.settings.fates import FateSettings
from ledger.settings.fates import format_lines as format_fates
from ledger.settings.fates import parse as parse_fates
from ledger.settings.labels import AS_SHIPPED, LabelSettings
from ledger.settings.labels import format_lines as format_labels
from ledger.settings.labels import parse as parse_labels
from ledger.settings.release import USUAL, Releasing
from ledger.settings.release import format_lines as format_releasing
from ledger.settings.release import parse as parse_releasing
from ledger.settings.table import Table
from ledger.settings.witnesses import NOBODY, OutsideWitnesses, format_lines
from ledger.settings.witnesses import parse as parse_outside
from ledger.settings.witnessing import format_lines as format_witnessed
from ledger.settings.witnessing import parse as parse_witnessed

CONFIG_NAME = "xuemai.toml"
KeyName: TypeAlias = Literal["site", "web", "log", "receipt", "witness"]
Mode: TypeAlias = Literal["demo", "production"]
KEY_NAMES: tuple[KeyName, ...] = ("site", "web", "log", "receipt")
"""The keys that every site has; a `witness` has one more."""

_SITE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?\Z")
_PACK = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")
_DATABASE_URL = re.compile(r"postgres(?:ql)?://[!-~]*\Z")
_ANY_TEXT = re.compile(r"(?s).*")
_SEED = re.compile(r"[0-9a-f]{64}\n\Z")
_TABLES = ("site", "server", "database", "demo", "unit_map", "witness", "witnesses", "witness_for", "signing_device",
           "labels", "label_scheme", "release", "checklist", "fates")  # fmt: skip
_MAX_SITE_NUMBER = 999_999_999
ROOT_EVERY_SECONDS = 60
"""How often the unit map's root is stated, where the configuration does not say."""
MAX_AUDITORS = 100


@dataclass(frozen=True, slots=True)
class Site:
    """A site's configuration and the paths of its files.

    Attributes:
        directory: the site's folder.
        name: the site's name, spelt as a domain name, e.g. `demo.a9999.example`.
        mode: only a `demo` site accepts simulated time.
        number: which ledger of the site this is; a new one begins a new log.
        timezone: IANA name of the zone in which labels and people tell the time.
        pack: the policy pack that `init` put in force.
        host: address to listen on.
        port: TCP port to listen on.
        simulated_clock: the shared clock of a demo; None where the real clock rules.
        witness_for: the keys of the partners' logs that this site witnesses; a key's name is its log's origin.
        outside: the witnesses that this site asks to cosign its own checkpoints.
        signing_devices: programs that put a further signature under each checkpoint.
        root_every_seconds: how often the unit map's root is stated while lists grow.
        auditors_needed: how many auditors a root should have, to be the one that passports show.
        database_url: the PostgreSQL database that keeps the ledger, as libpq takes it; None: `ledger.db` of the folder.
        labels: how labels are read here.
        releasing: when labels are put on, and which tests the site asks for beside its region's.
        checklists: what is looked at on receipt and issue; the last for a step is in force.
        fates: within how many days a final fate is due, and over which window the closure rate is taken.
    """

    directory: Path
    name: str
    mode: Mode
    number: int
    timezone: str
    pack: str
    host: str
    port: int
    simulated_clock: Path | None = None
    witness_for: tuple[VerifierKey, ...] = ()
    outside: OutsideWitnesses = NOBODY
    signing_devices: tuple[SigningDevice, ...] = ()
    root_every_seconds: int = ROOT_EVERY_SECONDS
    auditors_needed: int = 1
    database_url: str | None = None
    labels: LabelSettings = AS_SHIPPED
    releasing: Releasing = USUAL
    checklists: tuple[Checklist, ...] = ()
    fates: FateSettings = USUAL_FATES

    @property
    def origin(self) -> str:
        """The log's origin, which is also the name of the key that signs its checkpoints."""
        return f"{self.name}/ledger/{self.number}"

    @property
    def config_file(self) -> Path:
        """`xuemai.toml`."""
        return self.directory / CONFIG_NAME

    @property
    def ledger_db(self) -> Path:
        """The ledger's database."""
        return self.directory / "ledger.db"

    @property
    def accounts_db(self) -> Path:
        """The accounts' database, which can be erased."""
        return self.directory / "accounts.db"

    @property
    def withheld_db(self) -> Path:
        """What people withheld from the log, with its salts; there once something was, and can be erased."""
        return self.directory / "withheld.db"

    @property
    def witness_db(self) -> Path:
        """What this site cosigned last, as a witness of its partners' logs."""
        return self.directory / "witness.db"

    @property
    def lock(self) -> Path:
        """Held by the one process that writes."""
        return self.directory / "ledger.lock"

    @property
    def seal(self) -> Path:
        """Digests of the database's pages, written at a clean close, removed before the next write."""
        return self.directory / "ledger.seal"

    @property
    def signed_head(self) -> Path:
        """The last checkpoint that was signed, on disk before anybody saw it."""
        return self.directory / "signed-head"

    @property
    def unfinished_erasure(self) -> Path:
        """There while bytes that were erased may still stand in the database's files."""
        return self.directory / "unfinished-erasure"

    @property
    def policy_file(self) -> Path:
        """The C2SP trust policy that verifiers of this site take."""
        return self.directory / "policy.txt"

    @property
    def partners_file(self) -> Path:
        """The C2SP trust policy that this site keeps of its partners' logs, whose passports it accepts."""
        return self.directory / "partners.txt"

    @property
    def first_admin_code(self) -> Path:
        """The one-time code of the first administrator."""
        return self.directory / "first-admin-code"

    @property
    def keys_dir(self) -> Path:
        """The folder of the private keys."""
        return self.directory / "keys"

    @property
    def session_key_file(self) -> Path:
        """The key of the web sessions: 32 random bytes in hex."""
        return self.keys_dir / "session.key"

    def key_file(self, key: KeyName) -> Path:
        """The file of a private key: its seed in hex and a newline."""
        return self.keys_dir / f"{key}.key"

    def next_key_file(self, key: KeyName) -> Path:
        """The file of a key that was made for a rotation and may not count yet."""
        return self.keys_dir / f"{key}.next.key"

    def key_name(self, key: KeyName) -> str:
        """The C2SP name under which a key signs; the log's key signs as the origin itself."""
        return self.origin if key == "log" else f"{self.name}/{key}"

    def signer(self, key: KeyName) -> NoteSigner:
        """The signer of a private key, under its name.

        Raises:
            ConfigError: the key's file is missing or is no key.
        """
        return NoteSigner(self.key_name(key), self.signing_key(key))

    def cosigner(self) -> Cosigner:
        """The key under which this site cosigns the checkpoints of its partners.

        Raises:
            ConfigError: the key's file is missing or is no key; `xuemai tlog witness` makes it.
        """
        return Cosigner(self.key_name("witness"), self.signing_key("witness"))

    def signing_key(self, key: KeyName) -> SigningKey:
        """Read a private key.

        Raises:
            ConfigError: the key's file is missing or is no key.
        """
        return self.read_key(self.key_file(key))

    def read_key(self, path: Path) -> SigningKey:
        """Read a private key from its file.

        Raises:
            ConfigError: it is missing or is no key.
        """
        try:
            text = path.read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: expected a key of 64 hex digits; {error}") from error
        if not _SEED.match(text):
            raise ConfigError(
                f"{path}: expected 64 lower-case hex digits and a newline; restore the key from its backup"
            )
        return SigningKey(bytes.fromhex(text)[:SEED_BYTES])

    def verifier(self, key: KeyName) -> VerifierKey:
        """The public half of a key.

        Raises:
            ConfigError: the key's file is missing or is no key.
        """
        return VerifierKey(self.key_name(key), ED25519, self.signing_key(key).public)

    def verifiers(self, key: KeyName) -> tuple[VerifierKey, ...]:
        """The public halves of a key and of the one that was made to follow it, if there is one.

        Raises:
            ConfigError: a key's file is no key, or the first is missing.
        """
        following = self.next_key_file(key)
        if not following.exists():
            return (self.verifier(key),)
        return self.verifier(key), VerifierKey(self.key_name(key), ED25519, self.read_key(following).public)


def load(directory: Path) -> Site:
    """Read the configuration of the site in `directory`.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong.
    """
    path = directory / CONFIG_NAME
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(
            f"expected a site with {CONFIG_NAME} in {directory} ({error.strerror}); run: xuemai init DIR"
        ) from error
    try:
        return parse(tomllib.loads(text), directory)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: expected TOML; {error}") from error


def parse(tables: Mapping[str, object], directory: Path) -> Site:
    """The site that the tables of `xuemai.toml` describe.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong.
    """
    for name in tables:
        if name not in _TABLES:
            raise ConfigError(f"{name}: unknown; expected the tables {', '.join(_TABLES)}")
    site = Table("site", tables.get("site"), ("name", "mode", "number", "timezone", "pack"))
    server = Table("server", tables.get("server"), ("host", "port"))
    unit_map = Table("unit_map", tables.get("unit_map"), ("root_every_seconds", "auditors_needed"))
    mode = site.word("mode", re.compile(r"(demo|production)\Z"), default="production")
    name = site.word("name", _SITE_NAME)
    if mode == "demo" and "demo" not in name.split("."):
        # Whoever sees a proof sees the origin: it has to say that the time in it was simulated.
        raise ConfigError(f"site.name: expected a name with the part `demo`, such as demo.{name}; got {name}")
    return Site(
        directory=directory,
        name=name,
        mode="demo" if mode == "demo" else "production",
        number=site.number("number", 1, _MAX_SITE_NUMBER, default=1),
        timezone=_timezone(site.word("timezone", re.compile(r"[A-Za-z0-9_+/-]+\Z"), default="Asia/Shanghai")),
        pack=site.word("pack", _PACK, default="cn"),
        host=server.word("host", re.compile(r"[0-9A-Za-z.:_-]+\Z"), default="127.0.0.1"),
        port=server.number("port", 1, 65535, default=8080),
        simulated_clock=_simulated_clock(tables, directory, mode),
        witness_for=parse_witnessed(tables, f"{name}/ledger/"),
        outside=parse_outside(tables, directory),
        signing_devices=parse_devices(tables.get("signing_device", [])),
        root_every_seconds=unit_map.number("root_every_seconds", 1, 86_400, default=ROOT_EVERY_SECONDS),
        auditors_needed=unit_map.number("auditors_needed", 1, MAX_AUDITORS, default=1),
        database_url=_database_url(tables),
        labels=parse_labels(tables, directory),
        releasing=parse_releasing(tables),
        checklists=parse_checklists(tables),
        fates=parse_fates(tables),
    )


def format_config(site: Site) -> str:
    """The text of `xuemai.toml` that `load` reads back as `site`."""
    lines = [
        "[site]",
        f'name = "{site.name}"',
        f'mode = "{site.mode}"',
        f"number = {site.number}",
        f'timezone = "{site.timezone}"',
        f'pack = "{site.pack}"',
        "",
        "[server]",
        f'host = "{site.host}"',
        f"port = {site.port}",
    ]
    if site.simulated_clock is not None:
        lines += ["", "[demo]", f'clock = "{site.simulated_clock.name}"']
    if (site.root_every_seconds, site.auditors_needed) != (ROOT_EVERY_SECONDS, 1):
        lines += ["", "[unit_map]", f"root_every_seconds = {site.root_every_seconds}"]
        lines += [f"auditors_needed = {site.auditors_needed}"]
    if site.database_url is not None:
        lines += ["", "[database]", f"url = {json.dumps(site.database_url, ensure_ascii=False)}"]
    lines += format_lines(site.outside, site.directory)
    lines += format_devices(site.signing_devices)
    lines += format_labels(site.labels, site.directory)
    lines += format_releasing(site.releasing)
    lines += format_checklists(site.checklists)
    lines += format_fates(site.fates)
    lines += format_witnessed(site.witness_for)
    return "\n".join(lines) + "\n"


def _simulated_clock(tables: Mapping[str, object], directory: Path, mode: str) -> Path | None:
    if "demo" not in tables:
        return None
    if mode != "demo":
        raise ConfigError('demo: expected only where site.mode is "demo"; a production site keeps real time')
    table = Table("demo", tables["demo"], ("clock",))
    return directory / table.word("clock", re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z"), default="sim-clock")


def _database_url(tables: Mapping[str, object]) -> str | None:
    if "database" not in tables:
        return None
    url = Table("database", tables["database"], ("url",)).word("url", _ANY_TEXT)
    if not _DATABASE_URL.match(url):
        raise ConfigError("database.url: expected postgresql://…, as libpq takes it; without the table it is SQLite")
    parts = urlsplit(url)
    if parts.password is not None or "password" in parse_qs(parts.query, keep_blank_values=True):
        # Not repeated in the message: what is printed may be kept.
        raise ConfigError("database.url: expected no password in it; put it into a PGPASSFILE or a service file")
    return url


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ConfigError(f"site.timezone: expected an IANA time zone; got {name!r}") from error
    return name
