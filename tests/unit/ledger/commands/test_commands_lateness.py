"""What commands say of gateways whose data are late."""

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from ledger.commands.box import box
from ledger.commands.fates import fates
from ledger.commands.lookback import lookback
from ledger.commands.passports import unit as unit_commands
from ledger.commands.receive import receive
from ledger.commands.stock import stock
from tests.browser import world as story
from tests.browser.world import opened

LATE = [
    {"gateway": gateway, "custody_until": until, "readings_until": until}
    for gateway, until in (("gw-centre", "2026-03-02T12:00:00.000Z"), ("gw-hospital", "2026-03-02T18:00:00.000Z"))
]
NOTE = "FX-26-0812"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A story of which the gateways told until its 24th and 30th hour: long ago, by the machine's clock."""
    with opened(tmp_path_factory.mktemp("late") / "site") as world:
        story.tell(world)
        return world.site.directory


def run(site: Path, command: click.Command, *arguments: str) -> str:
    answer = CliRunner().invoke(command, [*arguments, "--site", str(site)])
    assert answer.exit_code in {0, 3}, answer.output
    return answer.stdout


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (stock, ("count",)),
        (stock, ("fefo", "--component", "RBC_AS", "--holder", story.CENTRE)),
        (stock, ("expiring",)),
        (stock, ("cover", "--holder", story.CENTRE)),
        (stock, ("reserves",)),
        (stock, ("take", "/dev/null", "--place", story.FRIDGE)),
        (unit_commands, ("trace", story.CELLS, "--json")),
        (box, ("list",)),
        (fates, ()),
        (lookback, (story.CELLS, "--json")),
        (receive, ("check", NOTE, "/dev/null")),
    ],
)
def test_what_rests_on_gateways_names_those_that_are_late(
    site: Path, command: click.Command, arguments: tuple[str, ...]
) -> None:
    told: Any = json.loads(run(site, command, *arguments))
    assert told["late"] == LATE


def test_text_has_a_line_for_each(site: Path) -> None:
    for said in (run(site, unit_commands, "trace", story.CELLS), run(site, lookback, story.CELLS)):
        for each in LATE:
            known = f"custody and alarms up to {each['custody_until']}, readings up to {each['readings_until']}"
            assert f"late: {each['gateway']}: known are {known}" in said.splitlines()
