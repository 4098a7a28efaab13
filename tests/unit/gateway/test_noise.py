"""When spoilt frames are worth a word."""

from gateway.noise import AGAIN_MS, NoiseRate

MINUTE = 60_000


def test_a_line_that_spoils_a_fifth_is_told_once_in_ten_minutes() -> None:
    rate = NoiseRate()
    told = [rate.heard(1, 3, second * 1000) for second in range(60)]
    assert [second for second, each in enumerate(told) if each] == [9]
    assert told[9] == (0, "10 of 40 frames within a minute were spoilt: look at the cable")
    again = [rate.heard(1, 3, 9000 + AGAIN_MS + second * 1000) for second in range(60)]
    assert len([each for each in again if each]) == 1


def test_a_few_spoilt_frames_belong_to_every_line() -> None:
    rate = NoiseRate()
    assert [rate.heard(1, 99, second * 1000) for second in range(600)] == [None] * 600


def test_a_plug_that_is_put_in_is_not_worth_a_word() -> None:
    assert NoiseRate().heard(9, 0, 0) is None


def test_each_minute_counts_for_itself() -> None:
    rate = NoiseRate()
    assert [rate.heard(5, 0, minute * MINUTE) for minute in range(10)] == [None] * 10
