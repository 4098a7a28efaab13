"""What the pages say of an event, in both languages."""

from dataclasses import replace

import pytest
from msgspec import structs

from ledger.core import kinds
from ledger.core.events import ERASED_KIND
from ledger.read.values import Erasure, HistoryLine
from tests.unit.web import samples
from web import event_words, present
from web.speech import Speech

ZH, EN = samples.speech("zh"), samples.speech("en")


@pytest.mark.parametrize("speech", [ZH, EN])
def test_every_event_of_a_history_can_be_said(speech: Speech) -> None:
    for line in samples.history():
        assert present.kind_word(line.kind, speech)
        assert event_words.event_tone(line) in {"ok", "stop", "warning"}
        event_words.event_detail(line, speech, {})


def test_a_reason_of_the_sites_list_is_said_in_the_lists_words() -> None:
    asked = samples.line(kinds.DiscardRequested, 1, None, 1, unit=samples.UNIT, code="broken", reason="at the port")
    assert event_words.event_detail(asked, ZH, {"broken": "血袋破损"}) == "血袋破损，at the port"
    assert event_words.event_detail(asked, EN, {}) == "broken, at the port", "a reason that is on the list no longer"


def test_what_is_only_known_afterwards_is_not_called_late() -> None:
    late = replace(samples.history()[0], late=True)
    assert event_words.arrived_late(late)
    assert not event_words.arrived_late(replace(late, kind="tag_left"))


def test_a_sighting_that_was_carried_over_says_where_it_was_first_said() -> None:
    line = next(line for line in samples.history() if line.kind == "tag_arrived")
    assert event_words.first_said(line) is None
    assert line.recorded is not None
    said = kinds.FirstSaid(origin="a/ledger/1", stream="gw/1/c", seq=7)
    again = structs.replace(line.recorded, event=structs.replace(line.recorded.event, first_said=said))
    assert event_words.first_said(replace(line, recorded=again)) == said
    assert event_words.first_said(replace(line, recorded=None)) is None


def test_an_erased_event_says_when_and_why_and_nothing_of_what_it_was() -> None:
    erasure = Erasure(samples.NOW, "a court's order", "person:" + "a" * 32, "person:" + "b" * 32)
    line = HistoryLine(None, ERASED_KIND, samples.NOW, None, "web", 2, defect="erased", erasure=erasure)
    assert present.kind_word(line.kind, EN) == "Erased"
    assert present.kind_word(line.kind, ZH) == "已擦除"
    said = event_words.event_detail(line, EN, {})
    assert said.startswith("erased on ")
    assert said.endswith(": a court's order")
    assert "擦除：a court's order" in event_words.event_detail(line, ZH, {})
