"""What is meant by what a person types: a unit by its id, donation and product, tag, or donation with one unit.

An organisation is named by its id; one that the ledger does not know has no empty list, it was mistyped.
"""

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


def the_holder(reader: Reader, wanted: str | None, *, also: str | None = None) -> str | None:
    """The organisation that a text names; None where none is asked for.

    Args:
        reader: the ledger as it is.
        wanted: what was typed.
        also: what else may stand there, such as `transit`.

    Raises:
        XuemaiError: the ledger has no such organisation.
    """
    if wanted in {None, also} or wanted in reader.organisations:
        return wanted
    known = ", ".join(sorted(reader.organisations)) or "none yet"
    raise XuemaiError(f"expected an organisation of this ledger ({known}); got {wanted!r}")
