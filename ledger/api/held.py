"""What the asking gateway holds of this ledger, from the header `Xuemai-Held`."""

from flask import request

from ledger.core import held
from ledger.core.errors import NoteError


def held_by_the_asking() -> tuple[bytes, ...]:
    """The signed notes that came with the request."""
    return notes_in(request.headers.get(held.HEADER, ""))


def notes_in(value: str) -> tuple[bytes, ...]:
    """The signed notes that a header's value carries; one that cannot be read says nothing."""
    try:
        return held.parse(value)
    except NoteError:
        return ()
