"""The one protocol of all decoders.

A decoder is sans-I/O: it never sleeps, never raises on input, never touches a port or a clock, holds a bounded number
of bytes, and counts every byte that it throws away. Three properties hold for each family and are tested for each:

1. Split anywhere: any chunking of the same bytes gives the same items, noise included.
2. Never raises, and `received == accepted + discarded + pending` at any moment.
3. Recovers: after any noise, the next good frame is read; a cut frame never swallows the good one behind it.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from gateway.wire.items import Item


@dataclass(slots=True)
class Counters:
    """Bytes since the decoder was made: `received == accepted + discarded + pending`."""

    received: int = 0
    accepted: int = 0
    discarded: int = 0

    @property
    def pending(self) -> int:
        """Bytes held back because the frame they began is not complete."""
        return self.received - self.accepted - self.discarded


class ByteDecoder(Protocol):
    """Decoder of a serial line or a TCP stream."""

    @property
    def counters(self) -> Counters:
        """What became of every byte so far."""
        ...

    def feed(self, data: bytes) -> list[Item]:
        """What the next bytes complete, in the order of the wire."""
        ...

    def idle(self) -> list[Item]:
        """The line has been silent for longer than a frame may pause: what was begun will not be finished."""
        ...


class MessageDecoder(Protocol):
    """Decoder of whole messages (MQTT)."""

    @property
    def counters(self) -> Counters:
        """What became of every payload byte so far."""
        ...

    def feed_message(self, topic: str, payload: bytes, *, retained: bool) -> list[Item]:
        """What one message says. A retained one tells a state of unknown age, so never a read or a reading."""
        ...


@runtime_checkable
class AnsweringDecoder(Protocol):
    """A decoder of messages whose devices sometimes need an answer, to go on being understood."""

    def take_answers(self) -> list[tuple[str, bytes]]:
        """Topics and payloads to publish now; each is given once."""
        ...
