"""What the asking gateway holds of this ledger, from the header `Xuemai-Held`."""

from flask import request

from ledger.core import held
from ledger.core.errors import NoteError


def held_by_the_asking() -> tuple[bytes, ...]:
    """The signed notes that came with the request; a header that cannot be read says nothing."""
    try:
        return held.parse(request.headers.get(held.HEADER, ""))
    except NoteError:
        return ()
