"""The verdicts on units' cold chains, kept up beside the log: a thread that judges what the newest batches concern.

It reads a snapshot, judges there, and asks the writer only to keep what it came to, so that nobody who brings a batch
waits for a judgement. While batches come in a flood it stands back, for half a minute at most, and lists lie behind.
"""

from typing import Final

import structlog
from typing_extensions import override

from ledger.append import Ledger, Rejected
from ledger.background import Background
from ledger.core.errors import XuemaiError
from ledger.read.reader import reading
from ledger.read.verdicts import judge_on, judged_so_far

INTERVAL_SECONDS: Final = 1.0
SHARE: Final = 5
"""While batches come, a portion is followed by a rest so many times as long; while none do, by one as long."""
FLOOD: Final = 24
"""Where more batches than this came since the last look, nobody is judged: batches come first."""
MOST_LOOKS: Final = 30
"""After so many looks somebody is judged all the same."""
LONGEST_REST_SECONDS: Final = 60.0
_log = structlog.get_logger("ledger.judging")


class Judging(Background):
    """Judges units while the log grows; what is not judged when it stops is judged after the next start."""

    name = "ledger-judging"

    def __init__(self, ledger: Ledger, *, interval_seconds: float = INTERVAL_SECONDS) -> None:
        super().__init__()
        self._ledger = ledger
        self._interval_seconds = interval_seconds

    def judge_now(self) -> int:
        """Judge every unit that the next batches concern; up to which log size all are judged now.

        Raises:
            Rejected: the ledger is busy or cannot write.
        """
        size, is_under_way = self._judge_on()
        while is_under_way:
            size, is_under_way = self._judge_on()
        return size

    def _judge_on(self) -> tuple[int, bool]:
        """Judge one portion of a turn; up to which log size all are judged now, and whether more of it is to come."""
        with reading(self._ledger.site) as reader:
            mark = judged_so_far(reader)
            if mark.log_size == reader.log_size():
                return mark.log_size, False
            portion = judge_on(reader, mark)
        if self._ledger.keep_verdicts(portion):
            mark = portion.then
        return mark.log_size, mark.is_under_way

    @override
    def _run(self) -> None:
        rest_seconds, judged, seen, looks = self._interval_seconds, -1, 0, 0
        while not self._stop.wait(rest_seconds):
            size, before = self._ledger.size, seen
            seen, rest_seconds = size, self._interval_seconds
            if size == judged and not self._ledger.is_shared:
                continue
            looks += 1
            if size - before > FLOOD and looks < MOST_LOOKS:
                continue
            looks = 0
            began = self._ledger.clock.monotonic()
            try:
                judged, _ = self._judge_on()
            except (Rejected, XuemaiError, OSError) as error:
                _log.error("units could not be judged; trying again", error=str(error))
            share = SHARE if size != before else 1
            took = self._ledger.clock.monotonic() - began
            rest_seconds = min(max(self._interval_seconds, share * took), LONGEST_REST_SECONDS)
