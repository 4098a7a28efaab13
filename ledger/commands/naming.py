"""Which unit is meant by what a person types: its id, donation and product, a tag, or a donation with one unit."""

from ledger.core.errors import XuemaiError
from ledger.core.ids import is_id
from ledger.read.reader import Reader


def the_one(reader: Reader, wanted: str) -> str:
    """The unit that a text names.

    Raises:
        XuemaiError: none, or several: a donation number alone never selects a unit while siblings exist.
    """
    if is_id(wanted, "consignment"):
        raise XuemaiError(f"expected one unit; got the dispatch note {wanted}: ask for each of its units")
    found = reader.find(wanted)
    if len(found) == 1:
        return found[0]
    if not found:
        raise XuemaiError(f"the ledger has no unit {wanted}")
    raise XuemaiError(f"{wanted} has {len(found)} units; name one of: {', '.join(found)}")
