"""What people withheld, held against the log: each value that is kept opens a commitment of its event."""

from sqlalchemy import Connection

from ledger.config import Site
from ledger.store import erasures
from ledger.store.bad import BadPlaceError
from ledger.store.contents import event_with
from ledger.withheld.keeper import Place, read_kept
from ledger.withheld.values import Kept

CHECK = "withheld"


def examine(connection: Connection, site: Site) -> str:
    """Examine every value that is kept of the log's events; answer what was found, in a few words.

    One of an attempt that never was committed belongs to nothing yet; one that an erasure names goes when the ledger
    next opens, if it did not go at once.

    Raises:
        BadPlaceError: naming the first that opens nothing of its event.
    """
    count = due = 0
    for place, value in read_kept(site.withheld_db, site.origin):
        event_id = erasures.find_event(connection, *place)
        if event_id is None:
            continue
        count += 1
        erased = any(erasures.is_erased(connection, event_id, what) for what in ("body", "value"))
        due += erased
        if not erased:
            _require_open(connection, event_id, place, value)
    return f"{count} values, each behind a commitment of its event" + (f"; {due} still to be destroyed" if due else "")


def _require_open(connection: Connection, event_id: int, place: Place, value: Kept) -> None:
    stored = event_with(connection, event_id)
    key = f"stream={place[0]} seq={place[1]} commitment={value.commitment}"
    if not value.opens:
        raise BadPlaceError(CHECK, "kept", key, expected="salt and value of the commitment", found="others")
    if stored is None or stored.body is None or value.commitment.encode() not in stored.body:
        raise BadPlaceError(CHECK, "kept", key, expected="an event with this commitment", found="another")
