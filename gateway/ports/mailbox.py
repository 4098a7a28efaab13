"""What ports tell the gateway: values for one queue, in the order in which things happened."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from gateway.session import Moment
from gateway.wire.items import Item


@dataclass(frozen=True, slots=True)
class Heard:
    """A device on the line `source` said something.

    Attributes:
        source: the port's path, or `mqtt` for a message.
        items: what it said.
        moment: when it was received.
        topic: the topic filter that the message matched; empty on a serial line.
        message: the message's number, to be acknowledged once what it said is durable; None if nobody waits.
    """

    source: str
    items: tuple[Item, ...]
    moment: Moment
    topic: str = ""
    message: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The line is open, or open again.

    `continues`: the other side kept everything meanwhile (an MQTT session), so nothing can have been missed.
    """

    source: str
    moment: Moment
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The line is closed: unplugged, refused, timed out."""

    source: str
    reason: str
    moment: Moment


@dataclass(frozen=True, slots=True)
class Stepped:
    """The gateway's own clock was set by `step_ms`, to `now_ms`; letters behind this one are by the new time."""

    step_ms: int
    now_ms: int


Letter: TypeAlias = Heard | Opened | Lost | Stepped
Post: TypeAlias = Callable[[Letter], None]
