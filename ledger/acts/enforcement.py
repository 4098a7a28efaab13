"""A policy pack put in force by two quality officers, and its figures confirmed by one.

Who the persons are and whether they may is for the caller; that what they decide still fits the log is asked inside the
transaction that writes it (`ledger.read.packs`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.read import packs
from ledger.settings.packs import PackFile

if TYPE_CHECKING:
    from ledger.read.reader import Reader

MAX_FIGURES = 200
"""How many figures may be confirmed at once."""


def enforce(ledger: Ledger, file: PackFile, *, by: str, second: str) -> Refused | None:
    """Put a pack's file in force, and keep it beside the log.

    Args:
        ledger: the one writer.
        file: the file, and what it derives from.
        by: a quality officer, as a pseudonym.
        second: another one.

    Returns:
        Refused, and nothing was written; or None.

    Raises:
        ConfigError: the file is no pack.
        Rejected: the ledger is busy or cannot write.
    """
    if by == second:
        return Refused("two-persons", "a second person must confirm, another than the first")
    draft = Draft(kinds.PackEnforced, {**file.fields, "by": by, "second": second})

    def check(reader: "Reader") -> Refused | None:
        return packs.may_enforce(reader, file)

    answer = ledger.enforce([draft], file.documents, check)
    return answer if isinstance(answer, Refused) else None


def confirm(
    ledger: Ledger, pack: tuple[str, str], values: Mapping[str, str], *, clause: str, by: str
) -> Refused | None:
    """Confirm figures of the pack in force, an event each.

    Args:
        ledger: the one writer.
        pack: name and version of the pack that the quality officer looked at.
        values: figure to the value that the quality officer saw.
        clause: where they stand in the station's own copy.
        by: the quality officer, as a pseudonym.

    Returns:
        Refused, and nothing was written; or None.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """
    if not 1 <= len(values) <= MAX_FIGURES or not clause.strip():
        return Refused("fields", f"expected 1 to {MAX_FIGURES} figures, and the clause in which they stand")
    name, version = pack
    said = {"pack": name, "version": version, "clause": clause.strip(), "by": by}
    drafts = [
        Draft(kinds.FigureConfirmed, {**said, "figure": figure, "value": value}) for figure, value in values.items()
    ]

    def check(reader: "Reader") -> Refused | None:
        now = reader.pack
        if (now.name, now.version) != pack:
            return Refused("figure.pack", f"{now.name} {now.version} is in force now, not {name} {version}")
        refused = (packs.may_confirm(now, figure, value) for figure, value in values.items())
        return next((each for each in refused if each is not None), None)

    answer = ledger.record("site", drafts, check)
    return answer if isinstance(answer, Refused) else None
