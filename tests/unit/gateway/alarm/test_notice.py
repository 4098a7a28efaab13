"""How an alarm is said in a line."""

from datetime import timedelta, timezone

import msgspec

from gateway.alarm.notice import SMS_CHARACTERS, Notice

SHANGHAI = timezone(timedelta(hours=8))


def test_a_line_says_what_where_and_since_when_by_the_clock_on_the_wall(notice: Notice) -> None:
    said = notice.spoken("zh", SHANGHAI).text
    assert said == "血脉报警 超温 centre/fridge-1 fridge-1-air 03-02 20:00 8.20 °C，限值 6.00 °C"
    assert len(said) <= SMS_CHARACTERS
    raised = notice.spoken("en", SHANGHAI).text
    assert raised.endswith("out of range centre/fridge-1 fridge-1-air 03-02 20:00 8.20 °C, the limit is 6.00 °C")
    over = msgspec.structs.replace(notice, phase="over").spoken("en", SHANGHAI)
    assert over.text == "Xuemai over out of range centre/fridge-1 fridge-1-air 03-02 20:00"


def test_a_makers_own_words_stay_as_they_are_in_a_line(notice: Notice) -> None:
    assert msgspec.structs.replace(notice, reason="E-7031").spoken("zh").text.endswith(" E-7031")
