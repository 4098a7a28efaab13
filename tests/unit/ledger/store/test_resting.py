"""From where on nothing new is said of a unit, and what cannot be left out though a fold says that it stays."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.judge import Judging
from ledger.read.reader import Reader
from ledger.read.verdicts import judge_units
from ledger.store.database import database_of
from ledger.store.packing import event_id
from ledger.store.resting import EVERYTHING, Resting
from ledger.store.verdicts import STILL_THERE, Judgements
from tests.support.producers import Gateway, StoryClock, claim, declare, introduce, site_in
from tests.support.swept import swept

UNIT, CHILD = "unit:A999926123456.A0001V00", "unit:A999926123456.A0002V00"
TAGS = {UNIT: "tag:E0040100", CHILD: "tag:E0040101"}
FRIDGE, BENCH = "place:fridge", "place:bench"

# Only a file is examined by runs; a server's log is replayed.
pytestmark = pytest.mark.sqlite


class Story:
    """A gateway sees tags at two places; people enter what they do."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.gateway = StoryClock(), Gateway("gw-centre")
        self.ledger = Ledger(site_in(folder), self.clock)
        introduce(self.ledger, self.gateway)
        for place in (FRIDGE, BENCH):
            names = {"organisation": "org:centre", "name_zh": "处", "name_en": "Place", "phase": "store"}
            declare(self.ledger, Draft(kinds.PlaceAdded, {"place": place, **names}))

    def enter(self, *drafts: Draft) -> int:
        """What people say; the number of the first of it in their stream."""
        self.clock.after(1)
        return claim(self.ledger, *drafts)[0].event.seq

    def open(self, unit: str, place: str) -> int:
        tagged = Draft(kinds.TagAssociated, {"unit": unit, "tag": TAGS[unit]})
        return self.enter(Draft(kinds.Opening, {"unit": unit, "place": place}), tagged)

    def see(self, unit: str, place: str, kind: type[kinds.Event] = kinds.TagArrived, *, late: float = 0) -> None:
        self.clock.after(1)
        at = format_instant(self.clock.at_ms - int(late * 60_000))
        said: dict[str, object] = {"tag": TAGS[unit], "device": "device:r", "reads": 1, "place": place}
        self.ledger.append_batch(self.gateway.say((kind, at, said if kind is kinds.TagLeft else said | {"antenna": 1})))

    def judged(self, unit: str) -> tuple[Judgements, Judgements, bool]:
        """What a unit is judged to be by everything; by what says something; and whether that is less to read."""
        with database_of(self.ledger.site).examined(lambda _check: None) as examined:
            upto = swept(self.ledger.site, examined).upto
            whole = judge_units(Reader(examined, self.ledger.site), [unit])
            reader = Reader(examined, self.ledger.site)
            short = judge_units(reader, [unit], upto=upto)
            return whole, short, reader.history.is_shortened(unit)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    made = Story(tmp_path / "site")
    with made.ledger:
        yield made


def test_nothing_is_left_out_of_what_is_not_known() -> None:
    resting = Resting()
    assert resting.upto(7) == EVERYTHING
    resting.stir([7], end=event_id(3, 0))
    resting.stir([7], end=event_id(2, 0))
    assert [resting.upto(number) for number in (6, 7, 8)] == [EVERYTHING, event_id(3, 0), EVERYTHING]
    resting.give_up([7])
    resting.stir([7], end=event_id(5, 0))
    assert resting.upto(7) == EVERYTHING


def test_a_unit_that_is_seen_where_it_is_need_not_be_read_again(story: Story) -> None:
    story.open(UNIT, FRIDGE)
    for _ in range(3):
        story.see(UNIT, FRIDGE)
    whole, short, is_less = story.judged(UNIT)
    assert is_less
    assert short == whole
    Judging(story.ledger).judge_now()
    assert examine(story.ledger.site).ok


def test_what_was_seen_before_a_late_event_says_something_after_it(story: Story) -> None:
    """It was seen in the fridge all the time, until somebody says that it lay on the bench in between."""
    story.open(UNIT, FRIDGE)
    story.see(UNIT, FRIDGE)
    story.see(UNIT, FRIDGE)
    story.see(UNIT, BENCH, late=1.5)
    whole, short, _ = story.judged(UNIT)
    assert [place for place, *_ in whole.stays] == [FRIDGE, BENCH, FRIDGE]
    assert short == whole


def test_what_came_late_and_does_not_change_the_present_may_change_the_past(story: Story) -> None:
    """It was seen on a shelf on its way to the bench, which nobody knew of until it lay on the bench."""
    story.open(UNIT, FRIDGE)
    story.clock.after(5)
    story.see(UNIT, BENCH)
    story.see(UNIT, "place:shelf", late=3)
    story.see(UNIT, BENCH)
    whole, short, _ = story.judged(UNIT)
    assert [place for place, *_ in whole.stays] == [FRIDGE, "place:shelf", BENCH]
    assert short == whole


def test_a_bag_made_of_one_that_lay_somewhere_leaves_from_there(story: Story) -> None:
    """By its own events it was nowhere, and left nothing; with those of what it was made of it left the fridge."""
    story.open(UNIT, FRIDGE)
    made = {"parents": [UNIT], "children": [kinds.Component(unit=CHILD)]}
    tagged = Draft(kinds.TagAssociated, {"unit": CHILD, "tag": TAGS[CHILD]})
    story.enter(Draft(kinds.Prepared, made), tagged)
    story.see(UNIT, FRIDGE)
    story.see(CHILD, FRIDGE, kinds.TagLeft)
    whole, short, _ = story.judged(CHILD)
    assert short == whole


def test_a_component_that_stays_where_it_was_made_need_not_be_read_again(story: Story) -> None:
    story.open(UNIT, FRIDGE)
    made = {"parents": [UNIT], "children": [kinds.Component(unit=CHILD)], "place": BENCH}
    tagged = Draft(kinds.TagAssociated, {"unit": CHILD, "tag": TAGS[CHILD]})
    story.enter(Draft(kinds.Prepared, made), tagged)
    for _ in range(3):
        story.see(CHILD, BENCH)
    whole, short, is_less = story.judged(CHILD)
    assert is_less
    assert short == whole
    assert [(place, until) for place, until, *_ in short.stays] == [(BENCH, STILL_THERE)]


def test_a_unit_whose_entry_was_taken_back_is_read_whole(story: Story) -> None:
    """No fold says any more where it is, and it is seen where the last fold had left it."""
    entered = story.open(UNIT, FRIDGE)
    story.enter(
        Draft(kinds.Corrected, {"of_stream": "web", "of_seq": entered, "reason": "another bag", "about": [UNIT]})
    )
    story.see(UNIT, FRIDGE)
    whole, short, _ = story.judged(UNIT)
    assert [place for place, *_ in whole.stays] == [FRIDGE]
    assert short == whole
