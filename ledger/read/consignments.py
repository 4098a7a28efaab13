"""Dispatch notes: which units a note names, and who may read about it."""

from ledger.core import custody
from ledger.core.ids import is_id
from ledger.read.history import recorded
from ledger.read.reader import Reader


def units_of(reader: Reader, subject: str) -> tuple[str, ...]:
    """The unit itself, or the units that a dispatch note (`consignment:…`) names; none: the ledger has no such note."""
    if is_id(subject, "unit"):
        return (subject,)
    return custody.dispatched_units(recorded(reader.history.of([subject])), subject)


def visible(reader: Reader, subject: str, organisation: str | None) -> bool:
    """Whether there is such a unit or dispatch note, and the organisation (None: the whole site) may see every unit."""
    if not is_id(subject, "unit") and not is_id(subject, "consignment"):
        return False
    units = units_of(reader, subject)
    return bool(units) and all(reader.visible(unit, organisation) for unit in units)
