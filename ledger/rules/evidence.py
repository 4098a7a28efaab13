"""What an assessment of a deviation rests on: a temperature logger's file, or readings that a person wrote down.

Says what may be kept as evidence, and which readings are in it; what they mean is `logged`'s to say. The file's own
name is not taken: it says nothing that the file does not, and often names a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final, Literal, TypeAlias

from ledger.core.errors import FormatError
from ledger.rules.logger_file import LoggedReading, parse_logger_file

MAX_OCTETS: Final = 1_048_576
"""Of one file: a logger that read every minute for three weeks says that in a CSV file of this size."""
MOST_FILES: Final = 4
"""Of one assessment."""
PDF: Final = b"%PDF-"
"""How a PDF begins: a report for the eye, of which no reading is read."""

What: TypeAlias = Literal["logger_file", "manual_readings"]
WHAT: Final[Mapping[str, What]] = {"logger_file": "logger_file", "manual_readings": "manual_readings"}
"""What evidence may be, by its name."""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file that takes its place in the field `evidence` of a draft; the event gets its hash, the ledger keeps it.

    Attributes:
        what: what it is said to be.
        document: its bytes, verbatim.
    """

    what: What
    document: bytes = field(repr=False)


def read_evidence(what: str, document: bytes, *, zone: tzinfo) -> tuple[LoggedReading, ...]:
    """The readings in a file; none in one that nobody but a person can read.

    A logger's file is CSV (`logger_file`), or PDF, of which nothing is read. Manual readings are read where they are
    such a table, and kept as they are where not: a photograph of a page is one.

    Args:
        what: `logger_file` or `manual_readings`.
        document: the file.
        zone: of times that name none.

    Raises:
        FormatError: it is empty or too long, or is said to be a logger's file and cannot be read; with the line.
    """
    if not 1 <= len(document) <= MAX_OCTETS:
        raise FormatError(f"expected a file of 1 to {MAX_OCTETS} bytes; got {len(document)}")
    if document.startswith(PDF):
        return ()
    try:
        return parse_logger_file(document, zone=zone)
    except FormatError:
        if what == "logger_file":
            raise
        return ()


def suffix_of(document: bytes, readings: Sequence[LoggedReading]) -> str:
    """How the name of a copy of it ends: of a kind that no browser renders by itself."""
    if document.startswith(PDF):
        return "pdf"
    return "csv" if readings else "dat"
