"""Frames that say how long they are, many at once: what was heard before is known, what is new is read together.

It decides which frames are looked at together and which alone; what a frame says is the family's. Both ways tell the
same, so neither depends on how the bytes were cut into pieces.
"""

from abc import abstractmethod
from dataclasses import dataclass, field
from itertools import chain
from typing import ClassVar

from typing_extensions import override

from gateway.wire.items import Item
from gateway.wire.stream import KNOWN_BYTES, UNFINISHED, Frame, Spoilt, StreamDecoder, Unfinished, Verdict

# Below that, looking at frames together costs more than it saves.
_MANY_BYTES, _MANY_FRAMES = 512, 8
# So far a run looks ahead: as far as a busy port's read where all is well, hardly where frames are spoilt.
_REACH_BYTES, _LEAST_REACH_BYTES = 4096, 64


@dataclass(slots=True)
class _Run:
    """Frames that follow each other; what those say that were heard before, and where the others are, by head."""

    begins_at: int
    frames: list[bytes] = field(default_factory=list)
    said: list[tuple[Item, ...]] = field(default_factory=list)
    unread: dict[bytes, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class FrameDecoder(StreamDecoder):
    """A family whose frames say how long they are; a frame that was read before is not read again.

    `head_bytes` is how many of its first bytes tell a frame's length: of no good frame fewer, and all that `seek` and
    `extent` look at where they find one.
    """

    head_bytes: ClassVar[int]
    _known: dict[bytes, Frame] = field(default_factory=dict, init=False)
    _known_bytes: int = field(default=0, init=False)
    _lengths: dict[bytes, int] = field(default_factory=dict, init=False)
    _reach_bytes: int = field(default=_REACH_BYTES, init=False)

    @abstractmethod
    def extent(self, window: bytes, at: int) -> int | Spoilt | Unfinished:
        """How many bytes the frame at `at` has, as far as it says so itself; bounded."""

    @abstractmethod
    def read(self, frame: bytes) -> Frame | Spoilt:
        """What a frame of the length that it claims is."""

    def read_alike(self, frames: bytes, length: int) -> list[Item]:
        """What many frames of one head and one length say, if each is a good one of the family's commonest kind.

        A short way beside `read`, which must tell the same; no items where one of them is anything else.
        """
        del frames, length
        return []

    @override
    def run(self, window: bytes, at: int, items: list[Item]) -> int:
        if len(window) - at >= _MANY_BYTES:
            at = self._run_alike(window, at, items)
        run, lengths, known, head_bytes = _Run(at), self._lengths, self._known, self.head_bytes
        end = at + self._reach_bytes
        while at < end and (length := lengths.get(head := window[at : at + head_bytes])):
            frame = window[at : at + length]
            verdict = known.get(frame)
            if verdict is not None:
                run.said.append(verdict.items)
            elif len(frame) == length:
                run.unread.setdefault(head, []).append(len(run.said))
                run.said.append(())
            else:
                break
            run.frames.append(frame)
            at += length
        if run.unread:
            at = self._read_unread(run, at)
        items += chain.from_iterable(run.said)
        return at

    def _read_unread(self, run: _Run, end: int) -> int:
        """Read those frames of a run that were not heard before; return where it ends: before a bad one, or `end`."""
        alone: list[int] = []
        for places in run.unread.values():
            if len(places) < _MANY_FRAMES or not self._read_together(run, places):
                alone += places
        for place in sorted(alone):
            verdict = self.first_look(run.frames[place])
            if not isinstance(verdict, Frame) or verdict.length != len(run.frames[place]):
                del run.said[place:]
                self._reach_bytes = _LEAST_REACH_BYTES
                return run.begins_at + sum(map(len, run.frames[:place]))
            run.said[place] = verdict.items
        self._reach_bytes = min(2 * self._reach_bytes, _REACH_BYTES)
        return end

    def _read_together(self, run: _Run, places: list[int]) -> bool:
        """Read new frames of one head by the short way, whatever stood between them; False if it does not take them."""
        frames = [run.frames[place] for place in places]
        found = self.read_alike(b"".join(frames), len(frames[0]))
        if not found:
            return False
        each = [iter(found)] * (len(found) // len(places))
        for place, frame, said in zip(places, frames, zip(*each, strict=True), strict=True):
            run.said[place] = said
            if self._known_bytes < KNOWN_BYTES:
                self._known_bytes += len(frame)
                self._known[frame] = Frame(len(frame), said)
        return True

    def _run_alike(self, window: bytes, at: int, items: list[Item]) -> int:
        while length := self._lengths.get(head := window[at : at + self.head_bytes]):
            count = _alike(window[at : at + self._reach_bytes], 0, head, length)
            found = self.read_alike(window[at : at + count * length], length) if count >= _MANY_FRAMES else []
            if not found:
                break
            items += found
            at += count * length
        return at

    @override
    def judge(self, window: bytes, at: int) -> Verdict:
        length = self.extent(window, at)
        if not isinstance(length, int):
            return length
        frame = window[at : at + length]
        known = self._known.get(frame)
        if known is not None:
            return known
        if len(frame) < length:
            return UNFINISHED
        verdict = self.first_look(frame)
        if isinstance(verdict, Frame):
            self._lengths[frame[: self.head_bytes]] = length
        return verdict

    def first_look(self, frame: bytes) -> Frame | Spoilt:
        """Read a frame that is not known, and remember it if it is good."""
        verdict = self.read(frame)
        if isinstance(verdict, Frame):
            self._known_bytes += len(frame)
            if self._known_bytes > KNOWN_BYTES:
                self.forget()
            self._known[frame] = verdict
        return verdict

    def forget(self) -> None:
        """What was read before may mean something else now."""
        self._known.clear()
        self._lengths.clear()
        self._known_bytes = 0


def _alike(window: bytes, at: int, head: bytes, length: int) -> int:
    """How many whole frames of that length follow each other from `at` that all begin alike."""
    count = (len(window) - at) // length
    for place, octet in enumerate(head):
        column = window[at + place : at + count * length : length]
        count = min(count, len(column) - len(column.lstrip(bytes((octet,)))))
    return count
