"""Reading the memory of ISO 15693 tags through a FEIG reader: each tag's once while it stays, between two inventories.

Decides whose memory is read next, in which pieces, and how often it is tried. What the bytes say is
`ledger.core.tagmemory`'s; here they are only looked at to know whether reading them again may help. Pure.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.talk.script import Ask
from gateway.wire import feig_obid
from gateway.wire.iso15693 import Blocks, MemoryRead, SystemInformation
from gateway.wire.items import NO_TAG, Fault, Item, Status
from ledger.core.tagmemory import Layout, TagMemory, examine

ANSWER_SECONDS = 1.0
TAGS_A_ROUND = 4
"""A shelf that was just filled must not wait for its inventories: a tag of 28 blocks takes some 0.2 s."""
ATTEMPTS = 3
FORGOTTEN_AFTER_ROUNDS = 3
"""A tag that so many rounds missed has left the field; when it is heard again, its memory is read again."""
MEMORY = "memory"
_LEFT = "the tag left before its memory was read"

Steps: TypeAlias = Generator[Ask, list[Item], MemoryRead]
"""Questions to the reader, and what came of them."""


@dataclass(slots=True)
class _Tag:
    missed: int = 0
    attempts: int = 0
    is_settled: bool = False
    failure: str = ""


@dataclass(slots=True)
class MemoryVisits:
    """The tags in the field, and what of their memories is known to have been read.

    Attributes:
        layout: how the site writes its tags: so many blocks are read.
    """

    layout: Layout
    _tags: dict[str, _Tag] = field(default_factory=dict, init=False)

    def begin_anew(self) -> None:
        """The line was opened, or the reader restarted: nobody knows what happened to the tags meanwhile."""
        self._tags.clear()

    def visit(self, heard: Iterable[str]) -> Generator[Ask, list[Item], list[MemoryRead]]:
        """Go to some of the tags that an inventory heard, in the order in which they came; what is to be told."""
        told = list(self._pass_round(list(dict.fromkeys(heard))))
        waiting = [uid for uid, tag in self._tags.items() if not tag.missed and not tag.is_settled]
        for uid in waiting[:TAGS_A_ROUND]:
            tag = self._tags[uid]
            # Counted before: where the reader falls silent over it, nobody comes back here.
            tag.attempts, tag.failure = tag.attempts + 1, "the reader fell silent"
            if tag.attempts > ATTEMPTS:
                tag.is_settled = True
                told.append(MemoryRead(MEMORY, tag.failure, tag=uid))
                continue
            read = yield from read_memory(uid, self.layout)
            tag.failure = read.detail
            if tag.attempts == ATTEMPTS or not self._may_be_better(read):
                tag.is_settled = True
                told.append(read)
        return told

    def _pass_round(self, heard: list[str]) -> Iterator[MemoryRead]:
        """Who is there, who has left, and who left before it could be read."""
        for uid in heard:
            self._tags.setdefault(uid, _Tag()).missed = 0
        for uid in [uid for uid in self._tags if uid not in heard]:
            tag = self._tags[uid]
            tag.missed += 1
            if tag.missed >= FORGOTTEN_AFTER_ROUNDS:
                del self._tags[uid]
                if tag.attempts and not tag.is_settled:
                    yield MemoryRead(MEMORY, f"{_LEFT}: {tag.failure}", tag=uid)

    def _may_be_better(self, read: MemoryRead) -> bool:
        """Whether a second reading may say more: it could not be read, or what came is damaged."""
        if not read.octets:
            return True
        found = examine(read.octets, self.layout)
        return found.crc == "differs" if isinstance(found, TagMemory) else not found.blank


def read_memory(uid: str, layout: Layout) -> Steps:
    """Read one tag: what it says of its memory, then its blocks, piece after piece."""
    about = yield _ask(feig_obid.system_information(uid), SystemInformation)
    said = next((item for item in about if isinstance(item, SystemInformation) and item.tag == uid), None)
    # Old chips do not know the question: what they do not tell is not known.
    afi, dsfid = (None, None) if said is None else (said.afi, said.dsfid)
    if said is not None and (said.block_bytes != layout.block_bytes or said.blocks < layout.blocks):
        reason = (
            f"expected {layout.blocks} blocks of {layout.block_bytes} bytes, the tag has {said.blocks} of "
            f"{said.block_bytes}: configure the layout"
        )
        return MemoryRead(MEMORY, reason, tag=uid, afi=afi, dsfid=dsfid)
    octets, locked = b"", list[int]()
    at_once = max(1, feig_obid.MAX_BLOCKS_BYTES // layout.block_bytes)
    for first in range(0, layout.blocks, at_once):
        count = min(at_once, layout.blocks - first)
        answer = yield _ask(feig_obid.read_blocks(uid, first, count), Blocks)
        size = layout.block_bytes
        blocks = next((item for item in answer if isinstance(item, Blocks)), None)
        if blocks is None or blocks.block_bytes != size or len(blocks.octets) != count * size:
            reason = f"expected blocks {first} to {first + count - 1}; {_came(answer)}"
            return MemoryRead(MEMORY, reason, tag=uid, afi=afi, dsfid=dsfid)
        octets += blocks.octets
        locked += [first + number for number in blocks.locked]
    return MemoryRead(MEMORY, tag=uid, octets=octets, locked=tuple(locked), afi=afi, dsfid=dsfid)


def _ask(send: bytes, wanted: type[Status]) -> Ask:
    return Ask(send, _over(wanted), ANSWER_SECONDS)


def _over(wanted: type[Status]) -> Callable[[Item], bool]:
    """The answer, or a refusal; a tag that has left is answered for by its reader."""

    def ends(item: Item) -> bool:
        return isinstance(item, wanted | Fault) or (isinstance(item, Status) and item.name in {"refused", NO_TAG})

    return ends


def _came(answer: Iterable[Item]) -> str:
    for item in answer:
        if isinstance(item, Blocks):
            return f"came {len(item.octets) // max(1, item.block_bytes)} of {item.block_bytes} bytes"
        if isinstance(item, Fault):
            return f"the reader is ill: {item.reason}"
        if isinstance(item, Status) and item.name == NO_TAG:
            return "the tag did not answer"
        if isinstance(item, Status) and item.name == "refused":
            return item.detail
    return "nothing came"
