"""Which answers of a probe are believed: scale, first readings, rate, and values that stand still."""

import pytest

from gateway.doubt import DoubtRule, Doubts, Kept
from gateway.wire.items import Reading, lost

MINUTE = 60_000


class Story:
    """A probe that answers once a minute; the answer at minute -1 makes it known."""

    def __init__(self, rule: DoubtRule = DoubtRule(), *, known: bool = True) -> None:  # noqa: B008 - frozen
        self.doubts = Doubts(rule)
        self.said: list[Kept] = []
        if known:
            self.read(-1, 400)

    def read(self, minute: float, centi: int) -> str:
        return self._judge(Reading("p1", centi), minute)

    def fault(self, minute: float) -> str:
        return self._judge(lost("p1", "crc NO"), minute)

    def _judge(self, reading: Reading, minute: float) -> str:
        kept = self.doubts.judge(reading, round(minute * MINUTE))
        if kept.quality == "good":
            self.doubts.trust(kept)
        self.said.append(kept)
        return kept.quality


def test_a_fault_carries_no_temperature_and_the_next_reading_is_suspect() -> None:
    story = Story()
    assert story.read(0, 401) == "good"
    assert story.fault(1) == "fault"
    assert story.said[-1].centi_celsius is None
    assert (story.read(2, 402), story.read(3, 403)) == ("suspect", "good")


def test_a_sensor_whose_first_value_its_cabinet_cannot_read_is_refused() -> None:
    story = Story(DoubtRule(-3800, 3600), known=False)
    assert [story.read(minute, 4000 + minute) for minute in range(3)] == ["fault", "fault", "fault"]
    assert "scale" in story.said[0].reason
    assert story.said[0].centi_celsius is None
    assert [story.read(3, 400), story.read(4, 401)] == ["suspect", "good"]


def test_a_proven_probe_is_believed_in_a_freezer_that_fails() -> None:
    story = Story(DoubtRule(-6000, 1200), known=False)
    story.read(0, -2000), story.read(1, -1990)
    assert [story.read(10 * step, -2000 + 200 * step) for step in range(2, 22)] == ["good"] * 20
    assert story.said[-1].centi_celsius == 2200


def test_eighty_five_degrees_out_of_nowhere_is_doubted_until_confirmed() -> None:
    story = Story()
    assert [story.read(0, 400), story.read(1, 8500), story.read(2, 401)] == ["good", "suspect", "good"]
    assert "jumped from 400 to 8500" in story.said[-2].reason
    assert [story.read(3, 8500), story.read(4, 8490)] == ["suspect", "good"], "twice is no accident"


def test_how_fast_is_a_matter_of_minutes_and_of_the_probe() -> None:
    story = Story(DoubtRule(rate_centi_celsius=300))
    assert [story.read(0, 400), story.read(1, 701), story.read(2, 402)] == ["good", "suspect", "good"]
    assert story.read(4, 1000) == "good", "six degrees in two minutes are three a minute"


def test_a_dead_sensor_that_repeats_itself_is_doubted_after_half_an_hour() -> None:
    story = Story()
    qualities = [story.read(minute, 412) for minute in range(32)]
    assert qualities == ["good"] * 30 + ["suspect"] * 2
    assert story.read(33, 413) == "good"


def test_a_load_that_usually_stands_still_may_stand_still() -> None:
    story, minute = Story(), 0
    for step in range(8):  # twenty minutes at each value
        for _ in range(20):
            assert story.read(minute, 400 + step) == "good"
            minute += 1
    qualities = [story.read(minute + more, 500) for more in range(90)]
    assert qualities.index("suspect") == 80, "four times what is usual"


def resumed(earlier: Kept, centi: int, minute: float) -> str:
    """The quality of the first reading of a new run of the gateway."""
    doubts = Doubts(DoubtRule())
    doubts.remember(earlier)
    return doubts.judge(Reading("p1", centi), round(minute * MINUTE)).quality


def test_a_gateway_that_was_away_does_not_make_its_probes_doubtful() -> None:
    assert resumed(Kept(0, 410, "good", ""), 430, 5) == "good"


@pytest.mark.parametrize(
    ("earlier", "centi", "minute"),
    [
        (Kept(0, 410, "good", ""), 430, 45),
        (Kept(0, 410, "good", ""), 700, 5),
        (Kept(0, 410, "suspect", "stuck"), 410, 5),
        (Kept(0, None, "fault", "crc NO"), 410, 5),
    ],
    ids=["too long ago", "another temperature", "a doubtful witness", "a fault"],
)
def test_a_first_reading_that_nothing_vouches_for_is_suspect(earlier: Kept, centi: int, minute: float) -> None:
    assert resumed(earlier, centi, minute) == "suspect"


def test_a_probe_that_fell_silent_is_doubted_even_if_it_says_the_same() -> None:
    doubts = Doubts(DoubtRule())
    doubts.remember(Kept(0, 410, "good", ""))
    doubts.reappeared()
    assert doubts.judge(Reading("p1", 410), 3 * MINUTE).quality == "suspect"
