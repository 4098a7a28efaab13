"""A stock-take (盘点) as it goes: what was read in a place, against what the ledger has there; and what was signed.

Gathers for `ledger.rules.stocktake`, which decides what differs. Whoever signs what was found asserts `stock_taken`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.read.stock import bags_in
from ledger.read.sweeping import Swept, read_there
from ledger.read.values import UnitSummary
from ledger.rules.lifecycle import State
from ledger.rules.stocktake import Astray, Difference, astray, compare

SET_APART: Final = frozenset({"isolation", "disposal"})
SHOWN_MS: Final = 86_400_000
"""How long a signed stock-take stands on the page of its place: a day."""
_AT_ONCE: Final = 80
"""Units that one event names: it has at most 4096 bytes, and a unit takes up to 40 of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A place that is being counted.

    Attributes:
        place: `place:…` or `box:…`.
        difference: what was found, against what the ledger has there.
        astray: what is wrong with the bags that were found.
        known: what the ledger has of each unit in either list, as far as the asking user may see it.
        now_ms: the instant for which this holds.
        log_size: by how many batches of the log.
    """

    place: str
    difference: Difference
    astray: Astray
    known: Mapping[str, UnitSummary]
    now_ms: int
    log_size: int

    @property
    def agrees(self) -> bool:
        """Whether everything is found, nothing else, and nothing among it that should lie elsewhere."""
        return self.difference.agrees and not self.astray.wrong_state

    @property
    def digest(self) -> str:
        """What the lists say, as a word: who signs names the lists that they looked at."""
        told = self.difference
        return sha256(repr((self.place, told.found, told.missing, told.surplus)).encode()).hexdigest()[:32]

    def portions(self) -> list[dict[str, object]]:
        """The fields of the `stock_taken` events that say it, each small enough; one at least."""
        told = self.difference
        named = [(name, unit) for name in ("found", "missing", "surplus") for unit in getattr(told, name)]
        portions: list[dict[str, object]] = []
        for first in range(0, max(1, len(named)), _AT_ONCE):
            listed: dict[str, list[str]] = {"found": [], "missing": [], "surplus": []}
            for name, unit in named[first : first + _AT_ONCE]:
                listed[name].append(unit)
            portions.append({"place": self.place, **listed})
        return portions


def take(reader: Reader, place: str, swept: Swept, *, now_ms: int) -> Take:
    """Hold what was read in a place against what the ledger has there.

    Args:
        reader: whom to ask.
        place: the place or box.
        swept: what was scanned, and from when on readers there count; without an instant they are not listened to.
        now_ms: the present instant.
    """
    read = read_there(reader, swept, now_ms=now_ms)
    told = compare(
        (each.unit for each in bags_in(reader, place)),
        (each.unit for each in read if each.unit is not None),
        unknown=(each.text for each in read if each.unit is None),
    )
    named = [*told.found, *told.missing, *told.surplus]
    every = {each.unit: each for each in reader.summaries(named, organisation=None)}
    states = {unit: State.ON_HOLD if each.on_hold else State(each.state) for unit, each in every.items()}
    registered = reader.places.get(place)
    is_set_apart = registered is not None and registered.use in SET_APART
    seen = reader.summaries(named, organisation=swept.scope)
    return Take(
        place=place,
        difference=told,
        astray=astray(told, states, is_set_apart=is_set_apart),
        known={each.unit: each for each in seen},
        now_ms=now_ms,
        log_size=reader.log_size(),
    )


def signed(reader: Reader, place: str, *, now_ms: int) -> tuple[Recorded, ...]:
    """The `stock_taken` events of a place of the last day, the newest first; what does not differ was counted too."""
    told = recorded(reader.history.at_place(place, start_ms=now_ms - SHOWN_MS, end_ms=now_ms))
    return tuple(each for each in reversed(told) if isinstance(each.event, kinds.StockTaken))
