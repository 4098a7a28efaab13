"""Notes on cases of recall and lookback: what may name a person, kept where it can be erased, and never in the log."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from ledger.accounts.tables import case_notes

MOST_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class CaseNote:
    """One note.

    Attributes:
        case: the case's number, `case:…`.
        person: who wrote it, as a pseudonym.
        time_ms: when.
        text: what they wrote.
    """

    case: str
    person: str
    time_ms: int
    text: str


def add(connection: Connection, note: CaseNote) -> None:
    """Write a note."""
    values = {"case_number": note.case, "person": note.person, "time_ms": note.time_ms, "text": note.text}
    connection.execute(insert(case_notes), values)


def of_case(connection: Connection, case: str) -> tuple[CaseNote, ...]:
    """The notes on a case, the first first."""
    columns = (case_notes.c.case_number, case_notes.c.person, case_notes.c.time_ms, case_notes.c.text)
    query = select(*columns).where(case_notes.c.case_number == case).order_by(case_notes.c.number)
    return tuple(CaseNote(*row) for row in connection.execute(query))


def erase(connection: Connection, case: str) -> int:
    """Forget every note on a case; how many there were."""
    return connection.execute(delete(case_notes).where(case_notes.c.case_number == case)).rowcount
