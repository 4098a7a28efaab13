"""What `xuemai lookback` prints about one donor's two components."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ledger.append import Draft, Ledger
from ledger.commands.lookback import lookback
from ledger.config import Site
from ledger.core import kinds
from ledger.core.isbt128 import Din
from tests.support.producers import StoryClock, claim, declare, site_in

DIN, DONOR = "A999926000001", "person:" + "1" * 32
WHOLE, CELLS, PLASMA = (f"unit:{DIN}.A000{n}V00" for n in (1, 2, 3))
CENTRE, LAB = "org:centre", "place:centre/lab"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = site_in(tmp_path / "site")
    named = {"name_zh": "某处", "name_en": "Somewhere"}
    clock = StoryClock()
    with Ledger(made, clock) as ledger:
        declare(ledger, Draft(kinds.OrganisationAdded, {"organisation": CENTRE, "role": "blood_centre"} | named))
        declare(ledger, Draft(kinds.PlaceAdded, {"place": LAB, "organisation": CENTRE} | named))
        claim(ledger, Draft(kinds.Collected, {"unit": WHOLE, "donor": DONOR, "place": LAB}))
        clock.after(60)
        parts = [kinds.Component(unit=CELLS), kinds.Component(unit=PLASMA)]
        claim(ledger, Draft(kinds.Prepared, {"parents": [WHOLE], "children": parts, "place": LAB}))
        clock.after(60)
        claim(ledger, Draft(kinds.Discarded, {"unit": PLASMA, "place": LAB}))
    return made


def run(site: Site, *arguments: str) -> Result:
    return CliRunner().invoke(lookback, [*arguments, "--site", str(site.directory)])


def test_it_names_every_unit_with_its_fate(site: Site) -> None:
    told = run(site, DONOR, "--screened", "2026-02-01", "--months", "6")
    assert told.exit_code == 0
    assert told.output.splitlines()[1:] == [
        "in_stock: 1, discarded: 1, made_into_others: 1",
        f"  din:{DIN}  within  donor {DONOR}",
        f"  {WHOLE}  made_into_others  -  (made din:{DIN})",
        f"  {CELLS}  in_stock  {CENTRE}  (made din:{DIN})",
        f"  {PLASMA}  discarded  -  (made din:{DIN})",
        f"  {CENTRE} held or was sent 3",
    ]
    assert "window from 2025-08-01" in told.output


@pytest.mark.parametrize("number", [DIN, f"{DIN}{Din.parse(DIN).check}", f"={DIN}00", "A9999 26 000001"])
def test_a_donation_is_asked_about_by_its_number_as_on_the_label(site: Site, number: str) -> None:
    assert run(site, number).output.splitlines()[1:] == run(site, f"din:{DIN}").output.splitlines()[1:]
    assert run(site, CELLS.removeprefix("unit:")).output.startswith(f"{CELLS}, onward")


def test_a_span_of_one_instant_is_one(site: Site) -> None:
    moment = "2030-03-02T00:00:00.000Z"
    assert run(site, LAB, "--since", moment, "--until", moment).exit_code == 0


def test_as_json_it_is_what_the_api_answers(site: Site) -> None:
    told = json.loads(run(site, CELLS, "--back", "--as", CENTRE, "--json").stdout)
    assert told["question"]["direction"] == "back"
    assert {each["unit"]: each["why"] for each in told["units"]} == {CELLS: "named", WHOLE: "source", PLASMA: "made"}
    assert (told["elsewhere"], told["consignees"]) == (0, {})
    there = json.loads(run(site, LAB, "--since", "2026-01-01T00:00:00.000Z", "--json").stdout)
    assert len(there["units"]) == 3


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("din:A999926000009",), "no unit that din:A999926000009 touches"),
        ((DONOR, "--screened", "2027-06-01"), "no unit"),
        ((CELLS, "--as", "org:stranger"), "expected an organisation of this ledger"),
        (("org:centre",), "expected an identifier"),
        (("nonsense",), "expected a donation number of 13 characters"),
        ((f"{DIN}{'0' if Din.parse(DIN).check != '0' else '1'}",), f"expected check character {Din.parse(DIN).check}"),
        ((DONOR, "--months", "6"), "expected --screened DATE beside --months"),
        ((LAB, "--since", "2026-03-02T00:00:00.001Z", "--until", "2026-03-02T00:00:00.000Z"), "expected a span that"),
        ((DONOR, "--back"), "expected a unit to look back from"),
        ((LAB, "--since", "yesterday"), "expected a real date"),
        ((LAB, "--until", "2026-01-01T00:00:00.000Z"), "no unit"),
    ],
)
def test_what_has_no_answer_says_why(site: Site, arguments: tuple[str, ...], reason: str) -> None:
    told = run(site, *arguments)
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr.startswith("xuemai lookback: ")
    assert reason in told.stderr
