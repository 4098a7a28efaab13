"""What a site's `[fates]` table says: within how many days a fate is due, and over which window the rate is taken."""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.core.errors import ConfigError
from ledger.settings.table import known_table

MAX_DAYS = 3660


@dataclass(frozen=True, slots=True)
class FateSettings:
    """How final fates are followed here.

    Attributes:
        days: how many days after its issue or its expiry a unit's fate is missed.
        window_days: over how many days before those the closure rate is taken.
    """

    days: int = 7
    window_days: int = 90


USUAL = FateSettings()
"""Where the configuration says nothing."""


def parse(tables: Mapping[str, object]) -> FateSettings:
    """Read the `[fates]` table; without one, the usual.

    Raises:
        ConfigError: naming the key that is unknown or wrong.
    """
    table = known_table("fates", tables.get("fates", {}), ("days", "window_days"))
    return FateSettings(
        _days(table.get("days", USUAL.days), "days"), _days(table.get("window_days", USUAL.window_days), "window_days")
    )


def format_lines(settings: FateSettings) -> list[str]:
    """The lines of `xuemai.toml` that `parse` reads back."""
    if settings == USUAL:
        return []
    return ["", "[fates]", f"days = {settings.days}", f"window_days = {settings.window_days}"]


def _days(value: object, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_DAYS:
        raise ConfigError(f"fates.{key}: expected a number of days from 1 to {MAX_DAYS}; got {value!r}")
    return value
