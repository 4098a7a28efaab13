"""The one loader of the files that ship here: packs, the sample catalogue, codes, checklists. Reads, judges nothing."""

from importlib.resources import files
from typing import Final

PACKS: Final = ("cn", "us", "eu", "uk")
"""The policy packs that ship with the product."""

SAMPLE_CATALOGUE: Final = "a9999"
"""The neutral catalogue, and the neutral code tables, of the sample facility A9999."""


def pack_text(name: str) -> str:
    """The TOML text of a shipped policy pack.

    Raises:
        FileNotFoundError: no such pack ships.
    """
    return _text("packs", name)


def catalogue_text(name: str = SAMPLE_CATALOGUE) -> str:
    """The TOML text of a shipped catalogue.

    Raises:
        FileNotFoundError: no such catalogue ships.
    """
    return _text("catalogue", name)


def codes_text(name: str = SAMPLE_CATALOGUE) -> str:
    """The TOML text of shipped code tables.

    Raises:
        FileNotFoundError: no such tables ship.
    """
    return _text("codes", name)


def discard_reasons_text() -> str:
    """The TOML text of the reasons for a discard that ship."""
    return reasons_text("discard")


def checklists_text() -> str:
    """The TOML text of the checklists that a new site begins with."""
    return _text("checklists", "usual")


def reasons_text(name: str) -> str:
    """The TOML text of the reasons that ship: `discard`, `refusal` at receipt, `return` to the station."""
    return _text("reasons", name)


def panel_text(name: str) -> str | None:
    """The TOML text of the test panel that ships with a policy pack; None where none does."""
    return _text("panels", name) if name in PACKS else None


def _text(folder: str, name: str) -> str:
    return (files("ledger.rules") / folder / f"{name}.toml").read_text(encoding="utf-8")
