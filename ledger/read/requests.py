"""What a request of a program said: events as they were said, also those that were corrected since."""

from ledger.core.custody import Recorded
from ledger.read.history import as_said
from ledger.read.reader import Reader
from ledger.store.subjects import request_name


def said_in(reader: Reader, request: str) -> list[Recorded]:
    """What was said under a request's key, in log order; whether by this very request, each event's `request` says.

    Args:
        reader: the ledger as it is.
        request: as events name it.
    """
    return as_said(reader.history.of([request_name(request)]))
