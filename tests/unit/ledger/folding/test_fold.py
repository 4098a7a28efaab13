"""What a unit's history makes of it, told out of order as it arrives."""

import random
from collections.abc import Sequence

import pytest
from msgspec import structs

from ledger.core import kinds
from ledger.core.custody import Recorded, subjects
from ledger.core.errors import Refused
from ledger.core.ids import din_of, format_instant
from ledger.folding import course, observing
from ledger.folding.fold import UnitFold, fold_unit
from ledger.folding.places import Places

UNIT = "unit:A999926123456.E0382V00"
WHOLE = "unit:A999926123456.E0001V00"
DIN = "din:A999926123456"
PERSON = "person:" + "c" * 32
PLACES = Places(
    {"place:centre": "org:centre", "place:hospital": "org:hospital"},
    {"org:centre": "blood_centre", "org:hospital": "hospital"},
)


class Story:
    """Events in the order in which the ledger learns of them, each with the minute when it happened."""

    def __init__(self) -> None:
        self.history: list[Recorded] = []

    def tell(self, minute: int, kind: type[kinds.Event], *, clock: str = "synchronised", **fields: object) -> "Story":
        event = kind(
            v=1, stream="web", seq=1, nonce="0" * 32, time=format_instant(minute * 60_000), clock=clock, **fields
        )  # fmt: skip
        self.history.append(Recorded(event, len(self.history), 0, trusted=clock == "synchronised"))
        return self

    def of(self, unit: str) -> list[Recorded]:
        """The unit's own history; here every sighting is of its tag."""
        return [
            each
            for each in self.history
            if {unit, din_of(unit)} & set(subjects(each.event))
            or isinstance(each.event, kinds.TagArrived | kinds.TagLeft)
        ]

    def fold(self, unit: str = UNIT) -> UnitFold:
        found = fold_unit(self.of(unit), unit, places=PLACES)
        assert found is not None
        return found


def released() -> Story:
    return (
        Story()
        .tell(0, kinds.Collected, unit=UNIT, donor=PERSON, place="place:centre")
        .tell(5, kinds.Labelled, unit=UNIT, abo="A", rhd="positive", expires="2026-04-05T12:00:00.000Z")
        .tell(10, kinds.Released, unit=UNIT)
    )


def rules(folded: UnitFold) -> list[str]:
    return [finding.rule for finding in folded.findings]


def test_a_story_told_in_order_folds_without_findings() -> None:
    folded = released().fold()
    assert (folded.state, folded.on_hold, folded.place, folded.holder) == (
        "available", False, "place:centre", "org:centre",
    )  # fmt: skip
    assert (folded.abo, folded.rhd, folded.expires_ms) == ("A", "positive", 1_775_390_400_000)
    assert folded.findings == ()
    assert folded.organisations == ("org:centre",)
    assert folded.changed_ms == 600_000


def test_nobody_has_entered_the_unit() -> None:
    story = Story().tell(0, kinds.Tested, din=DIN, overall="fit")
    assert fold_unit(story.history, UNIT, places=PLACES) is None


def test_a_withdrawing_fact_takes_effect_however_late() -> None:
    folded = released().tell(3, kinds.Quarantined, unit=UNIT, reason="late call").fold()
    assert (folded.state, folded.on_hold) == ("quarantined", False)


@pytest.mark.parametrize(("kind", "state"), [("recalled", "recalled"), ("discarded", "discarded")])
def test_the_other_withdrawing_facts_too(kind: str, state: str) -> None:
    late = {
        "recalled": (kinds.Recalled, {"units": [UNIT], "reason": "donor"}),
        "discarded": (kinds.Discarded, {"unit": UNIT}),
    }[kind]
    assert released().tell(3, late[0], **late[1]).fold().state == state


def test_any_other_late_event_that_would_change_the_present_puts_the_unit_on_hold() -> None:
    folded = released().tell(7, kinds.Nonconforming, unit=UNIT).fold()
    assert (folded.state, folded.on_hold) == ("available", True)
    assert rules(folded) == ["state.late"]


def test_a_late_event_that_changes_nothing_is_no_matter() -> None:
    folded = released().tell(7, kinds.Moved, unit=UNIT, place="place:centre").fold()
    assert (folded.state, folded.on_hold, folded.findings) == ("available", False, ())


def test_a_person_settles_a_hold() -> None:
    story = released().tell(7, kinds.Nonconforming, unit=UNIT)
    story.tell(20, kinds.QuarantineLifted, unit=UNIT, second=PERSON)
    folded = story.fold()
    assert (folded.state, folded.on_hold) == ("pending", False), "released anew, as the life cycle says"


def test_while_on_hold_it_stays_so_wherever_it_is_sent() -> None:
    """It may go back to its station; that it goes nowhere else is asked where a dispatch is recorded."""
    story = released().tell(7, kinds.Nonconforming, unit=UNIT)
    story.tell(20, kinds.Dispatched, dispatch_note="consignment:1", units=[UNIT], to="org:hospital")
    folded = story.fold()
    assert (folded.state, folded.on_hold) == ("available", True)
    assert rules(folded) == ["state.late"]


def test_an_event_with_an_untrusted_clock_is_never_late() -> None:
    folded = released().tell(7, kinds.Nonconforming, clock="unsynchronised", unit=UNIT).fold()
    assert (folded.state, folded.on_hold) == ("quarantined", False)


def test_a_contradiction_changes_nothing_and_is_found() -> None:
    folded = released().tell(20, kinds.Transfused, unit=UNIT, patient=PERSON).tell(30, kinds.Moved, unit=UNIT).fold()
    assert folded.state == "transfused"
    assert rules(folded) == ["state.contradiction"]


@pytest.mark.parametrize(
    ("kind", "fields", "state"),
    [
        (kinds.Transfused, {"unit": UNIT, "patient": PERSON}, "transfused"),
        (kinds.Discarded, {"unit": UNIT}, "discarded"),
        (kinds.Washed, {"parents": [UNIT], "children": [kinds.Component(unit=WHOLE)]}, "consumed"),
    ],
)
def test_a_bag_that_is_seen_after_its_end_is_kept_as_seen_and_found(
    kind: type[kinds.Event], fields: dict[str, object], state: str
) -> None:
    story = released().tell(20, kind, **fields)
    see(story, 15, kinds.TagArrived, "place:centre")
    known = story.fold()
    assert (known.state, rules(known)) == (state, [])
    seen, at_ms = see(story, 30, kinds.TagArrived, "place:hospital")
    assert observing.observe(known, seen, at_ms, latest_ms=known.latest_ms) is None, "its history has to be folded"
    see(story, 31, kinds.TagLeft, "place:hospital")
    see(story, 32, kinds.TagArrived, "place:hospital")
    story.tell(33, kinds.LabelScanned, device="device:s", unit=UNIT, place="place:centre")
    folded = story.fold()
    assert (folded.state, rules(folded)) == (state, ["state.seen-after-end"] * 2)
    assert folded.findings[0].text == f"tag_arrived at place:hospital, and it is {state} since before"


def test_an_empty_bag_that_was_handed_back_may_be_seen() -> None:
    story = released().tell(20, kinds.Transfused, unit=UNIT, patient=PERSON).tell(25, kinds.BagReturned, unit=UNIT)
    see(story, 30, kinds.TagArrived, "place:hospital")
    assert story.fold().findings == ()


def test_a_scan_of_the_donation_alone_or_of_another_bag_shows_nothing_of_one_that_ended() -> None:
    story = released().tell(20, kinds.Transfused, unit=UNIT, patient=PERSON)
    story.tell(30, kinds.LabelScanned, device="device:s", din=DIN, place="place:centre")
    story.tell(31, kinds.LabelScanned, device="device:s", din=DIN, unit=WHOLE, place="place:centre")
    assert story.fold().findings == ()


def test_a_component_inherits_that_its_donation_was_found_unfit() -> None:
    story = Story().tell(0, kinds.Collected, unit=WHOLE, donor=PERSON, place="place:centre")
    story.tell(10, kinds.Tested, din=DIN, overall="unfit")
    story.tell(11, kinds.QuarantineLifted, unit=WHOLE)
    story.tell(20, kinds.Prepared, parents=[WHOLE], children=[kinds.Component(unit=UNIT)], place="place:centre")
    assert story.fold(WHOLE).state == "consumed"
    assert story.fold(UNIT).state == "quarantined"


def test_a_fit_donation_gives_pending_components_and_keeps_their_expiry() -> None:
    story = Story().tell(0, kinds.Collected, unit=WHOLE, donor=PERSON, place="place:centre")
    story.tell(10, kinds.Tested, din=DIN, overall="fit", abo="O", rhd="negative")
    child = kinds.Component(unit=UNIT, expires="2026-04-05T12:00:00.000Z")
    story.tell(20, kinds.Prepared, parents=[WHOLE], children=[child], place="place:centre")
    folded = story.fold(UNIT)
    assert (folded.state, folded.abo, folded.rhd) == ("pending", "O", "negative")
    assert folded.expires_ms == 1_775_390_400_000


def test_a_product_cannot_be_made_twice_nor_from_nothing() -> None:
    story = Story().tell(0, kinds.Collected, unit=WHOLE, donor=PERSON)
    made = {"parents": [WHOLE], "children": [kinds.Component(unit=UNIT)]}
    story.tell(20, kinds.Prepared, **made)
    again = Story().tell(30, kinds.Prepared, **made).history[0]
    again = Recorded(again.event, 9, 0)
    answer = course.contradiction(story.history, again, UNIT, places=PLACES)
    assert isinstance(answer, Refused)
    assert answer.step == "transformation.child-exists"
    assert "exists already" in answer.reason
    answer = course.contradiction([], again, WHOLE, places=PLACES)
    assert isinstance(answer, Refused)
    assert answer.step == "transformation.parent-unknown"
    assert "nobody has entered" in answer.reason


@pytest.mark.parametrize(("place", "state"), [("place:centre", "available"), ("place:hospital", "in_hospital")])
def test_who_accepts_a_unit_decides_what_it_becomes(place: str, state: str) -> None:
    story = released().tell(20, kinds.Dispatched, dispatch_note="consignment:1", units=[UNIT], to="org:hospital")
    story.tell(30, kinds.Received, dispatch_note="consignment:1", units=[UNIT], outcome="accepted", place=place)
    assert story.fold().state == state


def test_a_quarantine_is_lifted_where_the_unit_is() -> None:
    story = released().tell(20, kinds.Dispatched, dispatch_note="consignment:1", units=[UNIT], to="org:hospital")
    received = {"dispatch_note": "consignment:1", "units": [UNIT], "outcome": "accepted", "place": "place:hospital"}
    story.tell(30, kinds.Received, **received).tell(40, kinds.Quarantined, unit=UNIT)
    assert story.tell(50, kinds.QuarantineLifted, unit=UNIT).fold().state == "in_hospital"


def test_a_label_that_says_another_group_is_found() -> None:
    story = released().tell(12, kinds.LabelScanned, device="device:s", unit=UNIT, abo="B", rhd="positive")
    folded = story.fold()
    assert (folded.abo, rules(folded)) == ("A", ["group.mismatch"])


def test_what_was_sent_may_be_read_by_who_was_sent_it() -> None:
    story = released().tell(20, kinds.Dispatched, dispatch_note="consignment:1", units=[UNIT], to="org:hospital")
    folded = story.fold()
    assert (folded.holder, folded.organisations) == ("transit", ("org:centre", "org:hospital"))


def sightings(seed: int) -> Sequence[tuple[int, type[kinds.Event], str | None]]:
    dice = random.Random(seed)  # noqa: S311  a repeatable story
    places = ["place:centre", "place:hospital", None]
    kinds_seen = [kinds.TagArrived, kinds.TagArrived, kinds.TagLeft, kinds.UnknownTagSeen]
    return [(dice.randrange(60), dice.choice(kinds_seen), dice.choice(places)) for _ in range(12)]


def see(story: Story, minute: int, kind: type[kinds.Event], place: str | None) -> tuple[kinds.Seen, int]:
    """Tell a sighting; answer it with its time in milliseconds."""
    fields = {} if kind is kinds.TagLeft else {"antenna": 1}
    story.tell(minute, kind, tag="tag:E0040100", device="device:r", reads=1, place=place, **fields)
    return story.history[-1].event, story.history[-1].time_ms  # type: ignore[return-value]  # a sighting was told


def as_stored(folded: UnitFold) -> UnitFold:
    """What a row tells of it."""
    return structs.replace(folded, moved_ms=None, arrived_ms=None, latest_ms=None)


@pytest.mark.parametrize("seed", range(100))
def test_the_short_way_for_sightings_says_what_the_whole_fold_says(seed: int) -> None:
    """Whether it goes on from a fold, from what it said itself, or from no more than a row tells."""
    story = released()
    known = story.fold()
    latest_ms = known.latest_ms
    assert latest_ms is not None
    short = 0
    for minute, kind, place in sightings(seed):
        row = as_stored(known)
        seen, at_ms = see(story, minute, kind, place)
        whole = story.fold()
        told = (
            observing.observe(known, seen, at_ms, latest_ms=latest_ms),
            observing.observe(row, seen, at_ms, latest_ms=None),
            observing.observe(row, seen, at_ms, latest_ms=latest_ms),
        )
        assert {as_stored(each) for each in told if each is not None} <= {as_stored(whole)}
        if told[0] is not None:
            short += 1
            assert told[0].moved_ms == whole.moved_ms
        known = told[0] or whole
        latest_ms = max(latest_ms, at_ms)
    assert short, "the short way was taken"


def test_a_tag_that_is_seen_where_it_was_changes_nothing_whenever_it_was_seen_and_whatever_is_forgotten() -> None:
    story = released()
    see(story, 20, kinds.TagArrived, "place:a/1")
    known = as_stored(story.fold())
    assert known.changed_ms == 20 * 60_000
    for minute in (50, 30, 20):
        seen, at_ms = see(story, minute, kinds.TagArrived, "place:a/1")
        assert observing.observe(known, seen, at_ms, latest_ms=None) is known
    assert as_stored(story.fold()) == known
    seen, at_ms = see(story, 40, kinds.TagArrived, "place:a/2")
    assert observing.observe(known, seen, at_ms, latest_ms=None) is None, "it was elsewhere at 50, which no row tells"
    assert story.fold().changed_ms == 50 * 60_000


def test_a_sighting_from_before_the_unit_came_to_be_here_needs_no_history_and_any_other_late_one_does() -> None:
    story = released()
    see(story, 20, kinds.TagArrived, "place:a/1")
    see(story, 30, kinds.TagArrived, "place:a/1")
    here = story.fold()
    see(story, 40, kinds.TagLeft, "place:a/1")
    gone = story.fold()
    for minute, place, needs_history_here, needs_history_gone in (
        (19, "place:a/2", False, False),
        (19, "place:a/1", True, False),
        (25, "place:a/2", True, False),
        (29, "place:a/2", True, False),
        (30, "place:a/2", False, True),
        (35, "place:a/2", False, True),
    ):
        seen, at_ms = see(Story(), minute, kinds.TagArrived, place)
        for known, needs_history in ((here, needs_history_here), (gone, needs_history_gone)):
            observed = observing.observe(known, seen, at_ms, latest_ms=known.latest_ms)
            assert (observed is None) is needs_history, (minute, place, known.place)


def test_the_state_does_not_depend_on_what_devices_saw() -> None:
    for seed in range(20):
        story = released()
        for minute, kind, place in sightings(seed):
            see(story, minute, kind, place)
        assert (story.fold().state, story.fold().on_hold) == ("available", False)


def test_a_sighting_where_a_unit_is_lets_it_stay_unless_it_is_no_more_or_its_tag_says_something() -> None:
    here = {"tag": "tag:E28011", "device": "device:gw/1", "place": "place:centre"}
    seen = Story().tell(60, kinds.TagArrived, antenna=1, reads=1, **here).history[0].event
    left = Story().tell(60, kinds.TagLeft, reads=1, **here).history[0].event
    read = Story().tell(60, kinds.TagMemoryRead, outcome="blank", **here).history[0].event
    assert isinstance(seen, kinds.TagArrived)
    assert isinstance(left, kinds.TagLeft)
    assert isinstance(read, kinds.TagMemoryRead)
    known = released().fold()
    ended = structs.replace(known, state="discarded")
    assert [observing.stays(each, seen, 60 * 60_000) for each in (known, ended)] == [True, False]
    assert [observing.stays(known, each, 60 * 60_000) for each in (left, read)] == [False, False]
    assert not observing.stays(known, seen, known.changed_ms - 1)
