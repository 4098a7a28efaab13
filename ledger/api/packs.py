"""`/v1/packs`: policy packs, the one in force and those at hand; put in force by two, confirmed by one (判定标准)."""

from dataclasses import dataclass
from typing import Annotated

from flask import abort
from marshmallow import Schema, fields
from msgspec import Meta

from ledger.accounts.permissions import PACK_ENFORCE
from ledger.acts import enforcement
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking
from ledger.api.saying import Said, audited, beside, body, own_signature, read, refuse
from ledger.api.schemas import Instant
from ledger.api.services import services
from ledger.append import Rejected
from ledger.core.errors import ConfigError, Refused
from ledger.core.kinds import Hash
from ledger.read.packs import Confirmation, Listed, confirmations, listed
from ledger.read.reader import Reader
from ledger.rules.figures import Figure, figures
from ledger.settings.packs import Library, PackFile

packs = described_blueprint("packs", __name__, description="Policy packs")
_NO_PACK = "there is no such pack at hand"


class ListedSchema(Schema):
    """A pack at hand, or in force: `in force`, `changed`, `gone`, `at hand` or `broken`."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    sha256 = fields.String(required=True)
    state = fields.String(required=True)
    problem = fields.String(required=True)


class ListedPacksSchema(Schema):
    """The packs at hand, and the one in force."""

    packs = fields.List(fields.Nested(ListedSchema), required=True)


class ConfirmationSchema(Schema):
    """That this station confirmed a figure: where it stands, who, when."""

    clause = fields.String(required=True)
    by = fields.String(required=True, allow_none=True)
    time = Instant(attribute="at_ms", required=True)


class FigureSchema(Schema):
    """A figure: its name, its canonical value, how it is known (`verified`, `confirmed`, `unverified`), its source."""

    figure = fields.String(attribute="figure.row.figure", required=True)
    value = fields.String(attribute="figure.row.value", required=True)
    standing = fields.String(attribute="figure.row.standing", required=True)
    source = fields.String(attribute="figure.citation", required=True)
    confirmation = fields.Nested(ConfirmationSchema, required=True, allow_none=True)


class PackSchema(Schema):
    """A pack with its figures; of a file at hand `sha256` is what its enforcement has to name."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    sha256 = fields.String(required=True, allow_none=True)
    in_force = fields.Boolean(required=True)
    figures = fields.List(fields.Nested(FigureSchema), attribute="told", required=True)


@dataclass(frozen=True, slots=True)
class Told:
    """A figure, and what was confirmed of it."""

    figure: Figure
    confirmation: Confirmation | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A pack."""

    name: str
    version: str
    sha256: str | None
    in_force: bool
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class AtHand:
    """The packs at hand."""

    packs: tuple[Listed, ...]


class EnforcementSaid(Said, frozen=True, kw_only=True):
    """The file that both quality officers saw, by its SHA-256; both sign."""

    sha256: Hash


class ConfirmationSaid(Said, frozen=True, kw_only=True):
    """Figures of the pack in force, held against the station's own copy by who signs.

    Attributes:
        pack: the pack that was looked at.
        version: its version.
        figures: figure to the value that was seen.
        clause: where they stand in that copy: standard, edition, clause.
    """

    pack: str
    version: str
    figures: Annotated[dict[str, str], Meta(min_length=1, max_length=enforcement.MAX_FIGURES)]
    clause: str


@described(packs, "/v1/packs", Answer(ListedPacksSchema, "The packs"))
def at_hand() -> AtHand:
    """Every pack at hand, and the one in force wherever its file has gone."""
    with services().reading() as reader:
        return AtHand(listed(reader))


@described(packs, "/v1/packs/in-force", Answer(PackSchema, "The pack in force"))
def in_force() -> Shown:
    """The pack in force, every figure with its source and how this station knows it."""
    with services().reading() as reader:
        return _in_force(reader)


@described(packs, "/v1/packs/<name>", Answer(PackSchema, "The pack"))
def one(name: str) -> Shown:
    """A pack at hand, as its file on disk says it."""
    file = _file(name)
    shown = file.pack
    return Shown(
        shown.name, shown.version, file.sha256, in_force=False, told=tuple(Told(each, None) for each in figures(shown))
    )


@described(
    packs,
    "/v1/packs/<name>/enforcement",
    Answer(PackSchema, "It is in force"),
    Asked(method="POST", body=body(EnforcementSaid)),
)
def enforce(name: str) -> Shown:
    """Put a pack in force by two quality officers, who both sign."""
    user, said = asking(), read(EnforcementSaid)
    own_signature(said.signatures)
    other = beside(said.signatures)
    if not other.may(PACK_ENFORCE):
        refuse(Refused("pack.persons", "expected two quality officers"))
    file = _file(name)
    if file.sha256 != said.sha256:
        refuse(Refused("pack.changed", f"the file of {name} is another one now; look at it again"))
    try:
        _require(enforcement.enforce(services().ledger, file, by=user.person, second=other.person))
    except Rejected as error:
        refuse(Refused(error.step, error.reason))
    audited("pack_enforce", other.person, f"{name} {file.sha256}")
    return in_force()


@described(
    packs,
    "/v1/packs/confirmations",
    Answer(PackSchema, "They are confirmed"),
    Asked(method="POST", body=body(ConfirmationSaid)),
)
def confirm() -> Shown:
    """Confirm figures of the pack in force against the station's own copy."""
    user, said = asking(), read(ConfirmationSaid)
    own_signature(said.signatures)
    ledger, pack = services().ledger, (said.pack, said.version)
    try:
        _require(enforcement.confirm(ledger, pack, said.figures, clause=said.clause, by=user.person))
    except Rejected as error:
        refuse(Refused(error.step, error.reason))
    audited("pack_confirm", ", ".join(said.figures)[:80], said.clause)
    return in_force()


def _in_force(reader: Reader) -> Shown:
    shown, told = reader.pack, confirmations(reader)
    found = [Told(each, told.get(each.row.figure) if each.row.confirmed else None) for each in figures(shown)]
    return Shown(shown.name, shown.version, None, in_force=True, told=tuple(found))


def _file(name: str) -> PackFile:
    library = Library(services().site.directory)
    if name not in library.names():
        abort(404, _NO_PACK)
    try:
        return library.file(name)
    except ConfigError as error:
        abort(422, str(error))


def _require(refused: Refused | None) -> None:
    if refused is not None:
        refuse(refused)
