"""From one donation to many bags: what each was made of, with which lots and machines, and all that a lot reached."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.commands.passports import unit as unit_command
from ledger.core.ids import format_instant
from ledger.read.values import UnitSummary
from tests.browser import world as story
from tests.browser.world import HOUR_MS, World, opened
from tests.unit.web.conftest import Visitor

DIN = "A999926123456"
WHOLE, CELLS, PLASMA = (f"{DIN}.A000{n}V00" for n in (1, 2, 3))
DONOR = "person:" + "ab" * 16
BAGS, MACHINE = "lot:bag/HW2405-17", "equipment:CENTRIFUGE-2"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "site") as found:
        yield found


def person(world: World, login: str) -> Visitor:
    return Visitor(world.app.test_client()).signed_in(login)


def separate(world: World) -> Visitor:
    """A donation in a bag of a lot, separated into red cells and plasma with a centrifuge."""
    world.at(0)
    technician = person(world, "tech.lin")
    given = {"unit": WHOLE, "donor": DONOR, "volume_ml": "400", "place": story.ROOM, "lots": "bag/HW2405-17"}
    assert technician.post("/steps/collected", **given, container="HW2405-17-0003").status_code == 303
    world.at(0.2)
    children = f"{CELLS}, , 284, HW2405-17-0003\n{PLASMA}"
    made = {"parents": WHOLE, "children": children, "equipment": "CENTRIFUGE-2", "place": story.LAB}
    assert technician.post("/steps/prepared", **made, lots="solution/SAG-M-0412").status_code == 303
    return technician


def test_a_bad_lot_of_bags_is_found_with_all_that_it_reached_and_recalled_at_once(world: World) -> None:
    technician = separate(world)
    assert technician.get("/find?q=bag/HW2405-17").location == f"/materials/{BAGS}"
    page = technician.get(f"/materials/{BAGS}")
    assert all(unit in page.text for unit in (WHOLE, CELLS, PLASMA))
    assert "Recall all of them" not in page.text, "a technician recalls nothing"
    assert technician.get(f"/materials/{MACHINE}").text.count("A000") < page.text.count("A000")
    assert technician.get("/materials/lot:bag/NEVER").status_code == 404

    quality = person(world, "quality.xu")
    page_of_lot = f"/materials/{BAGS}"
    assert quality.post(f"{page_of_lot}/recall", page=page_of_lot, reason="").status_code == 422
    recalled = quality.post(f"{page_of_lot}/recall", page=page_of_lot, reason="leaking seams, maker's notice 7")
    assert (recalled.status_code, recalled.location) == (303, page_of_lot)
    with world.app.extensions["xuemai"].reading() as reader:
        states = {name: reader.summary(f"unit:{name}").state for name in (WHOLE, CELLS, PLASMA)}
    assert states == {WHOLE: "consumed", CELLS: "recalled", PLASMA: "recalled"}
    assert "Recall all of them" not in quality.get(page_of_lot).text, "nothing is left to recall"
    assert "Lot of bags HW2405-17" in quality.get(f"/units/{CELLS}").text

    told = CliRunner().invoke(
        unit_command, ["made-with", "bag/HW2405-17", "--json", "--site", str(world.site.directory)]
    )
    assert {each["unit"]: (each["state"], each["direct"]) for each in json.loads(told.output)["units"]} == {
        f"unit:{WHOLE}": ("consumed", True),
        f"unit:{CELLS}": ("recalled", False),
        f"unit:{PLASMA}": ("recalled", False),
    }


def post(world: World, kind: str, login: str = "tech.lin", **fields: str) -> str:
    """Record a step; answer the rule that refused it, or nothing."""
    answer = person(world, login).post(f"/steps/{kind}", **fields)
    return "" if answer.status_code == 303 else answer.text.partition('data-rule="')[2].partition('"')[0]


def summary(world: World, unit: str) -> UnitSummary:
    with world.app.extensions["xuemai"].reading() as reader:
        found = reader.summary(f"unit:{unit}")
    assert found is not None
    return found


def test_red_cells_are_irradiated_split_and_washed_and_no_later_expiry_is_taken(world: World) -> None:
    separate(world)
    lab = {"place": story.LAB}
    irradiated, half, other, washed = (f"{DIN}.{code}" for code in ("A0012V00", "A0012VA0", "A0012VB0", "A0005VA0"))
    # made on 1 March 2026 at noon in Shanghai's evening: 35 days; irradiation leaves 14 of them
    assert post(world, "irradiated", parents=CELLS, children=f"{CELLS}", **lab) == "transformation.child-is-parent"
    assert post(world, "irradiated", parents=CELLS, children=PLASMA, **lab) == "transformation.child-exists"
    assert (
        post(world, "irradiated", parents=CELLS, children="A999926000009.A0012V00", **lab) == "transformation.donation"
    )
    late = f"{irradiated}, 2026-03-16 00:00"
    assert post(world, "irradiated", parents=CELLS, children=late, **lab) == "dating.too-late"
    moved = f"{irradiated}, , , HW2405-99"
    assert post(world, "irradiated", parents=CELLS, children=moved, **lab) == "container.same"

    form = person(world, "tech.lin").post(
        "/steps/irradiated", parents=CELLS, children=irradiated, propose="expiry", **lab
    )
    assert (form.status_code, f"{irradiated}, 2026-03-15 23:59" in form.text) == (200, True)
    assert post(world, "irradiated", parents=CELLS, children=f"{irradiated}, 2026-03-15 23:59", **lab) == ""
    assert post(world, "split", parents=irradiated, children=half, **lab) == "transformation.children"
    halves = f"{half}, 2026-03-15 23:59, 140, HW2405-0004\n{other}, 2026-03-15 23:59, 140, HW2405-0005"
    assert post(world, "split", parents=irradiated, children=halves, **lab) == ""
    day = format_instant(world.clock.at_ms + 25 * HOUR_MS)
    assert post(world, "washed", parents=half, children=f"{washed}, {day}", **lab) == "dating.too-late"
    taken = f"{washed}, , , HW2405-0005"
    assert post(world, "washed", parents=half, children=taken, **lab) == "container.in-use"
    assert post(world, "washed", parents=half, children=f"{washed}, , , HW2405-0006", **lab) == ""

    assert summary(world, CELLS).state == summary(world, irradiated).state == summary(world, half).state == "consumed"
    assert (summary(world, washed).state, summary(world, other).state) == ("pending", "pending")
    label = {"unit": washed, "abo": "A", "rhd": "positive"}
    assert post(world, "labelled", **label, expires="2026-03-05 00:00") == "dating.too-late"
    proposal = person(world, "tech.lin").post("/steps/labelled", **label, expires="", propose="expiry").text
    assert 'value="2026-03-02 20:' in proposal, "exactly 24 hours after washing"
    assert post(world, "labelled", **label, expires="2026-03-02 20:00") == ""


def test_plasma_is_pooled_only_from_several_and_relabelled_only_as_the_pack_says(world: World) -> None:
    separate(world)
    lab = {"place": story.LAB}
    assert post(world, "pooled", parents=PLASMA, children=f"{DIN}.A0007V00", **lab) == "transformation.parents"
    assert post(world, "relabelled", parents=PLASMA, children=f"{DIN}.A0004V00", **lab) == "transformation.relabelling"
    frozen = f"{DIN}.A0006V00"
    assert post(world, "relabelled", parents=PLASMA, children=f"{frozen}, 2030-03-02 00:00", **lab) == "dating.too-late"
    assert post(world, "relabelled", parents=PLASMA, children=f"{frozen}, 2030-03-01 23:59", **lab) == ""


def test_a_bag_is_of_one_donation(world: World) -> None:
    separate(world)
    again = {"unit": "A999926000009.A0001V00", "donor": DONOR, "place": story.ROOM, "container": "HW2405-17-0003"}
    assert post(world, "collected", **again) == "container.in-use"
    opening = {"unit": "A999926000009.A0002V00", "place": story.LAB, "container": "HW2405-17-0003"}
    assert post(world, "opening", **opening) == "container.in-use"
    assert post(world, "opening", **{**opening, "container": "HW2405-17-0009"}) == ""


def test_the_tag_on_the_bag_goes_over_to_the_unit_that_stays_in_it(world: World) -> None:
    separate(world)
    tag = "E00401500A1B2C3D"
    assert post(world, "tag_associated", unit=CELLS, tag=tag) == ""
    irradiated = f"{DIN}.A0012V00"
    made = {"parents": CELLS, "children": irradiated, "place": story.LAB}
    assert post(world, "irradiated", **made, keep_tag="yes") == ""
    page = person(world, "tech.lin").get(f"/find?q={tag}")
    assert page.location == f"/units/unit:{irradiated}"
    shown = person(world, "tech.lin").get(page.location).text
    assert "HW2405-17-0003" in shown, "the bag is the same"
    with world.app.extensions["xuemai"].reading() as reader:
        assert reader.discrepancies() == ()
        assert reader.tags_of(f"unit:{CELLS}") == ()
    assert post(world, "thawed", parents=f"{irradiated}\n{PLASMA}", children=irradiated, place=story.LAB,
                keep_tag="yes") == "transformation.parents"  # fmt: skip
