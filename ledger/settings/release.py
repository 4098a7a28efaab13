"""What a site's `[release]` table says: whether the label comes before or after release, and its further tests.

Which tests a region asks for is data (`ledger.rules.panel`); a site adds what its province asks for.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ledger.core.errors import ConfigError
from ledger.settings.table import known_table

_TEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}\Z")


@dataclass(frozen=True, slots=True)
class Releasing:
    """How the site releases.

    Attributes:
        labelling: whether a unit is labelled `before` its release or `after` it.
        further_tests: tests that must be final beside those of the region's panel, e.g. `anti-HTLV`.
    """

    labelling: Literal["before", "after"] = "before"
    further_tests: tuple[str, ...] = ()


USUAL = Releasing()
"""Where the configuration says nothing."""


def parse(tables: Mapping[str, object]) -> Releasing:
    """Read the `[release]` table; without one, the usual.

    Raises:
        ConfigError: naming the key that is unknown or wrong.
    """
    table = known_table("release", tables.get("release", {}), ("labelling", "further_tests"))
    labelling = table.get("labelling", "before")
    if labelling not in {"before", "after"}:
        raise ConfigError(f"release.labelling: expected before or after; got {labelling!r}")
    tests = table.get("further_tests", [])
    if not isinstance(tests, list) or not all(isinstance(each, str) and _TEST.match(each) for each in tests):
        raise ConfigError(f"release.further_tests: expected names of tests, such as anti-HTLV; got {tests!r:.80}")
    return Releasing("after" if labelling == "after" else "before", tuple(tests))


def format_lines(releasing: Releasing) -> list[str]:
    """The lines of `xuemai.toml` that `parse` reads back."""
    if releasing == USUAL:
        return []
    lines = ["", "[release]", f'labelling = "{releasing.labelling}"']
    return [*lines, f"further_tests = {json.dumps(list(releasing.further_tests))}"]
