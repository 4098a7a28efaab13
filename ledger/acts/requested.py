"""A request of a program that may be sent again: what it says is said once, however often it comes.

Its key goes into every event that it makes (docs/format.md §3, "Requested"), so that the log itself knows what was
said: there is no second record that could be lost, or be ahead of the log.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ledger.acts.corrections import stale
from ledger.acts.steps import about
from ledger.append import Check, Draft, Making, OwnStream, Recorder
from ledger.clock import Clock
from ledger.config import Site
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.read.requests import said_in

if TYPE_CHECKING:
    from ledger.read.reader import Reader

_CONTEXT = "xuemai/request/v1"
_DIGITS = 16


def name_of(person: str, key: str, *asked: str) -> str:
    """How events name a request.

    Args:
        person: who asks, as a pseudonym.
        key: the request's own key.
        asked: the method, the address, and what was asked, less whatever must not leave a trace.
    """
    first = _digest((_CONTEXT, person, key))
    return first + _digest((_CONTEXT, person, key, *asked))


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("".join(f"{each}\n" for each in parts).encode()).hexdigest()[:_DIGITS]


@dataclass(slots=True)
class Requested:
    """The writer on behalf of one request: an `ledger.append.Recorder` for the site's `web` stream.

    What the request said before is answered again, as if it had been recorded just now. Another request under the same
    key is refused at step `request.differs`.

    Attributes:
        ledger: the writer.
        request: the request, as `name_of` names it.
        drawn_at: the log's size when who asks looked: what was said since of the same units refuses it; None: not told.
        repeated: whether it turned out to have been said before.
        recorded: what it said, once it is in the log.
    """

    ledger: Recorder
    request: str
    drawn_at: int | None = None
    repeated: bool = field(default=False, init=False)
    recorded: tuple[Recorded, ...] = field(default=(), init=False)

    @property
    def site(self) -> Site:
        """Whose ledger it is."""
        return self.ledger.site

    @property
    def clock(self) -> Clock:
        """What tells its time."""
        return self.ledger.clock

    def is_known(self, reader: "Reader") -> bool:
        """Whether the log has this very request already; then `recorded` is what it said."""
        before = said_in(reader, self.request)
        if not self._is_of(before):
            return False
        self.repeated, self.recorded = True, tuple(before)
        return True

    def record(
        self, stream: OwnStream, drafts: Sequence[Draft], check: "Check | None" = None
    ) -> tuple[Recorded, ...] | Refused:
        """As `Ledger.record`, once."""
        if stream != "web":
            return Refused("request.stream", "expected what a person asserts; the site's own words have no request")

        def make(reader: "Reader") -> Sequence[Draft] | Refused:
            return (None if check is None else check(reader)) or drafts

        return self.record_made(make)

    def record_made(self, make: "Making") -> tuple[Recorded, ...] | Refused:
        """As `Ledger.record_made`, once."""
        before: list[Recorded] = []

        def once(reader: "Reader") -> Sequence[Draft] | Refused:
            before.extend(said_in(reader, self.request))
            if before:
                return Refused("request.differs", "this key was used for another request; make a new one")
            made = make(reader)
            if isinstance(made, Refused):
                return made
            named = [name for each in made for name in about(each.fields)]
            return stale(reader, named, self.drawn_at) or [self._marked(each) for each in made]

        answer = self.ledger.record_made(once)
        if self._is_of(before):
            self.repeated, answer = True, tuple(before)
        if not isinstance(answer, Refused):
            self.recorded = answer
        return answer

    def _is_of(self, before: Sequence[Recorded]) -> bool:
        return bool(before) and all(each.event.request == self.request for each in before)

    def _marked(self, draft: Draft) -> Draft:
        return replace(draft, fields={**draft.fields, "request": self.request})
