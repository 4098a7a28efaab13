"""A unit folds as corrected, and a step that a correction leaves impossible is told."""

from msgspec import structs

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.ids import format_instant
from ledger.folding.course import contradiction
from ledger.folding.fold import UnitFold, fold_unit
from ledger.folding.places import Places

UNIT = "unit:A999926123456.E0382V00"
DIN = "din:A999926123456"
PERSON = "person:" + "c" * 32
PLACES = Places({"place:centre": "org:centre", "place:lab": "org:centre"}, {"org:centre": "blood_centre"})
EXPIRES = "2026-04-05T12:00:00.000Z"


class Story:
    """What people said of one unit, one event a batch, each with the minute when it happened."""

    def __init__(self) -> None:
        self.history: list[Recorded] = []

    def make(self, minute: int, kind: type[kinds.Event], index: int | None = None, **fields: object) -> Recorded:
        place = len(self.history) if index is None else index
        event = kind(
            v=1, stream="web", seq=place + 1, nonce="0" * 32, time=format_instant(minute * 60_000),
            clock="synchronised", **fields,
        )  # type: ignore[arg-type]  # fmt: skip
        return Recorded(event, place, 0)  # type: ignore[arg-type]

    def tell(self, minute: int, kind: type[kinds.Event], **fields: object) -> "Story":
        self.history.append(self.make(minute, kind, **fields))
        return self

    def correction(self, seq: int, *, replaced: bool) -> dict[str, object]:
        instead = len(self.history) + 2 if replaced else None
        return {"of_stream": "web", "of_seq": seq, "reason": "a slip", "about": [UNIT, DIN], "instead": instead}

    def strike(self, minute: int, seq: int) -> "Story":
        return self.tell(minute, kinds.Corrected, **self.correction(seq, replaced=False))

    def replace(self, minute: int, seq: int, at: int, kind: type[kinds.Event], **fields: object) -> "Story":
        self.tell(minute, kinds.Corrected, **self.correction(seq, replaced=True))
        beside = structs.replace(self.make(at, kind, **fields), log_index=len(self.history) - 1, position=1)
        self.history.append(beside)
        return self

    def fold(self) -> UnitFold:
        found = fold_unit(self.history, UNIT, places=PLACES)
        assert found is not None
        return found


def released() -> Story:
    """Collected (1), found fit (2), labelled (3), released (4)."""
    return (
        Story()
        .tell(0, kinds.Collected, unit=UNIT, donor=PERSON, place="place:centre")
        .tell(2, kinds.Tested, din=DIN, overall="fit", abo="A", rhd="positive")
        .tell(5, kinds.Labelled, unit=UNIT, abo="A", rhd="positive", expires=EXPIRES)
        .tell(10, kinds.Released, unit=UNIT)
    )


def rules(folded: UnitFold) -> list[str]:
    return [finding.rule for finding in folded.findings]


def test_a_corrected_label_counts_without_a_hold_and_without_a_mismatch() -> None:
    story = released()
    story.replace(20, 3, 5, kinds.Labelled, unit=UNIT, abo="A", rhd="positive", expires="2026-04-01T12:00:00.000Z")
    folded = story.fold()
    assert (folded.state, folded.on_hold, folded.findings) == ("available", False, ())
    assert folded.expires_ms == 1_775_044_800_000


def test_a_group_that_was_mistyped_is_no_mismatch_any_more() -> None:
    story = released()
    story.history[2] = story.make(5, kinds.Labelled, 2, unit=UNIT, abo="B", rhd="positive", expires=EXPIRES)
    assert rules(story.fold()) == ["group.mismatch"]
    story.replace(20, 3, 5, kinds.Labelled, unit=UNIT, abo="A", rhd="positive", expires=EXPIRES)
    assert (rules(story.fold()), story.fold().abo) == ([], "A")


def test_a_result_that_becomes_unfit_leaves_the_release_impossible_and_the_unit_on_hold() -> None:
    story = released().replace(20, 2, 2, kinds.Tested, din=DIN, overall="unfit", abo="A", rhd="positive")
    folded = story.fold()
    assert (folded.state, folded.on_hold) == ("quarantined", True)
    assert rules(folded) == ["state.corrected"], "told once, at the correction"
    assert "released at 1970-01-01T00:10:00.000Z" in folded.findings[0].text
    assert folded.findings[0].at.event.seq == 5


def test_a_person_settles_what_a_correction_left_open() -> None:
    story = released().replace(20, 2, 2, kinds.Tested, din=DIN, overall="unfit", abo="A", rhd="positive")
    story.tell(30, kinds.QuarantineLifted, unit=UNIT, second=PERSON)
    assert (story.fold().state, story.fold().on_hold) == ("pending", False)


def test_withdrawing_that_correction_brings_the_unit_back() -> None:
    story = released().replace(20, 2, 2, kinds.Tested, din=DIN, overall="unfit", abo="A", rhd="positive")
    story.strike(25, 5)
    assert story.fold().state == "available"
    assert story.fold().abo == "A"


def test_a_step_that_was_struck_out_leaves_what_followed_to_a_person() -> None:
    story = released().tell(12, kinds.Packed, box="box:1", units=[UNIT]).strike(20, 4)
    folded = story.fold()
    assert (folded.state, folded.on_hold, rules(folded)) == ("pending", True, ["state.corrected"])
    assert folded.findings[0].text.count("packed") >= 1


def test_a_unit_that_has_ended_is_not_held_but_told_of() -> None:
    story = released().tell(12, kinds.Transfused, unit=UNIT, patient=PERSON).strike(20, 4)
    assert (story.fold().state, story.fold().on_hold) == ("transfused", False)


def test_a_place_that_was_mistyped_is_not_where_it_was() -> None:
    story = released().tell(11, kinds.Stored, unit=UNIT, place="place:lab")
    assert story.fold().place == "place:lab"
    story.replace(20, 5, 11, kinds.Stored, unit=UNIT, place="place:centre")
    assert story.fold().place == "place:centre"


def test_what_stands_in_is_judged_where_the_wrong_one_stood() -> None:
    story = released()
    story.tell(20, kinds.Corrected, **story.correction(1, replaced=True))
    again = story.make(0, kinds.Collected, unit=UNIT, donor=PERSON, place="place:lab")
    assert contradiction(story.history, again, UNIT, places=PLACES) is None, "not collected twice"
    other = released()
    refused = contradiction(other.history, other.make(0, kinds.Collected, unit=UNIT, donor=PERSON), UNIT, places=PLACES)
    assert isinstance(refused, Refused), "without a correction it would be"


def test_what_stands_in_must_have_been_possible_there() -> None:
    story = released()
    story.tell(20, kinds.Corrected, **story.correction(3, replaced=True))
    sealed = story.make(5, kinds.Sealed, box="box:1", units=[UNIT], seal="s")
    refused = contradiction(story.history, sealed, UNIT, places=PLACES)
    assert isinstance(refused, Refused)
    assert refused.step == "lifecycle.step"


def test_a_correction_in_the_past_of_the_unit_can_be_made_whatever_it_is_now() -> None:
    story = released().tell(12, kinds.Transfused, unit=UNIT, patient=PERSON)
    pointing = story.make(20, kinds.Corrected, **story.correction(3, replaced=False))
    assert contradiction(story.history, pointing, UNIT, places=PLACES) is None


def test_a_unit_that_has_ended_is_told_of_where_a_step_could_not_have_followed() -> None:
    story = released().tell(11, kinds.Packed, box="box:1", units=[UNIT])
    story.tell(12, kinds.Transfused, unit=UNIT, patient=PERSON).strike(20, 4)
    folded = story.fold()
    assert (folded.state, folded.on_hold, rules(folded)) == ("transfused", False, ["state.corrected"])


def test_what_stands_in_is_judged_in_its_place_also_where_it_happened_later() -> None:
    story = released()
    story.tell(20, kinds.Corrected, **story.correction(3, replaced=True))
    later = story.make(20, kinds.Labelled, unit=UNIT, abo="A", rhd="positive", expires=EXPIRES)
    assert contradiction(story.history, later, UNIT, places=PLACES) is None
