"""What edge nodes and their devices announced at birth: the names behind aliases, and whose turn the sequence is.

A birth names every metric; data may then send the alias alone. Aliases are unique within an edge node, devices included
(specification 3.0, 6.4.6.1), but a device's data are read by what its own birth announced: some nodes count each
device's aliases from one, and the name of another device's metric would be another refrigerator's. The sequence runs 0
to 255 over all messages of a node, from 0 at its own birth; a hole means that something was lost, and the host asks the
node to be born again.
"""

from dataclasses import dataclass, field

MAX_NODES = 256
MAX_ALIASES = 4096
MAX_SENSORS = 1024
ASK_AGAIN_AFTER = 32


@dataclass(frozen=True, slots=True)
class Announced:
    """What a birth said of a metric: its name and unit, and the datatype that data need not repeat."""

    name: str
    unit: str
    datatype: int


@dataclass(slots=True)
class Node:
    """One edge node.

    Attributes:
        aliases: by sender (the node, or one of its devices) and number, what was announced.
        seq: the sequence number of its last message; None before the first.
        bd_seq: the birth's own number, which its death repeats; None before a birth.
        sensors: readings' names that were heard of it.
        asked: messages since a rebirth was asked for and did not come; None while none is wanted.
        last: the last message's bytes, to tell a repeat from 256 lost ones.
        dead: it died, and was not born since.
    """

    aliases: dict[tuple[str, int], Announced] = field(default_factory=dict)
    seq: int | None = None
    bd_seq: int | None = None
    sensors: dict[str, None] = field(default_factory=dict)
    last: bytes = b""
    asked: int | None = None
    dead: bool = False

    def die(self) -> None:
        """Its session is over: the next one may give every alias to another metric, and counts from 0."""
        self.aliases, self.seq, self.dead = {}, None, True

    def wants_asking(self) -> bool:
        """Whether to ask for a rebirth now: at once, and again only after so many messages without one."""
        self.asked = 0 if self.asked is None else self.asked + 1
        return self.asked % ASK_AGAIN_AFTER == 0

    def bury(self, device: str) -> None:
        """One of its devices died, or is born anew: nothing of what that one announced before holds."""
        self.aliases = {key: announced for key, announced in self.aliases.items() if key[0] != device}

    def announce(self, sender: str, alias: int, announced: Announced) -> None:
        """A birth named the metric behind an alias."""
        if len(self.aliases) < MAX_ALIASES or (sender, alias) in self.aliases:
            self.aliases[sender, alias] = announced

    def heard(self, sensor: str) -> None:
        """A reading of this sensor came."""
        if len(self.sensors) < MAX_SENSORS:
            self.sensors[sensor] = None

    def follows(self, seq: int) -> bool:
        """Whether a message with this number is the next one; it is taken note of."""
        expected = None if self.seq is None else (self.seq + 1) % 256
        self.seq = seq
        return expected is None or seq == expected


@dataclass(slots=True)
class Births:
    """All edge nodes that were heard, by group and name."""

    _nodes: dict[tuple[str, str], Node] = field(default_factory=dict)

    def known(self, group: str, name: str) -> Node | None:
        """A node that was heard before."""
        return self._nodes.get((group, name))

    def node(self, group: str, name: str) -> Node:
        """A node; a new one if it was not heard before. The oldest is forgotten where there are too many."""
        found = self._nodes.get((group, name))
        if found is None:
            if len(self._nodes) >= MAX_NODES:
                del self._nodes[next(iter(self._nodes))]
            found = self._nodes[group, name] = Node()
        return found

    def reborn(self, group: str, name: str) -> Node:
        """A node that begins anew: nothing of what it announced before holds."""
        self._nodes.pop((group, name), None)
        return self.node(group, name)
