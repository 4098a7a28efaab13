"""Two donors and a pool of both: what a finding touches, onward from a donor and back from a patient."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.core import kinds
from ledger.core.errors import FormatError
from ledger.read.affected import Affected, Question, affected
from ledger.read.reader import reading
from tests.support.donors import (
    BANK,
    BOX,
    CELLS,
    CENTRE,
    CLINIC,
    DONOR,
    FRIDGE,
    HALF,
    HOSPITAL,
    LAB,
    OLD,
    ONE,
    OTHER,
    OTHER_HALF,
    PATIENT,
    PLATELETS,
    POOL,
    SECOND_PATIENT,
    TAG,
    TWO,
    WARD,
    WHOLE,
    Story,
    pooled,
    unit,
)
from tests.support.producers import MINUTE_MS, NOON_MS, Gateway, introduce


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with pooled(tmp_path) as told:
        yield told


def units(found: Affected | None) -> dict[str, tuple[str, str]]:
    assert found is not None
    return {each.unit: (str(each.why), str(each.fate)) for each in found.units}


def test_from_a_donor_to_every_unit_and_what_became_of_it(story: Story) -> None:
    found = story.of(DONOR)
    assert units(found) == {
        unit(OLD, "A0001V00"): ("made", "made_into_others"),
        unit(OLD, "A0003V00"): ("made", "in_stock"),
        WHOLE: ("made", "made_into_others"),
        CELLS: ("made", "in_stock"),
        PLATELETS: ("made", "made_into_others"),
        POOL: ("made", "made_into_others"),
        HALF: ("made", "transfused"),
        OTHER_HALF: ("made", "dispatched"),
    }
    assert found is not None
    assert found.withdrawable == tuple(sorted([unit(OLD, "A0003V00"), CELLS, OTHER_HALF]))
    assert {each.din: each.donor for each in found.donations} == {f"din:{OLD}": DONOR, f"din:{ONE}": DONOR}
    assert found.counts["transfused"] == 1
    assert sum(found.counts.values()) == len(found.units) == 8
    assert found.consignees == {
        CENTRE: tuple(sorted(units(found))),
        CLINIC: (OTHER_HALF,),
        HOSPITAL: tuple(sorted([CELLS, HALF])),
    }
    assert (found.elsewhere, found.log_size) == (0, story.ledger.size)


def test_the_window_leaves_out_what_was_given_before_its_first_day_and_says_so(story: Story) -> None:
    given = date(2025, 1, 25)  # 400 days before 1 March 2026, eight in the evening in Shanghai
    found = story.of(DONOR, first_day=date(2025, 3, 1))
    assert found is not None
    assert {each.din: str(each.standing) for each in found.donations} == {
        f"din:{OLD}": "before", f"din:{ONE}": "within",
    }  # fmt: skip
    assert not any(OLD in each.unit for each in found.units)
    assert len(found.units) == 6
    assert len(story.of(DONOR, first_day=given).units) == 8  # type: ignore[union-attr]  # it is not None
    assert len(story.of(f"din:{OLD}", first_day=date(2026, 1, 1)).units) == 2  # type: ignore[union-attr]  # the same


def test_a_units_way_is_told_place_by_place_and_holder_by_holder(story: Story) -> None:
    found = story.of(f"din:{ONE}")
    assert found is not None
    [half] = [each for each in found.units if each.unit == HALF]
    assert [stay.place for stay in half.stays] == [LAB, BOX, BANK, WARD]
    assert [each.holder for each in half.holdings] == [CENTRE, "transit", HOSPITAL]
    assert (half.notes, half.patients, half.via) == (("consignment:1",), (PATIENT,), f"din:{ONE}")


def test_back_from_a_patients_unit_to_both_donations_and_all_that_came_of_them(story: Story) -> None:
    found = story.of(HALF, direction="back")
    told = units(found)
    assert {each for each, (why, _) in told.items() if why == "source"} == {
        POOL, PLATELETS, unit(TWO, "A0004V00"), WHOLE, unit(TWO, "A0001V00"),
    }  # fmt: skip
    assert {each for each, (why, _) in told.items() if why == "made"} == {OTHER_HALF, CELLS, unit(TWO, "A0002V00")}
    assert found is not None
    assert {each.din: each.donor for each in found.donations} == {f"din:{ONE}": DONOR, f"din:{TWO}": OTHER}
    assert not any(OLD in each for each in told), "the donor's other donations are a walk of their own"
    assert set(units(story.of(HALF))) == {HALF}, "onward, nothing was made of it"


def test_a_unit_that_came_back_and_was_issued_again_names_both_patients(story: Story) -> None:
    story.claim(kinds.Issued, unit=CELLS, patient=PATIENT, place=WARD)
    story.claim(kinds.Returned, unit=CELLS, place=BANK)
    told = {"dispatch_note": "consignment:3", "units": [CELLS], "outcome": "accepted", "place": BANK}
    story.claim(kinds.Received, **told)
    story.claim(kinds.Issued, unit=CELLS, patient=SECOND_PATIENT, place=WARD)
    found = story.of(CELLS)
    assert found is not None
    assert found.units[0].patients == (PATIENT, SECOND_PATIENT)
    assert str(found.units[0].fate) == "issued"


def test_a_place_and_a_time_name_every_unit_that_was_there_then(story: Story) -> None:
    gateway = Gateway("gw-centre")
    introduce(story.ledger, gateway)
    story.claim(kinds.TagAssociated, unit=unit(TWO, "A0002V00"), tag=TAG, place=LAB)
    came = story.clock.after(10)
    seen = {"tag": TAG, "place": FRIDGE, "device": "device:gw-centre/uhf-1", "antenna": 1, "reads": 3}
    gone = story.clock.after(30)
    left = {"tag": TAG, "place": FRIDGE, "device": "device:gw-centre/uhf-1", "reads": 9}
    bodies = gateway.events([(kinds.TagArrived, came, seen), (kinds.TagLeft, gone, left)], "c")
    story.ledger.append_batch(gateway.seal(bodies, "c", time=gone))
    end, start = story.clock.at_ms, story.clock.at_ms - 30 * MINUTE_MS
    red = {unit(TWO, "A0002V00")}
    assert set(units(story.of(FRIDGE))) == red
    assert set(units(story.of(FRIDGE, since_ms=end))) == red, "both ends belong to the span"
    assert set(units(story.of(FRIDGE, until_ms=start))) == red
    assert story.of(FRIDGE, since_ms=end + 1) is None
    assert story.of(FRIDGE, until_ms=start - 1) is None
    assert set(units(story.of(BOX))) == {CELLS, HALF, OTHER_HALF}
    assert {OTHER_HALF, HALF, POOL} < set(units(story.of(LAB, until_ms=start))), "and what was made of them"


def test_a_lot_is_followed_to_what_it_went_into(story: Story) -> None:
    washed = {"parents": [unit(TWO, "A0002V00")], "children": [kinds.Component(unit=unit(TWO, "A0005V00"))]}
    story.claim(kinds.Washed, **washed, lots=["lot:solution/S-1"], place=LAB)
    assert units(story.of("lot:solution/S-1")) == {unit(TWO, "A0005V00"): ("named", "in_stock")}
    assert story.of("lot:solution/NEVER") is None


def test_an_organisation_sees_what_it_held_and_what_was_made_of_that_and_how_many_more_there_are(story: Story) -> None:
    assert story.of(CELLS, organisation=CLINIC) is None
    assert story.of(DONOR, organisation="org:stranger") is None
    found = story.of(HALF, organisation=HOSPITAL, direction="back")
    assert set(units(found)) == {HALF, CELLS}
    assert found is not None
    assert (found.elsewhere, dict(found.consignees)) == (7, {CENTRE: tuple(sorted([CELLS, HALF]))})

    quarter = unit(ONE, "A0007VA1")
    rest = {"parents": [CELLS], "children": [kinds.Component(unit=quarter)], "place": BANK}
    story.claim(kinds.Irradiated, **rest)
    of_the_centre = story.of(f"din:{ONE}", organisation=CENTRE)
    assert units(of_the_centre)[quarter] == ("made", "dispatched"), "the centre never held it, and must recall it"
    assert of_the_centre is not None
    assert of_the_centre.elsewhere == 0
    assert CENTRE not in of_the_centre.consignees
    assert of_the_centre.consignees[HOSPITAL] == tuple(sorted([CELLS, HALF, quarter]))


@pytest.mark.parametrize("question", [Question("org:centre"), Question(f"din:{ONE}", "back")])
def test_what_cannot_be_asked_says_what_can(story: Story, question: Question) -> None:
    with reading(story.ledger.site) as reader, pytest.raises(FormatError, match="expected a"):
        affected(reader, question, organisation=None, now_ms=NOON_MS)
