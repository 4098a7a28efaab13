"""Which policy pack is in force, what this station confirmed of it, and what may be put in force or confirmed next.

The log decides: the file in force is the one that it names, kept beside it. What lies on disk changes nothing until two
quality officers put it in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from sqlalchemy import Connection, select

from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import ConfigError, Refused
from ledger.core.events import SITE_STREAM
from ledger.read import rows
from ledger.rules import figures
from ledger.rules.pack import Pack
from ledger.settings.packs import Library, PackFile
from ledger.store import enclosures
from ledger.store.prepared import Prepared
from ledger.store.tables import confirmed_figures, packs

if TYPE_CHECKING:
    from ledger.read.reader import Reader


_CONFIRMED = Prepared(
    select(confirmed_figures.c.figure, confirmed_figures.c.value).order_by(confirmed_figures.c.figure)
)
_MOST_FILES = 8
_FILES: dict[tuple[str, str], PackFile] = {}
"""Files that were in force, by their own and their base's hash: every page asks for the one that is."""

State: TypeAlias = Literal["in force", "changed", "gone", "at hand", "broken"]
"""The file in force, as it was put in force; another file under its name; none under its name; one that may be put in
force; one that is no pack."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A pack at hand, or in force.

    Attributes:
        name: its name.
        version: the version of the file on disk, or of the one in force where there is none; empty if it is broken.
        sha256: base64 SHA-256 of that file; empty if it is broken.
        state: how the file stands to what is in force.
        problem: what is wrong with a broken one.
    """

    name: str
    version: str
    sha256: str
    state: State
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Enforcement:
    """That a pack was put in force: which, when, by which two persons (None: with the making of the log)."""

    pack: str
    version: str
    sha256: str
    since_ms: int
    by: str | None
    second: str | None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a quality officer confirmed a figure of a pack: which value, where it stands, who, when."""

    pack: str
    version: str
    figure: str
    value: str
    clause: str
    by: str | None
    at_ms: int


def file_in_force(connection: Connection, site: Site, *, below: int | None = None) -> PackFile:
    """The file of the pack in force; where the log names none, the one that the site is configured with.

    Args:
        connection: of one snapshot.
        site: whose log it is.
        below: only as the batches under this log index say; None: as of now.

    Raises:
        ConfigError: the file that the log names is not kept.
    """
    row = rows.enforced(connection, below=below)
    if row is None:
        return Library(site.directory).file(site.pack)
    return _file(connection, row.pack, row.sha256, row.base)


def pack_in_force(connection: Connection, site: Site, *, below: int | None = None) -> Pack:
    """The pack in force, as this station knows its figures.

    Raises:
        ConfigError: as `file_in_force`.
    """
    confirmed = _CONFIRMED.rows(connection)
    return _known(file_in_force(connection, site, below=below), tuple((figure, value) for figure, value in confirmed))


def enforcements(reader: "Reader") -> tuple[Enforcement, ...]:
    """Every pack that was put in force, the latest first."""
    found = []
    for entry in reader.history.of_kinds(SITE_STREAM, ("pack_enforced",)):
        event = None if entry.recorded is None else entry.recorded.event
        if isinstance(event, kinds.PackEnforced):
            found.append(Enforcement(event.pack, event.version, event.sha256, entry.time_ms, event.by, event.second))
    return tuple(sorted(found, key=lambda each: each.since_ms))[::-1]


def confirmations(reader: "Reader") -> Mapping[str, Confirmation]:
    """Figure to what was confirmed of it last."""
    found = {}
    for entry in reader.history.of_kinds(SITE_STREAM, ("figure_confirmed",)):
        event = None if entry.recorded is None else entry.recorded.event
        if isinstance(event, kinds.FigureConfirmed):
            found[event.figure] = Confirmation(
                event.pack, event.version, event.figure, event.value, event.clause, event.by, entry.time_ms
            )
    return found


def listed(reader: "Reader") -> tuple[Listed, ...]:
    """Every pack at hand, and the one in force wherever its file has gone."""
    now, library = file_in_force(reader.connection, reader.site), Library(reader.site.directory)
    found = [_listed(library, name, now) for name in library.names()]
    if now.pack.name not in library.names():
        found.append(Listed(now.pack.name, now.pack.version, now.sha256, "gone"))
    return tuple(found)


def _listed(library: Library, name: str, now: PackFile) -> Listed:
    try:
        file = library.file(name)
    except ConfigError as error:
        return Listed(name, "", "", "broken", str(error))
    state: State = "at hand"
    if name == now.pack.name:
        state = "in force" if file == now else "changed"
    return Listed(name, file.pack.version, file.sha256, state)


def may_enforce(reader: "Reader", file: PackFile) -> Refused | None:
    """Why a file may not be put in force: it is already, or it changed and kept its version."""
    now = file_in_force(reader.connection, reader.site)
    if now == file:
        return Refused(
            "pack.in-force", f"{file.pack.name} {file.pack.version} is in force already, with this very file"
        )
    same = select(packs.c.sha256, packs.c.base).where(
        packs.c.pack == file.pack.name, packs.c.version == file.pack.version
    )
    named = (file.sha256, file.base_sha256 or "")
    if any((row.sha256, row.base) != named for row in reader.connection.execute(same)):
        return Refused(
            "pack.version",
            f"another file was in force as {file.pack.name} {file.pack.version}; expected a new version, since verdicts"
            " name it",
        )
    return None


def may_confirm(pack: Pack, figure: str, value: str) -> Refused | None:
    """Why a figure cannot be confirmed with this value.

    Args:
        pack: the pack in force, as this station knows it.
        figure: the figure's name.
        value: what the quality officer saw of it.
    """
    found = figures.find(pack, figure)
    if found is None:
        return Refused("figure.unknown", f"{pack.name} {pack.version}, which is in force, has no figure {figure}")
    if found.row.value != value:
        return Refused("figure.changed", f"{figure} says {found.row.value} now; {value} was to be confirmed")
    if found.row.holds:
        return Refused("figure.holds", f"{figure} is {found.row.standing} already")
    return None


def _file(connection: Connection, name: str, sha256: str, base: str) -> PackFile:
    """The kept file of a hash, and (where there is one) of its base's: read once, since the hash names the bytes."""
    found = _FILES.get((sha256, base))
    if found is None:
        found = PackFile(_kept(connection, name, sha256), _kept(connection, name, base) if base else None)
        _FILES[sha256, base] = found
        while len(_FILES) > _MOST_FILES:
            _FILES.pop(next(iter(_FILES)), None)  # another thread may have been quicker
    return found


def _kept(connection: Connection, name: str, sha256: str) -> str:
    document = enclosures.kept(connection, sha256)
    if document is None:
        raise ConfigError(f"policy pack {name}: its file of SHA-256 {sha256} is in force and not kept; run xuemai fsck")
    return document.decode()


@lru_cache(maxsize=8)
def _known(file: PackFile, confirmed: tuple[tuple[str, str], ...]) -> Pack:
    return figures.confirmed(file.pack, dict(confirmed))
