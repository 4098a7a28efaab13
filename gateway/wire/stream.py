"""Finding binary frames in a stream of bytes: the scanner under every family that has lengths and checksums.

It decides where frames are and what is noise; what a frame means, and whether its check holds, is the family's.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import msgspec

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
