"""The test panel of a region: which tests of a donation must be final before anything of it is released.

Looks the list up, in a data file with its source; a site adds what its province asks for. What a result means is
decided by the laboratory, whether it suffices by `release`.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from ledger.core.errors import ConfigError
from ledger.rules.tables import read_as, read_toml


class Panel(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A region's tests.

    Attributes:
        tests: their names, as `tested.panel` spells them.
        source: where the list is from.
        verified: whether it was read in that source.
    """

    tests: tuple[str, ...]
    source: str
    verified: bool


def parse_panel(text: str) -> Panel:
    """Read a panel from TOML.

    Raises:
        ConfigError: not a panel; names the key.
    """
    panel = read_as(Panel, read_toml(text, called="test panel"), key="test panel")
    if not panel.tests or len(set(panel.tests)) != len(panel.tests):
        raise ConfigError(f"test panel.tests: expected one or more, each once, came {list(panel.tests)}")
    return panel


def missing(required: Iterable[str], final: Iterable[str]) -> tuple[str, ...]:
    """The required tests that are not final yet, in the panel's order; capitals do not matter."""
    done = {test.casefold() for test in final}
    return tuple(test for test in required if test.casefold() not in done)


def with_further(panel: Panel, further: Sequence[str]) -> tuple[str, ...]:
    """The panel's tests and those that the site asks for beside them, each once."""
    return tuple(dict.fromkeys((*panel.tests, *further)))
