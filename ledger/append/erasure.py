"""What is to be erased, as the log says it before anything goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.core import kinds
from ledger.store.assertions import Draft
from ledger.store.erasing import listed_subjects, portions
from ledger.store.writer import Working


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is to be erased, and why.

    Attributes:
        of_stream: the event's stream.
        of_seq: its number there.
        what: `body`, its bytes; `value`, the salts and values behind its commitments.
        reason: why; never a name of a person, and nothing of what is erased.
    """

    of_stream: str
    of_seq: int
    reason: str
    what: Literal["body", "value"] = "body"


def compose_erasure(erasure: Erasure, working: Working, *, persons: Mapping[str, str | None]) -> list[Draft]:
    """Several events where one would be too large to name everything that the event is about."""
    said = {"of_stream": erasure.of_stream, "of_seq": erasure.of_seq, "what": erasure.what}
    listed: Sequence[str] = ()
    if erasure.what == "body":
        listed = listed_subjects(working.connection, erasure.of_stream, erasure.of_seq)
    return [
        Draft(kinds.Erased, {**said, "reason": erasure.reason, "listed": portion, **persons})
        for portion in portions(listed)
    ]
