"""Frames that say how long they are, many at once: what was heard before is known, what is new is read together.

It decides which frames are looked at together and which alone; what a frame says is the family's. Both ways tell the
same, so neither depends on how the bytes were cut into pieces.
"""

import re
from abc import abstractmethod
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import ClassVar

from typing_extensions import override

from gateway.wire.items import Item
from gateway.wire.stream import KNOWN_BYTES, UNFINISHED, Frame, Spoilt, StreamDecoder, Unfinished, Verdict

# Below that, looking at frames together costs more than it saves.
_MANY_BYTES, _MANY_FRAMES = 512, 8
# So far a run looks ahead: beyond a busy port's read where all is well, hardly where frames are spoilt.
_REACH_BYTES, _LEAST_REACH_BYTES = 8192, 64
# Of so many kinds of frames the lengths are remembered. A new one is told to the pattern once as many frames were
# judged as it costs to make it anew: some tens for each head.
_MANY_HEADS, _JUDGED_A_HEAD = 64, 32


@dataclass(slots=True)
class FrameDecoder(StreamDecoder):
    """A family whose frames say how long they are; a frame that was read before is not read again.

    `head_bytes` is how many of its first bytes tell a frame's length: of no good frame fewer, and all that `seek` and
    `extent` look at where they find one.
    """

    head_bytes: ClassVar[int]
    _known: dict[bytes, tuple[Item, ...]] = field(default_factory=dict, init=False)
    _known_bytes: int = field(default=0, init=False)
    _lengths: dict[bytes, int] = field(default_factory=dict, init=False)
    _cut: re.Pattern[bytes] | None = field(default=None, init=False)
    _heads_are_new: bool = field(default=False, init=False)
    _judged: int = field(default=0, init=False)
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

    def heads(self, frames: list[bytes]) -> list[bytes]:
        """What each begins with: frames of one head have one length."""
        head_bytes = self.head_bytes
        return [frame[:head_bytes] for frame in frames]

    @override
    def run(self, window: bytes, at: int, items: list[Item]) -> int:
        if len(window) - at >= _MANY_BYTES:
            at = self._run_alike(window, at, items)
        frames = self._frames(window, at) if len(window) - at >= _LEAST_REACH_BYTES else []
        if not frames:
            return at
        said = list(map(self._known.get, frames, repeat(())))
        self._read_unread(frames, said)
        items += chain.from_iterable(said)
        return at + sum(map(len, frames))

    def _frames(self, window: bytes, at: int) -> list[bytes]:
        """The whole frames that follow each other from `at`, as far as their heads are known; none of them is read."""
        if self._heads_are_new and self._judged >= _JUDGED_A_HEAD * len(self._lengths):
            self._cut = _cut(self._lengths)
            self._heads_are_new, self._judged = False, 0
        if self._cut is None:
            return []
        frames = self._cut.findall(window, at, at + self._reach_bytes)
        if self.begun(frames[-1], 0)[1] != len(frames[-1]):
            frames.pop()
        return frames

    def begun(self, window: bytes, at: int) -> tuple[bytes, int]:
        """The head and the length of the frame that begins at `at`; 0 if no head is known that begins so."""
        known = (each for each in self._lengths.items() if window.startswith(each[0], at))
        return next(known, (b"", 0))

    def _read_unread(self, frames: list[bytes], said: list[tuple[Item, ...]]) -> None:
        """Read those frames of a run that were not heard before; both lists then end before one that is bad."""
        new = [place for place, known in enumerate(said) if not known]
        if not new:
            return
        alike: defaultdict[bytes, list[int]] = defaultdict(list)
        for place, head in zip(new, self.heads([frames[place] for place in new]), strict=True):
            alike[head].append(place)
        alone: list[int] = []
        for places in alike.values():
            if len(places) < _MANY_FRAMES or not self._read_together(frames, said, places):
                alone += places
        for place in sorted(alone):
            verdict = self.first_look(frames[place])
            if not isinstance(verdict, Frame) or verdict.length != len(frames[place]):
                del frames[place:], said[place:]
                self._reach_bytes = _LEAST_REACH_BYTES
                return
            said[place] = verdict.items
        self._reach_bytes = min(2 * self._reach_bytes, _REACH_BYTES)

    def _read_together(self, frames: list[bytes], said: list[tuple[Item, ...]], places: list[int]) -> bool:
        """Read new frames of one head by the short way, whatever stood between them; False if it does not take them."""
        new = [frames[place] for place in places]
        found = self.read_alike(b"".join(new), len(new[0]))
        if not found:
            return False
        each = [iter(found)] * (len(found) // len(places))
        for place, told in zip(places, zip(*each, strict=True), strict=True):
            said[place] = told
        if self._known_bytes < KNOWN_BYTES:
            self._known_bytes += sum(map(len, new))
            self._known.update(zip(new, [said[place] for place in places], strict=True))
        return True

    def _run_alike(self, window: bytes, at: int, items: list[Item]) -> int:
        while length := (begun := self.begun(window, at))[1]:
            count = _alike(window[at : at + self._reach_bytes], begun[0], length)
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
            self.learn(frame[: self.head_bytes], length)
            return Frame(length, known)
        if len(frame) < length:
            return UNFINISHED
        verdict = self.first_look(frame)
        if isinstance(verdict, Frame):
            self.learn(frame[: self.head_bytes], length)
        return verdict

    def learn(self, head: bytes, length: int) -> None:
        """A good frame that begins so was judged: the next ones are found by their head."""
        self._judged += 1
        if head not in self._lengths:
            if len(self._lengths) >= _MANY_HEADS:
                del self._lengths[next(iter(self._lengths))]
            self._lengths[head] = length
            self._heads_are_new = True

    def first_look(self, frame: bytes) -> Frame | Spoilt:
        """Read a frame that is not known, and remember it if it is good."""
        verdict = self.read(frame)
        if isinstance(verdict, Frame):
            self._known_bytes += len(frame)
            if self._known_bytes > KNOWN_BYTES:
                self._known.clear()
                self._known_bytes = len(frame)
            self._known[frame] = verdict.items
        return verdict

    def forget(self) -> None:
        """What was read before may mean something else now."""
        self._known.clear()
        self._lengths.clear()
        self._known_bytes = self._judged = 0
        self._cut, self._heads_are_new = None, False


def _cut(lengths: dict[bytes, int]) -> re.Pattern[bytes]:
    """Finds one frame after the other by their heads; what follows none of them is found as one piece, to the end."""
    frames = [b"%b.{%d}" % (re.escape(head), length - len(head)) for head, length in lengths.items()]
    return re.compile(b"(?s:(?:%b)|.+)" % b"|".join(frames))


def _alike(window: bytes, head: bytes, length: int) -> int:
    """How many whole frames of that length the window begins with that all begin alike."""
    count = len(window) // length
    for place, octet in enumerate(head):
        column = window[place : count * length : length]
        count = min(count, len(column) - len(column.lstrip(bytes((octet,)))))
    return count
