"""Every cause of an alarm has its words in both languages."""

from typing import get_args

from gateway.words.causes import CAUSES
from ledger.core.kinds import AlarmCause


def test_every_cause_has_its_words_in_both_languages() -> None:
    assert set(CAUSES) == set(get_args(AlarmCause))
    assert all(chinese and not chinese.isascii() and english.isascii() for chinese, english in CAUSES.values())
