"""What `xuemai receive check` prints of a crate."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.commands.receive import receive
from ledger.core.ids import format_instant
from tests.support.consignments import HOSPITAL, Day, consign


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    yield from consign(tmp_path / "site", 2)


def check(day: Day, *arguments: str, given: str | None = None) -> tuple[int, Any]:
    answer = CliRunner().invoke(receive, ["check", *arguments, "--site", str(day.site.directory)], input=given)
    return answer.exit_code, json.loads(answer.stdout) if answer.exit_code in {0, 3} else answer.stderr


def test_what_was_scanned_is_held_against_the_note(day: Day) -> None:
    one, two = day.red_cells
    code, told = check(day, "2026-03-01.17", "-", given=f"{one}\nE2FF\n")
    assert (code, told["agrees"], told["missing"], told["unknown"]) == (3, False, [two], ["E2FF"])
    assert (told["to"], told["proposed"], told["outstanding"]) == (HOSPITAL, [one], [one, two])
    assert told["units"][0] == {"unit": one, "outcome": None}
    code, told = check(day, "consignment:2026-03-01.17", "-", given=f"{one}\n{two}\n")
    assert (code, told["agrees"], told["holds"]) == (0, True, [])


def test_a_consignment_that_is_held_back_shows_in_the_exit_code(day: Day) -> None:
    (day.site.directory / "boxes.toml").write_text("transit_minutes = 60", "utf-8")
    code, told = check(day, "2026-03-01.17", "-", given="\n".join(day.red_cells))
    assert (code, told["agrees"]) == (3, True)
    assert [each["cause"] for each in told["holds"]] == ["transit-time"]


def test_only_from_an_instant_on_at_a_place(day: Day) -> None:
    since = format_instant(day.clock.at_ms)
    code, told = check(day, "2026-03-01.17", "--place", "place:centre/gate", "--since", since)
    assert (code, told["since"], told["place"], told["found"]) == (3, since, "place:centre/gate", [])


@pytest.mark.parametrize("wrong", [("FX-9",), ("2026-03-01.17", "--since", "yesterday")])
def test_what_cannot_be_answered_says_what_was_expected(day: Day, wrong: tuple[str, ...]) -> None:
    code, said = check(day, *wrong)
    assert (code, said.startswith("xuemai receive check: expected")) == (1, True)
