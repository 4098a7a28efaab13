"""Who records what people assert: the one writer itself, or the writer on behalf of a request that may come again."""

from collections.abc import Sequence
from typing import Protocol

from ledger.append.own_events import Check, Making, OwnStream
from ledger.clock import Clock
from ledger.config import Site
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.store.assertions import Draft


class Recorder(Protocol):
    """What the steps of orders, cases, corrections and of every other form ask of the writer."""

    @property
    def site(self) -> Site:
        """Whose ledger it is."""
        ...

    @property
    def clock(self) -> Clock:
        """What tells its time."""
        ...

    def record(
        self, stream: OwnStream, drafts: Sequence[Draft], check: "Check | None" = None
    ) -> tuple[Recorded, ...] | Refused:
        """As `Ledger.record`."""
        ...

    def record_made(self, make: "Making") -> tuple[Recorded, ...] | Refused:
        """As `Ledger.record_made`."""
        ...
