"""What the memory of a present tag says: told once a presence, and again when it says something else. Pure.

A reader finds out what a tag remembers, presence decides whether the tag is there: only both together are an event. The
memory of a tag outside the site's own numbers is nobody's business here, and is not told. What is no message, or names
a person, becomes a salted commitment before it becomes durable, as with labels (`gateway.claim`).
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from gateway import claim
from gateway.claim import Claim
from gateway.device import Change
from gateway.observe import Presence
from gateway.sighting import Arrived, Edge, Left
from gateway.wire.iso15693 import MemoryRead
from ledger.core import kinds
from ledger.core.ids import commitment
from ledger.core.tagmemory import Layout, Unreadable, examine

MAX_WAITING = 1024
"""So many tags may have been read and not have arrived; more are tags that pass by."""
STATE = "memory/"


@dataclass(slots=True)
class Remembering:
    """The memories of the tags before all readers of one gateway.

    Attributes:
        gateway: its identifier, `device:…`.
        presence: who is where.
        layouts: how the site writes its tags, by reader; a reader that is not named here reads no memory.
        salt: gives 16 random bytes.
    """

    gateway: str
    presence: Presence
    layouts: Mapping[str, Layout]
    salt: Callable[[], bytes]
    _waiting: dict[str, MemoryRead] = field(default_factory=dict, init=False)
    _told: dict[str, bytes] = field(default_factory=dict, init=False)

    def restore(self, state: Mapping[str, bytes]) -> None:
        """What the run before had told of tags that are still there."""
        self._told = {name.removeprefix(STATE): value for name, value in state.items() if name.startswith(STATE)}

    def read(self, reader: str, memory: MemoryRead, now_ms: int) -> Change:
        """A reader read a tag's memory, or could not."""
        if not self.presence.rules[reader].knows(memory.tag):
            return Change()
        present = self.presence.present_tag(memory.tag)
        if present is not None and present.reader == reader:
            return self._tell_once(reader, present.place, memory, now_ms)
        self._waiting.pop(memory.tag, None)
        if len(self._waiting) >= MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._waiting[memory.tag] = memory
        return Change()

    def follow(self, edges: Iterable[Edge]) -> Change:
        """Tags came, and what was read of them before counts now; tags left, and will be told anew when they come."""
        change = Change()
        for edge in edges:
            if isinstance(edge, Arrived) and edge.reader in self.layouts and edge.tag in self._waiting:
                memory = self._waiting.pop(edge.tag)
                change.add(self._tell_once(edge.reader, edge.place, memory, edge.recorded_ms))
            elif isinstance(edge, Left) and self._told.pop(edge.tag, None) is not None:
                change.state[STATE + edge.tag] = None
        return change

    def _tell_once(self, reader: str, place: str, memory: MemoryRead, now_ms: int) -> Change:
        digest = hashlib.sha256(repr(memory).encode()).digest()
        told = self._told.get(memory.tag)
        if told == digest or (told is not None and not memory.octets):
            return Change()  # said already; that it could not be read once more says nothing new
        self._told[memory.tag] = digest
        change = self._tell(reader, place, memory, now_ms)
        change.state[STATE + memory.tag] = digest
        return change

    def _tell(self, reader: str, place: str, memory: MemoryRead, now_ms: int) -> Change:
        layout = self.layouts[reader]
        fields: dict[str, object] = claim.at(place, now_ms) | {
            "tag": f"tag:{memory.tag}",
            "device": f"{self.gateway}/{reader}",
            "afi": memory.afi,
            "dsfid": memory.dsfid,
        }
        if not memory.octets:
            return Change([Claim(kinds.TagMemoryRead, fields | _not_read(memory.detail))])
        found = examine(memory.octets, layout, locked=memory.locked)
        if isinstance(found, Unreadable):
            return self._unreadable(found, memory, fields)
        otherwise = "; ".join(layout.differences(afi=memory.afi, dsfid=memory.dsfid))
        said = claim.said_by(found.message) | {"din": f"din:{found.message.din}", "product": found.message.product}
        fields |= {
            "outcome": "read",
            "says": msgspec.convert({name: said[name] for name in _SAID if said.get(name)}, kinds.MemorySays),
            "crc": found.crc,
            "protection": found.protection,
            "reason": otherwise or None,
        }
        return Change([Claim(kinds.TagMemoryRead, fields)])

    def _unreadable(self, found: Unreadable, memory: MemoryRead, fields: dict[str, object]) -> Change:
        if found.blank:
            return Change([Claim(kinds.TagMemoryRead, fields | {"outcome": "blank"})])
        grain = self.salt()
        withheld = commitment(grain, memory.octets.hex())
        fields |= {"outcome": "unreadable", "reason": claim.expectation(found.reason), "withheld": withheld}
        return Change([Claim(kinds.TagMemoryRead, fields)], {f"salt/{withheld}": grain})


_SAID = kinds.MemorySays.__struct_fields__


def _not_read(reason: str) -> dict[str, object]:
    return {"outcome": "not_read", "reason": claim.text(reason)}
