"""A table of `xuemai.toml` whose keys are known beforehand: what is misspelt never passes for its default."""

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
