"""Discrepancies: what a person should look at, written once."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.sqlite import insert

from ledger.fold import Finding
from ledger.store import tables as t

FOLDED = ("state.contradiction", "state.late", "group.mismatch")
"""Rules of a unit's fold: their rows are replaced whenever the unit is folded."""


class Discrepancies:
    """Gathers rows and writes them; of two with the same subject, rule and `about` the first stays."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], dict[str, object]] = {}
        self._refolded: list[str] = []

    def note(self, rule: str, subject: str, *, about: str, time_ms: int, text: str, at: tuple[int, int]) -> None:
        """Gather one; `at` is the log place of the event that brought it."""
        row = {
            "subject": subject, "rule": rule, "about": about, "time_ms": time_ms, "text": text,
            "log_index": at[0], "position": at[1],
        }  # fmt: skip
        self._rows.setdefault((subject, rule, about), row)

    def note_fold(self, unit: str, findings: Iterable[Finding]) -> None:
        """Gather what a unit's fold found, in place of what it found before."""
        self._refolded.append(unit)
        for finding in findings:
            log_index, position = finding.at.log_place
            self.note(
                finding.rule,
                unit,
                about=f"{log_index}.{position}",
                time_ms=finding.at.time_ms,
                text=finding.text,
                at=(log_index, position),
            )

    def write(self, connection: Connection) -> None:
        """Write what was gathered."""
        table = t.discrepancies
        for start in range(0, len(self._refolded), 500):
            some = self._refolded[start : start + 500]
            connection.execute(delete(table).where(table.c.subject.in_(some), table.c.rule.in_(FOLDED)))
        if self._rows:
            connection.execute(insert(table).on_conflict_do_nothing(), list(self._rows.values()))
