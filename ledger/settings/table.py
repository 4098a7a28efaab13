"""A table of `xuemai.toml` whose keys are known beforehand: what is misspelt never passes for its default."""

import re
from collections.abc import Mapping, Sequence

from ledger.core.errors import ConfigError


def known_table(name: str, table: object, keys: Sequence[str]) -> Mapping[str, object]:
    """The table, once it is one and has no key but these.

    Raises:
        ConfigError: naming the table, or its key that is unknown.
    """
    if not isinstance(table, dict):
        raise ConfigError(f"{name}: expected a table; got {table!r:.80}")
    for key in table:
        if key not in keys:
            raise ConfigError(f"{name}.{key}: unknown; expected {', '.join(keys)}")
    return table


class Table:
    """One such table; one that is not there has no keys."""

    def __init__(self, name: str, value: object, keys: tuple[str, ...]) -> None:
        self._name = name
        self._values = known_table(name, {} if value is None else value, keys)

    def word(self, key: str, pattern: re.Pattern[str], default: str | None = None) -> str:
        """The text of a key that matches the pattern.

        Raises:
            ConfigError: it is missing, and there is no default; or it is another.
        """
        value = self._values.get(key, default)
        if value is None:
            raise ConfigError(f"{self._name}.{key}: missing")
        if not isinstance(value, str) or not pattern.match(value):
            raise ConfigError(f"{self._name}.{key}: expected text that matches {pattern.pattern}; got {value!r}")
        return value

    def number(self, key: str, low: int, high: int, *, default: int) -> int:
        """The number of a key, between these bounds.

        Raises:
            ConfigError: it is another.
        """
        value = self._values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ConfigError(f"{self._name}.{key}: expected a number from {low} to {high}; got {value!r}")
        return value
