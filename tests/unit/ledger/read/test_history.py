"""What a place's probes said of a span is found to the millisecond, and nothing else."""

from pathlib import Path

from ledger.append import Ledger
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.read.history import SEGMENT_REACH_MS
from ledger.read.reader import reading
from tests.support.producers import MINUTE_MS, NOON_MS, Fact, Gateway, StoryClock, introduce, site_in


def segment(at_ms: int) -> Fact:
    return kinds.TemperatureSegment, format_instant(at_ms), {
        "probe": "probe:a/1", "place": "place:a", "measures": "air", "until": format_instant(at_ms + MINUTE_MS),
        "quality": "good", "readings": [(0, 400)],
    }  # fmt: skip


def test_segments_are_those_that_begin_within_reach(tmp_path: Path) -> None:
    site, gateway = site_in(tmp_path / "site"), Gateway("gw")
    times = [NOON_MS - SEGMENT_REACH_MS - 1, NOON_MS - SEGMENT_REACH_MS, NOON_MS + 7, NOON_MS + 8]
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        ledger.append_batch(gateway.say(*(segment(at) for at in times), suffix="t"))
    with reading(site) as reader:
        found = reader.history.segments("place:a", start_ms=NOON_MS, end_ms=NOON_MS + 7)
        assert [each.time_ms for each in found] == times[1:3]
        assert reader.history.segments("place:b", start_ms=NOON_MS, end_ms=NOON_MS + 7) == []
        assert len(reader.history.of(["probe:a/1"])) == 4
