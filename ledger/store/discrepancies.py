"""Discrepancies: what a person should look at, written once."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete

from ledger.folding import bedside, memories
from ledger.folding.course import Finding
from ledger.store import tables as t
from ledger.store.prepared import Prepared, Value, addition, among, names_in

FOLDED = (
    "state.contradiction",
    "state.late",
    "state.corrected",
    "state.seen-after-end",
    "group.mismatch",
    *memories.RULES.values(),
    memories.FORMAT,
    *bedside.RULES,
)
"""Rules of a unit's fold: their rows are replaced whenever the unit is folded."""


_DELETE = Prepared(
    delete(t.discrepancies).where(
        among(t.discrepancies.c.subject, "units"),
        t.discrepancies.c.rule.in_([bindparam(rule) for rule in FOLDED]),
    ),
    *("units", *FOLDED),
)
_INSERT = addition(t.discrepancies)


class Discrepancies:
    """Gathers rows and writes them; of two with the same subject, rule and `about` the first stays."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], tuple[Value, ...]] = {}
        self._refolded: list[str] = []

    def note(self, rule: str, subject: str, *, about: str, time_ms: int, text: str, at: tuple[int, int]) -> None:
        """Gather one; `at` is the log place of the event that brought it."""
        self._rows.setdefault((subject, rule, about), (subject, rule, about, time_ms, text, *at))

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
        if self._refolded:
            _DELETE.run(connection, names_in(self._refolded), *FOLDED)
        _INSERT.run_many(connection, list(self._rows.values()))
