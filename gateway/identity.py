"""Which reader is on which line: learnt once from the reader itself, and then kept. Pure.

Two readers whose plugs were swapped would be two swapped fridges. Many readers have a number of their own (`device-id`
in what they say: A0, FEIG, Chafon, ThingMagic and LLRP readers); the first that a line tells is kept beside the events,
and another one is a fault: what it reads is dropped until the first is back, or a person writes `identity` into the
configuration. So is a reader that no longer says which it is. Versions (`module-info`) are no identity: two readers of
one make tell the same; where a reader can tell no more, only its plug does (`gateway/wire/README.md`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.device import Change
from gateway.wire.items import Fault, Item, Status, tells_of_tags

_SAYS_WHO = "device-id"
STATE = "identity/"


@dataclass(slots=True)
class Door:
    """The door of one reader's line.

    Attributes:
        name: the reader's, as configured.
        known: what it said of itself the first time; empty before.
        wanted: a part of what it must say, where a person wrote that down; then nothing is learnt.
    """

    name: str
    known: str = ""
    wanted: str = ""
    _stranger: str = field(default="", init=False)
    _told: bool = field(default=False, init=False)

    def opened(self) -> None:
        """The line was opened: whoever is there has yet to say which it is."""
        self._stranger, self._told = "", False

    def admit(self, items: Iterable[Item]) -> tuple[list[Item], Change]:
        """What of this is believed, and what is to be kept."""
        admitted: list[Item] = []
        change = Change()
        for item in items:
            if isinstance(item, Status) and item.name == _SAYS_WHO:
                change.add(self._hear_who(item.detail))
                if self._stranger:
                    admitted.append(Fault(self._reason()))
            elif (self.wanted or self.known) and not self._told and tells_of_tags(item):
                # It was greeted, and did not say it: what once did is not there.
                admitted.append(Fault(f"does not say which reader it is: expected {self.wanted or self.known}"))
                continue
            if not self._stranger:
                admitted.append(item)
        return admitted, change

    def _hear_who(self, said: str) -> Change:
        change = Change()
        self._told = True
        if self.wanted:
            self._stranger = "" if self.wanted in said else said
            return change
        if not self.known:
            self.known = said
            change.state[STATE + self.name] = said.encode()
        self._stranger = "" if said == self.known else said
        return change

    def _reason(self) -> str:
        if self.wanted:
            return f"another device: expected {self.wanted!r}, it says {self._stranger!r}"
        return (
            f"another reader than before: expected {self.known}, it says {self._stranger}. Put the right one back, or "
            f'write identity = "{self._stranger}" for a new one'
        )
