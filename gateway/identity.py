"""Which reader is on which line: learnt once from the reader itself, and then kept. Pure.

Two readers whose plugs were swapped would be two swapped fridges. Some readers have an identifier of their own
(`device-id` in what they say: A0 readers); the first that a line tells is kept beside the events, and another one is a
fault: what it reads is dropped until the first is back, or a person writes `identity` into the configuration. Versions
(`module-info`) are no identity: two readers of one make tell the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.device import Change
from gateway.wire.items import Fault, Item, Status

_SAYS_WHO = "device-id"
STATE = "identity/"


@dataclass(slots=True)
class Door:
    """The door of one reader's line.

    Attributes:
        name: the reader's, as configured.
        known: what it said of itself the first time; empty before.
    """

    name: str
    known: str = ""
    _stranger: str = field(default="", init=False)

    def admit(self, items: Iterable[Item]) -> tuple[list[Item], Change]:
        """What of this is believed, and what is to be kept."""
        admitted: list[Item] = []
        change = Change()
        for item in items:
            if isinstance(item, Status) and item.name == _SAYS_WHO:
                if not self.known:
                    self.known = item.detail
                    change.state[STATE + self.name] = item.detail.encode()
                self._stranger = "" if item.detail == self.known else item.detail
                if self._stranger:
                    admitted.append(Fault(self._reason()))
            if not self._stranger:
                admitted.append(item)
        return admitted, change

    def _reason(self) -> str:
        return (
            f"another reader than before: expected {self.known}, it says {self._stranger}. Put the right one back, or "
            f'write identity = "{self._stranger}" for a new one'
        )
