"""How times, stretches and temperatures are spelt beside the gateway."""

from datetime import UTC

import pytest

from gateway.words.speech import ZH, Speech, celsius


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (59, "59 s", "59 秒"),
        (150, "2 min", "2 分钟"),
        (7500, "2 h 5 min", "2 小时 5 分钟"),
        (2 * 86400, "2 d", "2 天"),
        (3 * 86400 + 4 * 3600 + 60, "3 d 4 h", "3 天 4 小时"),
    ],
)
def test_a_stretch_of_time(seconds: int, english: str, chinese: str) -> None:
    assert (Speech("en", UTC).duration(seconds), Speech("zh", UTC).duration(seconds)) == (english, chinese)


def test_a_temperature_keeps_what_its_second_decimal_says() -> None:
    assert [celsius(centi) for centi in (560, 605)] == ["5.6 °C", "6.05 °C"]
    assert [celsius(centi) for centi in (-1800, -5)] == ["\u221218.0 °C", "\u22120.05 °C"]


def test_placeholders_are_the_same_in_both_languages() -> None:
    def placeholders(text: str) -> set[str]:
        return {part.partition(")")[0] for part in text.split("%(")[1:]}

    assert [english for english, chinese in ZH.items() if placeholders(english) != placeholders(chinese)] == []
