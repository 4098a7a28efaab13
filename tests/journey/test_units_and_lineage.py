"""From one donation to many bags: what each was made of, with which lots and machines, and all that a lot reached."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.passport_cli import unit as unit_command
from tests.browser import world as story
from tests.browser.world import World, opened
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
