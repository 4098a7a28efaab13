"""TOML text to plain tables, with errors that name the file's key: what packs and catalogues have in common."""

import tomllib
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from ledger.core.errors import ConfigError

T = TypeVar("T")


def read_toml(text: str, *, called: str) -> dict[str, object]:
    """The top table of a TOML text.

    Raises:
        ConfigError: not TOML; names what the text is called.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise ConfigError(f"{called}: expected TOML, {wrong}") from wrong


def read_as(kind: type[T], table: object, *, key: str) -> T:
    """A table as a msgspec Struct.

    Raises:
        ConfigError: a field is missing, unknown or of another type; names the key.
    """
    try:
        return msgspec.convert(table, kind, strict=True)
    except msgspec.ValidationError as wrong:
        said, _, inner = str(wrong).partition(" - at `$")
        raise ConfigError(f"{key}{inner.rstrip('`')}: {said[0].lower()}{said[1:]}") from wrong


def subtables(table: object, *, key: str) -> Mapping[str, object]:
    """A table of tables.

    Raises:
        ConfigError: not a table; names the key.
    """
    if not isinstance(table, dict):
        raise ConfigError(f"{key}: expected a table, came {type(table).__name__}")
    return {str(name): value for name, value in table.items()}
