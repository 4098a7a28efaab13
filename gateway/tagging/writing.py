"""Writing one tag's memory: looked at first, written piece after piece, read again, and locked only when asked. Pure.

What is written is a label's message, made by `ledger.core.tagmemory`. A tag that belongs to another bag is not written
over unless a person says so, and a lock is for ever.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from gateway.talk.memory import read_memory
from gateway.talk.script import Ask
from gateway.wire import feig_obid
from gateway.wire.iso15693 import MemoryRead
from gateway.wire.items import NO_TAG, Fault, Item, Status, TagRead
from ledger.core.errors import XuemaiError
from ledger.core.isbt128 import Label
from ledger.core.tagmemory import Layout, TagMemory, examine, format_memory

ANSWER_SECONDS = 2.0

T = TypeVar("T")
Script: TypeAlias = Generator[Ask, list[Item], T]
"""Questions to a reader; is given what was answered, nothing where nothing came; its value is what came of it."""


class TagError(XuemaiError):
    """A tag that cannot be read or written as was asked."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to write.

    Attributes:
        message: the label's compound message.
        layout: how the site writes its tags; its AFI and DSFID are written too, where it names them.
        replaces: whether a tag that holds another bag's message may be written over.
        locks: whether the memory is locked afterwards, for ever.
    """

    message: Label
    layout: Layout
    replaces: bool = False
    locks: bool = False


def find(uid: str) -> Script[str]:
    """The tag before the reader: the only one, or the one with this UID.

    Raises:
        TagError: no tag, several of them, or not that one.
    """
    yield Ask(feig_obid.request(feig_obid.RF_RESET), _over, ANSWER_SECONDS)
    heard = yield Ask(feig_obid.inventory(), _over, ANSWER_SECONDS)
    if any(isinstance(item, Status) and item.name == "more-data" for item in heard):
        raise TagError("expected one tag before the reader, came more than it tells at once: take the others away")
    uids = sorted({item.epc for item in heard if isinstance(item, TagRead)})
    if uid and uid in uids:
        return uid
    if uid or len(uids) != 1:
        wanted = f"the tag {uid}" if uid else "one tag"
        raise TagError(f"expected {wanted} before the reader, came {', '.join(uids) or _reason(heard)}")
    return uids[0]


def read(uid: str, layout: Layout) -> Script[MemoryRead]:
    """A tag's memory.

    Raises:
        TagError: it could not be read.
    """
    found = yield from read_memory(uid, layout)
    if not found.octets:
        raise TagError(f"{uid}: {found.detail}")
    return found


def write(uid: str, order: Order) -> Script[MemoryRead]:
    """Write a tag, and read it again; the memory as it then is.

    Raises:
        TagError: it is another bag's, or locked; it could not be written; or what was read is not what was written.
        FormatError: the message cannot be written to a tag.
    """
    layout, octets = order.layout, format_memory(order.message, order.layout)
    before = yield from read(uid, layout)
    _check(before, order, octets)
    at_once = max(1, feig_obid.MAX_BLOCKS_BYTES // layout.block_bytes)
    for first in range(0, layout.blocks, at_once):
        start, end = first * layout.block_bytes, (first + at_once) * layout.block_bytes
        if before.octets[start:end] != octets[start:end]:
            piece = feig_obid.write_blocks(uid, first, octets[start:end], block_bytes=layout.block_bytes)
            yield from _do(uid, f"block {first} and those behind it", piece)
    if layout.afi is not None and before.afi != layout.afi:
        yield from _do(uid, "the AFI", feig_obid.write_afi(uid, layout.afi))
    if layout.dsfid is not None and before.dsfid != layout.dsfid:
        yield from _do(uid, "the DSFID", feig_obid.write_dsfid(uid, layout.dsfid))
    after = yield from _verify(uid, order, octets)
    if not order.locks:
        return after
    for first in range(0, layout.blocks, at_once):
        count = min(at_once, layout.blocks - first)
        yield from _do(uid, f"the lock of block {first} and those behind it", feig_obid.lock_blocks(uid, first, count))
    locked = yield from _verify(uid, order, octets)
    if len(locked.locked) != layout.blocks:
        raise TagError(f"{uid}: expected {layout.blocks} locked blocks, came {len(locked.locked)}: lock it again")
    return locked


def _check(before: MemoryRead, order: Order, octets: bytes) -> None:
    """Whether the tag may be written over, and can."""
    found = examine(before.octets, order.layout)
    if isinstance(found, TagMemory) and found.message != order.message and not order.replaces:
        raise TagError(
            f"{before.tag}: it holds the message of {found.message.din} {found.message.product or ''}".rstrip()
            + ": find out whose tag this is, or write it over with --replace"
        )
    size = order.layout.block_bytes
    stuck = [
        number
        for number in before.locked
        if before.octets[number * size : (number + 1) * size] != octets[number * size : (number + 1) * size]
    ]
    if stuck:
        raise TagError(f"{before.tag}: expected blocks that can be written; block {stuck[0]} is locked: take another")


def _verify(uid: str, order: Order, octets: bytes) -> Script[MemoryRead]:
    after = yield from read(uid, order.layout)
    if after.octets != octets:
        raise TagError(f"{uid}: expected to read what was written, came something else: write it again")
    otherwise = order.layout.differences(afi=after.afi, dsfid=after.dsfid)
    if otherwise:
        raise TagError(f"{uid}: {'; '.join(otherwise)} after writing: does the chip have them?")
    return after


def _do(uid: str, what: str, send: bytes) -> Script[None]:
    answer = yield Ask(send, _over, ANSWER_SECONDS)
    if not any(isinstance(item, Status) and item.name == "answer" for item in answer):
        raise TagError(f"{uid}: {what} could not be written: {_reason(answer)}. What the tag holds now is not certain")


def _over(item: Item) -> bool:
    """Each of these questions has one frame for an answer."""
    return isinstance(item, Fault) or (isinstance(item, Status) and item.name in _ENDS)


_ENDS = {"answer", "refused", "more-data", "round-finished", NO_TAG}


def _reason(answer: list[Item]) -> str:
    for item in answer:
        if isinstance(item, Fault):
            return f"the reader is ill: {item.reason}"
        if isinstance(item, Status) and item.name == "refused":
            return item.detail
        if isinstance(item, Status) and item.name == NO_TAG:
            return "no tag"
    return "nothing: is the reader switched on?"
