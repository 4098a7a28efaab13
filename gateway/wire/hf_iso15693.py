"""HF readers of ISO 15693 tags: FEIG OBID (38400 8E1) and, as a second dialect, TI's TRF7970A module (115200 8N1).

Which of the two a port speaks shows in its first good frame: FEIG's end in a CRC, TI's are text. Until then text is
looked for first, because it is told by a few bytes while any byte may begin a FEIG frame. Much noise brings doubt.
"""

from dataclasses import dataclass, field
from typing import Literal

from typing_extensions import override

from gateway.wire import crc16, feig_obid, trf7970a
from gateway.wire.frames import FrameDecoder
from gateway.wire.items import Item, TagRead
from gateway.wire.stream import UNFINISHED, Frame, Spoilt, Unfinished, Verdict
from gateway.wire.trf7970a import TwiceHeard

# A port that got its dialect from noise must find the true one again.
_DOUBT_AFTER_BYTES = 256


@dataclass(slots=True)
class HfCaptureDecoder(FrameDecoder):
    """See `ByteDecoder`. Each UID is told at once: what was recorded in the middle of things need not come again."""

    head_bytes = 3
    dialect: Literal["feig", "ti", ""] = field(default="", init=False)
    _line_ended: bool = field(default=False, init=False)

    @override
    def seek(self, window: bytes, at: int) -> int:
        return at

    @override
    def run(self, window: bytes, at: int, items: list[Item]) -> int:
        # Only there no text is looked for before a frame.
        return FrameDecoder.run(self, window, at, items) if self.dialect == "feig" else at

    @override
    def judge(self, window: bytes, at: int) -> Verdict:
        if self.dialect != "feig":
            ends = self._line_ended and window[at] in trf7970a.ENDS
            text = True if ends or self.dialect == "ti" else trf7970a.begins(window, at)
            if text is None:
                return UNFINISHED
            if text:
                return self.text(window, at)
        return FrameDecoder.judge(self, window, at)

    @override
    def extent(self, window: bytes, at: int) -> int | Spoilt | Unfinished:
        first = window[at]
        if first != feig_obid.ADVANCED:
            return Spoilt(1, "frame length") if first < feig_obid.STANDARD_FEWEST else first
        if len(window) - at < 3:
            return UNFINISHED
        length = window[at + 1] << 8 | window[at + 2]
        fits = feig_obid.ADVANCED_FEWEST <= length <= feig_obid.MAX_BYTES
        return length if fits else Spoilt(1, "frame length")

    @override
    def read(self, frame: bytes) -> Frame | Spoilt:
        if not crc16.reflected_holds(frame):
            return Spoilt(1, "crc")
        items = feig_obid.meaning(frame)
        if items is None:
            return Spoilt(len(frame), "uid")
        self.dialect, self._line_ended = "feig", False
        return Frame(len(frame), items)

    @override
    def read_alike(self, frames: bytes, length: int) -> list[Item]:
        return feig_obid.inventories_alike(frames, length) if crc16.all_reflected_hold(frames, length) else []

    @override
    def doubts_after(self) -> int:
        return _DOUBT_AFTER_BYTES if self.dialect else 0

    @override
    def doubt(self) -> None:
        self.dialect = ""

    def text(self, window: bytes, at: int) -> Verdict:
        """What TI's module says at `at`."""
        verdict = trf7970a.read(window, at)
        self._line_ended = isinstance(verdict, Frame) or (self._line_ended and verdict is UNFINISHED)
        if isinstance(verdict, Frame) and any(trf7970a.shows_dialect(item) for item in verdict.items):
            self.dialect = "ti"
        return verdict


@dataclass(slots=True)
class HfDecoder(HfCaptureDecoder):
    """See `ByteDecoder`. A UID without a checksum (TI) counts when it is heard for the second time."""

    _heard: TwiceHeard = field(default_factory=TwiceHeard, init=False)

    @override
    def text(self, window: bytes, at: int) -> Verdict:
        verdict = HfCaptureDecoder.text(self, window, at)
        if not isinstance(verdict, Frame):
            return verdict
        return Frame(verdict.length, tuple(self._believed(item) for item in verdict.items))

    def _believed(self, item: Item) -> Item:
        return self._heard.judge(item) if isinstance(item, TagRead) else item
