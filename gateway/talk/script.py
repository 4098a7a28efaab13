"""What one family is asked, as generators: a script yields what to say and is given what was answered.

A script decides words and their order. When an answer is over, how often a question is repeated and what silence means
is the conductor's (`ScriptedReader`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

from gateway.wire.decoder import ByteDecoder
from gateway.wire.items import Item, Status

ANSWER_SECONDS = 1.0


def any_answer(item: Item) -> bool:
    """Every sign of the device answers the question."""
    del item
    return True


@dataclass(frozen=True, slots=True)
class Ask:
    """One question.

    Attributes:
        send: its bytes; empty where the device speaks by itself and is only listened to.
        ends: whether this item ends the answer. Where the answer has no end of its own, `any_answer`: the first item
            begins its end, and the line's silence completes it.
        seconds: for how long the device may say nothing, in real time.
        antenna: which antenna is asked; what the answer says without naming one is about it. 0: all of them.
        may_stay_open: whether a greeting goes on without an answer: not every make refuses what it does not know.
    """

    send: bytes
    ends: Callable[[Item], bool] = any_answer
    seconds: float = ANSWER_SECONDS
    antenna: int = 0
    may_stay_open: bool = False


def ask_who(send: bytes, named: str) -> Ask:
    """The question which reader it is; `named` is what the family's decoder calls it.

    Its answer is the reader's number, or that it has none that can be asked for. A late answer to the question before
    is none: a reader without its number would be taken for another.
    """

    def tells_who(item: Item) -> bool:
        without = isinstance(item, Status) and item.name in {"refused", "answer"} and item.detail.startswith(named)
        return without or (isinstance(item, Status) and item.name == "device-id")

    return Ask(send, tells_who, may_stay_open=True)


Greeting: TypeAlias = Generator[Ask, list[Item], None]
"""The handshake: makes the device ready and asks who it is."""
Round: TypeAlias = Generator[Ask, list[Item], bool]
"""One inventory over all antennas; its value says whether a healthy reader completed it."""


class Manner(ABC):
    """How one family is spoken to.

    Attributes:
        decoder: reads what it says.
        patience: so many rounds without an answer are a fault.
        drain_seconds: after `hello`, what the device still has to say about a run before us is thrown away.
    """

    decoder: ByteDecoder
    patience: int = 3
    drain_seconds: float = 0.3

    def hello(self) -> bytes:
        """What stops a run that a program before us began; harmless to a device that rests."""
        return b""

    def learnt(self) -> list[Item]:
        """What the scripts found out that no single answer says; each is given once."""
        return []

    @abstractmethod
    def greeting(self) -> Greeting:
        """See `Greeting`."""

    @abstractmethod
    def round(self) -> Round:
        """See `Round`."""


def completes(item: Item) -> bool:
    """Whether the item says that a round is over."""
    return isinstance(item, Status) and item.completes_round
