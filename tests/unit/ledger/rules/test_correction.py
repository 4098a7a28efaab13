"""Who may correct what people said: every row of the table, each rule met exactly and just missed."""

from dataclasses import replace

import pytest

from ledger.core.events import KINDS_OF, Carrier
from ledger.rules.correction import ENTERING, FIXED, TABLE, Corrector, Sort, Wrong, refuse, sort_of

UNIT, OTHER = "unit:A999926123456.E0382V00", "unit:A999926123457.E0382V00"
TECHNICIAN = Corrector(may_record=True, quality=False, same_organisation=True, second=False)
OFFICER = Corrector(may_record=False, quality=True, same_organisation=True, second=False)
STORED = Wrong("stored", said_by_person=True, units=(UNIT,), of="stored")
TESTED = Wrong("tested", said_by_person=True, units=(), of="tested")
COLLECTED = Wrong("collected", said_by_person=True, units=(UNIT,), of="collected")
CORRECTED = Wrong("corrected", said_by_person=True, units=(UNIT,), of="stored")


def rule(wrong: Wrong, by: Corrector, instead: tuple[str, ...] | None = (UNIT,)) -> str | None:
    answer = refuse(wrong, by, instead=instead)
    return None if answer is None else answer.rule


def signed(by: Corrector) -> Corrector:
    return replace(by, second=True)


def test_the_table_names_kinds_that_people_assert() -> None:
    assert set(TABLE) | ENTERING <= KINDS_OF[Carrier.WEB]
    assert {kind for kind, sort in TABLE.items() if sort is Sort.FIXED} == set(FIXED)


def test_a_slip_is_corrected_by_who_may_record_the_step_or_a_quality_officer() -> None:
    assert rule(STORED, TECHNICIAN) is None
    assert rule(STORED, OFFICER) is None
    assert rule(STORED, replace(TECHNICIAN, may_record=False)) == "correction.person"


def test_a_slip_may_have_been_about_another_unit_or_about_none() -> None:
    assert rule(STORED, TECHNICIAN, (OTHER,)) is None
    assert rule(STORED, TECHNICIAN, None) is None


def test_what_decides_about_use_takes_a_quality_officer_and_a_second_person() -> None:
    assert rule(TESTED, signed(TECHNICIAN), ()) == "correction.quality"
    assert rule(TESTED, OFFICER, ()) == "correction.two-persons"
    assert rule(TESTED, signed(OFFICER), ()) is None
    assert rule(TESTED, signed(OFFICER), None) is None


@pytest.mark.parametrize("kind", ["tested", "labelled", "released", "issued", "transfused", "quarantined", "recalled"])
def test_every_kind_that_the_table_does_not_name_is_weighty(kind: str) -> None:
    assert sort_of(kind) is Sort.WEIGHTY


@pytest.mark.parametrize("kind", ["handed_over", "shift_handed_over"])
def test_what_two_persons_signed_nobody_corrects_alone(kind: str) -> None:
    passed = Wrong(kind, said_by_person=True, units=(UNIT,), of=kind)
    assert rule(passed, TECHNICIAN) == "correction.quality"
    assert rule(passed, OFFICER) == "correction.two-persons"
    assert rule(passed, signed(OFFICER)) is None


@pytest.mark.parametrize("kind", ["ordered", "order_cancelled", "allocated", "dispatch_checked"])
def test_an_order_and_what_fills_it_have_steps_back_of_their_own(kind: str) -> None:
    assert rule(Wrong(kind, said_by_person=True, units=(UNIT,), of=kind), signed(OFFICER)) == "correction.fixed"
    assert rule(Wrong("corrected", said_by_person=True, units=(UNIT,), of=kind), signed(OFFICER), None) == (
        "correction.fixed"
    )


def test_what_decides_about_use_keeps_its_units() -> None:
    released = Wrong("released", said_by_person=True, units=(UNIT,), of="released")
    assert rule(released, signed(OFFICER), (OTHER,)) == "correction.units"
    assert rule(released, signed(OFFICER), (UNIT,)) is None
    assert rule(released, signed(OFFICER), (UNIT, OTHER)) == "correction.units"
    both = replace(released, units=(UNIT, OTHER))
    assert rule(both, signed(OFFICER), (UNIT,)) == "correction.units"
    assert rule(both, signed(OFFICER), (OTHER, UNIT)) is None


@pytest.mark.parametrize("kind", sorted(FIXED))
def test_some_cannot_be_corrected_and_the_reason_says_what_to_do(kind: str) -> None:
    answer = refuse(Wrong(kind, said_by_person=True, units=(UNIT,), of=kind), signed(OFFICER), instead=(UNIT,))
    assert answer is not None
    assert answer.rule == "correction.fixed"
    assert FIXED[kind] in answer.reason


def test_what_brought_a_unit_into_the_ledger_is_replaced_and_never_struck_out() -> None:
    assert rule(COLLECTED, signed(OFFICER), None) == "correction.entering"
    assert rule(COLLECTED, signed(OFFICER), (OTHER,)) == "correction.units"
    assert rule(COLLECTED, signed(OFFICER), (UNIT,)) is None


def test_what_a_device_observed_is_commented_on() -> None:
    seen = Wrong("tag_arrived", said_by_person=False, units=(UNIT,))
    assert rule(seen, signed(OFFICER), None) == "correction.observed"


def test_nobody_corrects_what_was_corrected_before() -> None:
    assert rule(replace(STORED, struck=True), TECHNICIAN) == "correction.done"


def test_what_quality_approved_is_corrected_after_the_approval_alone() -> None:
    asked = Wrong("discard_requested", said_by_person=True, units=(UNIT,), of="discard_requested")
    assert rule(asked, TECHNICIAN) is None
    approved = replace(asked, approved=True)
    assert [rule(approved, by, instead) for by in (TECHNICIAN, signed(OFFICER)) for instead in (None, (UNIT,))] == [
        "correction.approved"
    ] * 4
    put_there = replace(CORRECTED, of="discard_requested", approved=True)
    assert rule(put_there, signed(OFFICER), None) == "correction.approved"


def test_nobody_corrects_what_another_organisation_said() -> None:
    assert rule(STORED, replace(TECHNICIAN, same_organisation=False)) == "correction.foreign"


def test_a_correction_is_withdrawn_by_who_may_correct_what_it_corrected() -> None:
    assert rule(CORRECTED, TECHNICIAN, None) is None
    assert rule(CORRECTED, TECHNICIAN, (UNIT,)) == "correction.withdrawn"
    assert rule(replace(CORRECTED, of="tested"), signed(TECHNICIAN), None) == "correction.quality"
    assert rule(replace(CORRECTED, of="tested"), signed(OFFICER), None) is None
    assert rule(replace(CORRECTED, relied_on=True), TECHNICIAN, None) == "correction.relied-on"
