"""Framing of text lines: the ground under scanners and microcontrollers that speak in lines.

It decides where a line ends and how long it may be; what a line means is the family's.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from gateway.wire.decoder import Counters
from gateway.wire.items import Item, Noise

MAX_LINE_BYTES = 512
"""The longest ISBT 128 compound message is well under 300 characters; a longer line is not a line."""


@dataclass(slots=True)
class LineDecoder(ABC):
    """Frames lines that end in CR, LF or CRLF.

    A line that is too long is thrown away up to its end: its tail is not a line.
    """

    counters: Counters = field(default_factory=Counters, init=False)
    _rest: bytes = field(default=b"", init=False)
    _overflow_bytes: int = field(default=0, init=False)

    @abstractmethod
    def read_line(self, line: bytes, size: int) -> list[Item]:
        """What one line without its end says; `size` counts the end too, for a `Noise`."""

    def give_up(self) -> list[Item]:
        """A silence came: a family that waits for a second line gives up the first here."""
        return []

    def held_bytes(self) -> int:
        """Bytes of whole lines that wait for the next one."""
        return 0

    def feed(self, data: bytes) -> list[Item]:
        """See `ByteDecoder.feed`."""
        self.counters.received += len(data)
        items: list[Item] = []
        *lines, rest = (self._rest + data).replace(b"\n", b"\r").split(b"\r")
        for line in lines:
            items += self._end_line(line)
        if len(rest) + self._overflow_bytes > MAX_LINE_BYTES:
            self._overflow_bytes += len(rest)
            rest = b""
        self._rest = rest
        self._count(items)
        return items

    def idle(self) -> list[Item]:
        """See `ByteDecoder.idle`."""
        items = self.give_up()
        unfinished = len(self._rest) + self._overflow_bytes
        if unfinished:
            items.append(Noise(unfinished, "too long a line" if self._overflow_bytes else "no line end"))
        self._rest, self._overflow_bytes = b"", 0
        self._count(items)
        return items

    def _end_line(self, line: bytes) -> list[Item]:
        length = len(line) + self._overflow_bytes
        self._overflow_bytes = 0
        if length > MAX_LINE_BYTES:
            return [*self.give_up(), Noise(length + 1, "too long a line")]
        return self.read_line(line, length + 1)

    def _count(self, items: list[Item]) -> None:
        counters = self.counters
        counters.discarded += sum(item.count_bytes for item in items if isinstance(item, Noise))
        pending = len(self._rest) + self._overflow_bytes + self.held_bytes()
        counters.accepted = counters.received - counters.discarded - pending
