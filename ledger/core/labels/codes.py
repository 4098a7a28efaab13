"""What the codes on ISBT 128 labels mean: tables that a facility supplies, and the eight core blood group codes.

The tables of the standard are licensed and none of them ships: a site writes its own file from what it is licensed to
use. The eight codes of ABO and RhD are built in (ISBT 128 Standard Technical Specification, 2.4.2), and no file can
change what they say.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from ledger.core.errors import ConfigError
from ledger.core.isbt128 import Structure
from ledger.core.isbt128.groups import CORE_GROUPS, Group, Groups
from ledger.core.kinds import Abo, Rhd


class Meaning(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one code means, in both languages."""

    zh: str
    en: str


class _GroupRow(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A blood group code: ABO and RhD where it says them, and the words of the label."""

    zh: str
    en: str
    abo: Abo | None = None
    rhd: Rhd | None = None


class _File(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    facility: str
    version: str
    blood_groups: dict[str, _GroupRow] = {}
    flags: dict[str, Meaning] = {}
    phenotypes: dict[str, Meaning] = {}
    collection_types: dict[str, Meaning] = {}
    special_tests: dict[str, Meaning] = {}
    makers: dict[str, Meaning] = {}
    places: dict[str, Meaning] = {}
    times: dict[str, Meaning] = {}


Table: TypeAlias = str
_EXPLAINED: Final[Mapping[tuple[str, str], Table]] = {
    ("001", "flags"): "flags",
    ("002", "group"): "blood_groups",
    ("002", "phenotype"): "phenotypes",
    ("003", "collection_type"): "collection_types",
    ("010", "code"): "special_tests",
    ("017", "maker"): "makers",
    ("021", "maker"): "makers",
    ("024", "place"): "places",
    ("025", "place"): "places",
    ("031", "meaning"): "times",
}
"""(data structure, field) → the table that explains the field's code."""
_LENGTHS: Final[Mapping[Table, int]] = {
    "flags": 2, "blood_groups": 2, "phenotypes": 2, "collection_types": 1, "special_tests": 5, "makers": 2,
    "places": 2, "times": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Codes:
    """The code tables of one facility.

    Attributes:
        facility: whose they are.
        version: which edition.
        groups: ABO and RhD by the code of data structure 002, the core eight among them.
        meanings: by table, then by code.
    """

    facility: str
    version: str
    groups: Groups
    meanings: Mapping[Table, Mapping[str, Meaning]]

    def explain(self, structure: Structure) -> dict[str, Meaning]:
        """What the codes of a structure mean, by field; a field whose code is in no table is left out."""
        found: dict[str, Meaning] = {}
        for (ds, name), table in _EXPLAINED.items():
            code = structure.code(name) if ds == structure.ds else None
            meaning = None if code is None else self.meanings.get(table, {}).get(code)
            if meaning is not None:
                found[name] = meaning
        return found


NO_CODES: Final = Codes("", "", CORE_GROUPS, MappingProxyType({}))
"""Without a file: the core blood groups alone."""


def parse_codes(text: str) -> Codes:
    """Read code tables from TOML (docs/format.md §18).

    Raises:
        ConfigError: not such a file, a code of another length, or a core blood group that says something else.
    """
    try:
        file = msgspec.convert(tomllib.loads(text), _File, strict=True)
    except tomllib.TOMLDecodeError as wrong:
        raise ConfigError(f"codes: expected TOML; {wrong}") from wrong
    except msgspec.ValidationError as wrong:
        raise ConfigError(f"codes: {wrong}") from wrong
    meanings = {table: _meanings(file, table) for table in _LENGTHS}
    groups = {code: Group(row.abo, row.rhd) for code, row in file.blood_groups.items()}
    for code, group in groups.items():
        core = CORE_GROUPS.get(code, group)
        if core != group:
            raise ConfigError(f"codes: blood_groups.{code}: expected {core.abo} {core.rhd}, as on every label")
    return Codes(file.facility, file.version, MappingProxyType(groups | dict(CORE_GROUPS)), MappingProxyType(meanings))


def _meanings(file: _File, table: Table) -> Mapping[str, Meaning]:
    rows: Mapping[str, Meaning | _GroupRow] = getattr(file, table)
    for code in rows:
        if len(code) != _LENGTHS[table] or not (code.isascii() and code.isalnum()):
            raise ConfigError(f"codes: {table}.{code}: expected {_LENGTHS[table]} of 0-9, A-Z and a-z")
    return MappingProxyType({code: Meaning(zh=row.zh, en=row.en) for code, row in rows.items()})
