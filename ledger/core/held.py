"""What others hold of a ledger, as they present it with a request: its signed checkpoints and receipts.

One HTTP header, `Xuemai-Held`: base64 of each signed note, verbatim, separated by commas (docs/format.md §4). Whoever
is asked may find its own signature on something that it does not have; so it comes from any gateway, at any time.
"""

from collections.abc import Sequence

from ledger.core.errors import NoteError
from ledger.core.note import format_base64, parse_base64

HEADER = "Xuemai-Held"
MAX_NOTES = 8
MAX_CHARACTERS = 8192


def format(held: Sequence[bytes]) -> str:  # noqa: A001 - always read as `held.format`, the twin of `held.parse`
    """The header's value; what does not fit is left out from the end."""
    words: list[str] = []
    room = MAX_CHARACTERS
    for raw in held[:MAX_NOTES]:
        word = format_base64(raw)
        room -= len(word) + 1
        if room < 0:
            break
        words.append(word)
    return ",".join(words)


def parse(value: str) -> tuple[bytes, ...]:
    """The signed notes that a header's value carries; whose they are is for the reader.

    Raises:
        NoteError: too many, or no base64.
    """
    if len(value) > MAX_CHARACTERS:
        raise NoteError(f"expected at most {MAX_CHARACTERS} characters in {HEADER}, got {len(value)}")
    words = value.split(",") if value else []
    if len(words) > MAX_NOTES:
        raise NoteError(f"expected at most {MAX_NOTES} notes in {HEADER}, got {len(words)}")
    return tuple(parse_base64(word.strip(" ")) for word in words)
