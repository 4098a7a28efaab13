"""What `xuemai discard` prints of the disposal area."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.commands.discards import discard
from ledger.core import kinds
from tests.support.consignments import CENTRE, Day, consign
from tests.support.producers import MINUTE_MS

OFFICER = "person:" + "2" * 32


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """Two bags of whole blood that never left; the first is approved for disposal, the second asked for."""
    for told in consign(tmp_path / "site", 1):
        told.clock.at_ms += MINUTE_MS
        told.claim(kinds.DiscardRequested, *({"unit": unit, "code": "expired"} for unit in stayed(told)))
        told.claim(kinds.DiscardApproved, {"unit": stayed(told)[0], "by": OFFICER})
        yield told


def stayed(day: Day) -> list[str]:
    """Donations of others, that stay."""
    return [unit.replace(":A99992", ":A99991") for unit in day.whole_blood] + day.red_cells


def run(day: Day, *arguments: str, given: str | None = None) -> tuple[int, Any]:
    answer = CliRunner().invoke(discard, [*arguments, "--site", str(day.site.directory)], input=given)
    return answer.exit_code, json.loads(answer.stdout) if answer.exit_code in {0, 3} else answer.stderr


def test_what_waits_is_listed_with_what_is_approved_of_it(day: Day) -> None:
    first, second = stayed(day)
    _, told = run(day, "list")
    assert told["waiting"] == [
        {"unit": first, "reason": "expired", "approved": True, "holder": CENTRE},
        {"unit": second, "reason": "expired", "approved": False, "holder": "transit"},
    ]
    assert [each["unit"] for each in run(day, "list", "--holder", CENTRE)[1]["waiting"]] == [first]


def test_a_count_is_held_against_what_is_approved(day: Day) -> None:
    first, second = stayed(day)
    assert run(day, "count", "-", given=f"{first}\n")[0] == 0
    code, told = run(day, "count", "-", given=f"{second}\nE2FF\n")
    assert (code, told["missing"], told["surplus"], told["unknown"]) == (3, [first], [second], ["E2FF"])


@pytest.mark.parametrize("command", [("list",), ("count", "-")])
def test_where_there_is_no_site_that_is_said(tmp_path: Path, command: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(discard, [*command, "--site", str(tmp_path)])
    assert (answer.exit_code, answer.stderr.startswith(f"xuemai discard {command[0]}: ")) == (1, True)
