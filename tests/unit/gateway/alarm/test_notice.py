"""How an alarm is said in a line."""

from typing import get_args

import msgspec

from gateway.alarm.notice import SMS_CHARACTERS, WORDS, Notice
from ledger.core.kinds import AlarmCause


def test_every_cause_has_its_words_in_both_languages() -> None:
    assert set(WORDS) == set(get_args(AlarmCause))
    assert all(chinese and not chinese.isascii() and english.isascii() for chinese, english in WORDS.values())


def test_a_line_says_what_where_and_since_when(notice: Notice) -> None:
    assert notice.text == "血脉报警 超温 centre/fridge-1 fridge-1-air 2026-03-02T12:00Z"
    assert len(notice.text) <= SMS_CHARACTERS
    english = msgspec.structs.replace(notice, phase="over").spoken("en")
    assert english.text == "Xuemai over out of range centre/fridge-1 fridge-1-air 2026-03-02T12:00Z"
