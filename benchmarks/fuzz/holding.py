"""What must hold of every decoder, whatever comes: the three properties of `gateway.wire.decoder`, and its bounds."""

import time
from collections.abc import Callable
from typing import get_args

from gateway.wire.decoder import ByteDecoder, MessageDecoder
from gateway.wire.items import Item, Noise, Reading, TagRead

MOST_SECONDS = 0.1
"""No input may hold a gateway up for longer than that, in CPU seconds."""
MOST_PENDING_BYTES = 128 * 1024
"""The longest that any family waits for: a message of LLRP."""
COMPARED_EACH = 16
"""Of so many inputs one is read once more, whole and in pieces, by new decoders."""
_ITEMS = get_args(Item)


class BrokenError(AssertionError):
    """A decoder did what none may do; its words say what."""


def hears(decoder: ByteDecoder, pieces: list[bytes]) -> list[Item]:
    """What a decoder makes of an input and a silence behind it.

    Raises:
        BrokenError: it took too long, lost a byte uncounted, or holds back more than any frame has.
    """
    items, began = [], time.thread_time()
    for piece in pieces:
        items += decoder.feed(piece)
    if decoder.counters.pending > MOST_PENDING_BYTES:
        raise BrokenError(f"{decoder.counters.pending} bytes held back")
    items += decoder.idle()
    _in_time(began)
    counters = decoder.counters
    if counters.received != counters.accepted + counters.discarded:
        raise BrokenError(f"bytes lost uncounted: {counters}")
    return items


def same_however_split(fresh: Callable[[], ByteDecoder], pieces: list[bytes]) -> None:
    """Whole and in pieces, an input is the same to new decoders, and its noise is told to the byte.

    Raises:
        BrokenError: it is not.
    """
    whole, decoder = fresh(), fresh()
    items = hears(whole, [b"".join(pieces)])
    if hears(decoder, pieces) != items or decoder.counters != whole.counters:
        raise BrokenError("in pieces it is something else than whole")
    if sum(item.count_bytes for item in items if isinstance(item, Noise)) != whole.counters.discarded:
        raise BrokenError("noise that is not told to the byte")
    plausible(items)


def receives(decoder: MessageDecoder, topic: str, payload: bytes, *, retained: bool) -> None:
    """One message.

    Raises:
        BrokenError: it took too long, its bytes are not counted, or a retained one became a measurement.
    """
    received, discarded, began = decoder.counters.received, decoder.counters.discarded, time.thread_time()
    items = decoder.feed_message(topic, payload, retained=retained)
    _in_time(began)
    noise = sum(item.count_bytes for item in items if isinstance(item, Noise))
    counters = decoder.counters
    if counters.received - received != len(payload) or counters.discarded - discarded != noise or counters.pending:
        raise BrokenError(f"bytes lost uncounted: {counters}")
    if retained and any(isinstance(item, TagRead | Reading) for item in items):
        raise BrokenError("a measurement of a retained message")
    plausible(items)


def plausible(items: list[Item]) -> None:
    """Every item is one that the gateway knows, and says nothing that cannot be.

    Raises:
        BrokenError: one is not.
    """
    for problem in filter(None, map(_problem, items)):
        raise BrokenError(problem)


def _problem(item: Item) -> str:
    if not isinstance(item, _ITEMS):
        return f"no item: {item!r}"
    if isinstance(item, TagRead):
        hexadecimal = item.epc and not item.epc.strip("0123456789ABCDEF") and not len(item.epc) % 2
        return "" if hexadecimal and item.antenna >= 0 else f"no tag: {item!r}"
    if isinstance(item, Reading) and (item.quality == "fault") != (item.centi_celsius is None):
        return f"a fault with a value, or a value without one: {item!r}"
    return ""


def _in_time(began: float) -> None:
    taken = time.thread_time() - began
    if taken > MOST_SECONDS:
        raise BrokenError(f"took {taken:.3f} s")
