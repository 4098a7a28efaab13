"""The site's reasons for refusing a unit at receipt, and for sending one back: its own lists, or those that ship."""

from typing import Final

from ledger.config import Site
from ledger.core.checklist import Wording
from ledger.core.errors import ConfigError
from ledger.rules import files
from ledger.rules.checklist import in_force
from ledger.rules.reasoning import parse_wordings

REFUSALS_FILE: Final = "refusal-reasons.toml"
RETURNS_FILE: Final = "return-reasons.toml"
"""In the site's folder: its own reasons. None there: those that ship."""


def refusals(site: Site) -> tuple[Wording, ...]:
    """Why a unit is refused at receipt; where the site asks a checklist, the reasons of that list.

    Raises:
        ConfigError: the file cannot be read, or says what cannot be.
    """
    asked = in_force(site.checklists, "received")
    return _listed(site, REFUSALS_FILE, "refusal") if asked is None else asked.refusals


def returns(site: Site) -> tuple[Wording, ...]:
    """Why a unit goes back to the station.

    Raises:
        ConfigError: the file cannot be read, or says what cannot be.
    """
    return _listed(site, RETURNS_FILE, "return")


def _listed(site: Site, name: str, shipped: str) -> tuple[Wording, ...]:
    file = site.directory / name
    try:
        text = file.read_text("utf-8") if file.exists() else files.reasons_text(shipped)
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"{shipped} reasons: expected a file in UTF-8 at {file}; {wrong}") from wrong
    return parse_wordings(text, called=f"{shipped} reasons")
