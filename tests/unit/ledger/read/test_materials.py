"""A bad lot of bags, and what it reached."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.errors import FormatError
from ledger.read.materials import Touched, subject_of, touched
from ledger.read.reader import reading
from tests.support.producers import MINUTE_MS, NOON_MS, StoryClock, claim, declare, site_in

ONE, TWO, THREE = (f"A99992600000{n}" for n in (1, 2, 3))
LAB, WARD = "place:centre/lab", "place:hospital/bank"
BAGS, SALINE, KIT = "lot:bag/HW2405-17", "lot:solution/SAG-M-0412", "lot:reagent/HBV-77"
MACHINE, CONTAINER = "equipment:CENTRIFUGE-2", "container:HW2405-17-0003"


def whole(din: str) -> str:
    return f"unit:{din}.A0001V00"


def red(din: str) -> str:
    return f"unit:{din}.A0002V00"


def plasma(din: str) -> str:
    return f"unit:{din}.A0003V00"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Two donations in bags of one lot, a third in another; the red cells of the first are washed and sent away."""
    named = {"name_zh": "某处", "name_en": "Somewhere"}
    with Ledger(site_in(tmp_path / "site"), StoryClock(NOON_MS + MINUTE_MS)) as opened:
        for org, role, place in (("org:centre", "blood_centre", LAB), ("org:hospital", "hospital", WARD)):
            declare(opened, Draft(kinds.OrganisationAdded, {"organisation": org, "role": role} | named))
            declare(opened, Draft(kinds.PlaceAdded, {"place": place, "organisation": org} | named))
        for din, lots in ((ONE, [BAGS]), (TWO, [BAGS]), (THREE, ["lot:bag/OTHER"])):
            donor = "person:" + din[-1] * 32
            claim(opened, Draft(kinds.Collected, {"unit": whole(din), "donor": donor, "lots": lots, "place": LAB}))
        parts = [kinds.Component(unit=red(ONE), container=CONTAINER), kinds.Component(unit=plasma(ONE))]
        made = {"parents": [whole(ONE)], "children": parts, "lots": [SALINE], "equipment": [MACHINE], "place": LAB}
        claim(opened, Draft(kinds.Prepared, made))
        washed = [kinds.Component(unit=f"unit:{ONE}.A0012V00")]
        claim(opened, Draft(kinds.Washed, {"parents": [red(ONE)], "children": washed, "place": LAB}))
        tested = {"din": f"din:{TWO}", "overall": "fit", "lots": [KIT], "sample": "sample:S-2"}
        claim(opened, Draft(kinds.Tested, tested))
        yield opened


def of(ledger: Ledger, subject: str, organisation: str | None = None) -> Touched | None:
    with reading(ledger.site) as reader:
        return touched(reader, subject, organisation=organisation, now_ms=NOON_MS)


def units(found: Touched | None) -> set[str]:
    assert found is not None
    return {each.unit for each in found.units}


def test_a_lot_of_bags_reaches_everything_that_was_made_from_its_donations(ledger: Ledger) -> None:
    found = of(ledger, BAGS)
    assert found is not None
    assert found.direct == {whole(ONE), whole(TWO)}
    assert units(found) == {whole(ONE), whole(TWO), red(ONE), plasma(ONE), f"unit:{ONE}.A0012V00"}
    assert [line.kind for line in found.events] == ["collected", "collected"]
    assert found.now_ms == NOON_MS


def test_a_solution_or_a_machine_reaches_what_was_made_with_it_and_not_what_it_was_made_from(ledger: Ledger) -> None:
    for subject in (SALINE, MACHINE):
        assert units(of(ledger, subject)) == {red(ONE), plasma(ONE), f"unit:{ONE}.A0012V00"}


def test_a_reagent_or_a_sample_reaches_the_donation_that_was_tested(ledger: Ledger) -> None:
    assert units(of(ledger, KIT)) == units(of(ledger, "sample:S-2")) == {whole(TWO)}


def test_a_bag_is_one_unit_and_its_siblings_are_in_others(ledger: Ledger) -> None:
    found = of(ledger, CONTAINER)
    assert found is not None
    assert found.direct == {red(ONE)}
    assert units(found) == {red(ONE), f"unit:{ONE}.A0012V00"}


def test_what_was_never_heard_of_is_nothing(ledger: Ledger) -> None:
    assert of(ledger, "lot:bag/NEVER") is None


def test_an_organisation_sees_of_a_lot_what_it_holds_and_no_more(ledger: Ledger) -> None:
    assert of(ledger, BAGS, "org:hospital") is None
    sent = {"dispatch_note": "consignment:1", "units": [f"unit:{ONE}.A0012V00"], "to": "org:hospital", "place": LAB}
    second = "person:" + "b" * 32
    released = {"unit": f"unit:{ONE}.A0012V00", "second": second, "override": "at once", "place": LAB}
    claim(ledger, Draft(kinds.Released, released))
    claim(ledger, Draft(kinds.Dispatched, sent))
    found = of(ledger, BAGS, "org:hospital")
    assert found is not None
    assert (units(found), found.direct, found.events) == ({f"unit:{ONE}.A0012V00"}, frozenset(), ())
    assert len(units(of(ledger, BAGS, "org:centre"))) == 5


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("lot:bag/HW2405-17", BAGS),
        (" bag/HW2405-17 ", BAGS),
        ("equipment:CENTRIFUGE-2", MACHINE),
        ("CENTRIFUGE-2", None),
        ("lot:HW2405-17", None),
        ("A999926000001", None),
        ("unit:A999926000001.A0001V00", None),
    ],
)
def test_what_is_typed_is_a_lot_where_it_cannot_be_anything_else(text: str, subject: str | None) -> None:
    assert subject_of(text) == subject


def test_a_unit_is_no_material(ledger: Ledger) -> None:
    with pytest.raises(FormatError, match="expected a lot"):
        of(ledger, red(ONE))
