"""A table of the configuration says only what is known."""

import pytest

from ledger.core.errors import ConfigError
from ledger.settings.table import known_table


def test_a_table_with_known_keys_is_itself() -> None:
    assert known_table("fates", {"days": 7}, ("days", "window_days")) == {"days": 7}
    assert known_table("fates", {}, ("days",)) == {}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"days": 7, "day": 1}, r"^fates\.day: unknown; expected days, window_days$"),
        (1, "^fates: expected a table; got 1$"),
        (["x" * 200], r"^fates: expected a table; got \['x{78}$"),
    ],
)
def test_what_is_not_known_is_named(table: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        known_table("fates", table, ("days", "window_days"))
