"""Values that must not stand in the log, and the salts behind their commitments: what people withhold on this site.

    values        Withheld, as a caller gives it; Kept, as it is stored; withhold: drafts → commitments
    keeper        the erasable database of its own that keeps them until an erasure destroys them
    disclosure    who may open one, and the audit entry without which nobody sees it

The log holds the commitment (docs/format.md §1): it proves later which value was meant, to whoever is shown value and
salt, and tells nobody else. What gateways withhold stays in their outboxes.
"""

from ledger.withheld.values import Kept, Withheld

__all__ = ["Kept", "Withheld"]
