"""An organisation that the ledger does not know has no empty list: it was mistyped, and a command says so."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from tests.support.producers import NOON_MS, StoryClock, claim, declare, site_in
from xuemai import main as xuemai

CENTRE, UNIT = "org:centre", "unit:A999926000001.A0002V00"
COMMANDS = (
    ["box", "list", "--holder"],
    ["discard", "list", "--holder"],
    ["discard", "count", "-", "--holder"],
    ["probe", "list", "--holder"],
    ["agitation", "list", "--holder"],
    ["returns", "list", "--holder"],
    ["fates", "--holder"],
    ["lookback", UNIT, "--as"],
    ["stock", "count", "--holder"],
    ["stock", "expiring", "--holder"],
    ["stock", "cover", "--holder"],
    ["stock", "fefo", "--component", "RBC_AS", "--holder"],
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = site_in(tmp_path / "site")
    named = {"organisation": CENTRE, "name_zh": "血站", "name_en": "Centre"}
    with Ledger(made, StoryClock(NOON_MS)) as ledger:
        declare(ledger, Draft(kinds.OrganisationAdded, {**named, "role": "blood_centre"}))
        declare(ledger, Draft(kinds.PlaceAdded, {**named, "place": "place:centre/fridge"}))
        claim(ledger, Draft(kinds.Opening, {"unit": UNIT, "place": "place:centre/fridge"}))
    return made


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: "-".join(command[:2]))
def test_a_mistyped_organisation_is_named_and_one_that_is_there_is_answered(site: Site, command: list[str]) -> None:
    at = ["--site", str(site.directory)]
    answer = CliRunner().invoke(xuemai, [*command, "org:center", *at])
    assert answer.exit_code == 1, answer.output
    assert "expected an organisation of this ledger (org:centre); got 'org:center'" in answer.stderr
    assert CliRunner().invoke(xuemai, [*command, CENTRE, *at]).exit_code == 0


def test_what_is_on_the_road_is_a_stock_too(site: Site) -> None:
    answer = CliRunner().invoke(xuemai, ["stock", "count", "--holder", "transit", "--site", str(site.directory)])
    assert answer.exit_code == 0, answer.output
