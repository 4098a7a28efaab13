"""Finding binary frames in a stream of bytes: the scanner under every family that has lengths and checksums.

It decides where frames are and what is noise; what a frame means, and whether its check holds, is the family's.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec
from typing_extensions import override

from gateway.wire.decoder import Counters
from gateway.wire.items import Item, Noise


class Frame(msgspec.Struct, frozen=True, gc=False):
    """A good frame of `length` bytes, and what it says."""

    length: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A frame of `length` bytes that is whole but must not be believed (a tag's own check fails, a stranger answers).

    `length` 1 means that it was no frame after all: the scan goes on at the next byte.
    """

    length: int
    reason: str


class Unfinished:
    """Too few bytes to tell: the frame may still be completed."""


UNFINISHED = Unfinished()
Verdict = Frame | Spoilt | Unfinished

KNOWN_BYTES = 65536
"""A shelf is the same few hundred tags over and over: so many bytes of frames (2,700 of one UHF tag each) are
remembered and need no second look. Where every tag is new, remembering more costs more than it saves."""

# Below that, looking at frames together costs more than it saves.
_MANY_BYTES, _MANY_FRAMES = 512, 8

_UNFRAMED = "outside any frame"


@dataclass(slots=True)
class _NoiseRun:
    """Consecutive bytes thrown away, told as one `Noise` with the first reason that says more than "unframed"."""

    count: int = 0
    reason: str = _UNFRAMED

    def add(self, count: int, reason: str) -> None:
        if self.reason == _UNFRAMED:
            self.reason = reason
        self.count += count


@dataclass(slots=True)
class StreamDecoder(ABC):
    """Finds frames in a stream by asking the family for a verdict at each byte where a frame could begin.

    A family may hold at most its longest frame unfinished, so its `judge` must bound the length that it waits for.
    Noise is told when the next good frame or a silence ends it, so that chunking cannot change what is told.
    """

    counters: Counters = field(default_factory=Counters, init=False)
    _rest: bytes = field(default=b"", init=False)
    _noise: _NoiseRun = field(default_factory=_NoiseRun, init=False)

    @abstractmethod
    def seek(self, window: bytes, at: int) -> int:
        """First place from `at` where a frame could begin; `len(window)` if there is none."""

    @abstractmethod
    def judge(self, window: bytes, at: int) -> Verdict:
        """What the bytes from `at` are. Must not depend on how many bytes follow the frame."""

    def run(self, window: bytes, at: int, items: list[Item]) -> int:
        """Append what a run of good frames from `at` says, told as `judge` would; return where it ends.

        A short way, called where no noise waits to be told: a family without one returns `at`.
        """
        del window, items
        return at

    def doubts_after(self) -> int:
        """So many bytes of noise in a row make a family doubt the framing that it learnt; 0: it learns none."""
        return 0

    def doubt(self) -> None:  # noqa: B027 - most families learn nothing that they could doubt
        """So much noise has come. Told exactly then, wherever the bytes were cut into pieces."""

    def feed(self, data: bytes) -> list[Item]:
        """See `ByteDecoder.feed`."""
        self.counters.received += len(data)
        window = self._rest + data if self._rest else bytes(data)
        items: list[Item] = []
        self._rest = window[self._scan(window, items) :]
        return items

    def idle(self) -> list[Item]:
        """See `ByteDecoder.idle`. Frames inside the unfinished one are still found."""
        items: list[Item] = []
        while self._rest:
            self._discard(1, "unfinished frame")
            window = self._rest[1:]
            self._rest = window[self._scan(window, items) :]
        self._tell_noise(items)
        return items

    def _scan(self, window: bytes, items: list[Item]) -> int:
        """Append what the window completes; return where the unfinished part begins."""
        at, size = 0, len(window)
        judge, seek, accepted = self.judge, self.seek, 0
        while at < size:
            if not self._noise.count:
                start, at = at, self.run(window, at, items)
                accepted += at - start
                if at == size:
                    break
            start = seek(window, at)
            if start > at:
                at += self._skip(start - at)
                continue
            verdict = judge(window, at)
            if isinstance(verdict, Frame):
                if self._noise.count:
                    self._tell_noise(items)
                items.extend(verdict.items)
                accepted += verdict.length
                at += verdict.length
            elif isinstance(verdict, Spoilt):
                self._discard(verdict.length, verdict.reason)
                at += verdict.length
            else:
                break
        self.counters.accepted += accepted
        return at

    def _skip(self, count: int) -> int:
        """Discard bytes where no frame could begin, but none beyond the place of a doubt: there others could."""
        left = self.doubts_after() - self._noise.count
        skipped = left if 0 < left < count else count
        self._discard(skipped, _UNFRAMED)
        return skipped

    def _discard(self, count: int, reason: str) -> None:
        self.counters.discarded += count
        self._noise.add(count, reason)
        if 0 < self.doubts_after() <= self._noise.count:
            self.doubt()

    def _tell_noise(self, items: list[Item]) -> None:
        if self._noise.count:
            items.append(Noise(self._noise.count, self._noise.reason))
            self._noise = _NoiseRun()


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
        lengths, known, head_bytes = self._lengths, self._known, self.head_bytes
        while length := lengths.get(window[at : at + head_bytes]):
            frame = window[at : at + length]
            verdict: Frame | Spoilt | None = known.get(frame)
            if verdict is None and len(frame) == length:
                verdict = self.first_look(frame)
            if not isinstance(verdict, Frame):
                break
            items += verdict.items
            at += verdict.length
        return at

    def _run_alike(self, window: bytes, at: int, items: list[Item]) -> int:
        while length := self._lengths.get(head := window[at : at + self.head_bytes]):
            count = _alike(window, at, head, length)
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
