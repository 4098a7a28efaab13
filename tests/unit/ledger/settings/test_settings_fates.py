"""When a final fate is due, as a site's configuration says."""

import tomllib

import pytest

from ledger.core.errors import ConfigError
from ledger.settings.fates import FateSettings, format_lines, parse


@pytest.mark.parametrize("settings", [FateSettings(), FateSettings(days=1), FateSettings(3660, 1)])
def test_what_is_written_is_read_back(settings: FateSettings) -> None:
    assert parse(tomllib.loads("\n".join(format_lines(settings)))) == settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fates = 1", "fates: expected a table"),
        ("[fates]\nday = 1", "fates.day: unknown"),
        ("[fates]\ndays = 0", "fates.days: expected a number of days from 1 to 3660"),
        ("[fates]\ndays = 3661", "fates.days: expected"),
        ("[fates]\ndays = true", "fates.days: expected"),
        ('[fates]\nwindow_days = "7"', "fates.window_days: expected"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse(tomllib.loads(text))
