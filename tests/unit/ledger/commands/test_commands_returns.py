"""What `xuemai returns` prints of bags that go back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.append import Draft
from ledger.commands.returns import returns
from ledger.core import kinds
from tests.support.consignments import CENTRE, HOSPITAL, NOTE, Day, consign
from tests.support.producers import declare

BANK = "place:hospital/bank"


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """Of two bags that came, the hospital refuses the first, and sends both back."""
    for told in consign(tmp_path / "site", 2):
        named = {"place": BANK, "organisation": HOSPITAL, "phase": "store", "name_zh": "库", "name_en": "Bank"}
        declare(told.ledger, Draft(kinds.PlaceAdded, named))
        one, two = told.red_cells
        came = {"dispatch_note": NOTE, "place": BANK}
        told.claim(kinds.Received, {**came, "units": [one], "outcome": "refused", "code": "label"})
        told.claim(kinds.Received, {**came, "units": [two], "outcome": "accepted"})
        yield told


def run(day: Day, *arguments: str) -> tuple[int, Any]:
    answer = CliRunner().invoke(returns, [*arguments, "--site", str(day.site.directory)])
    return answer.exit_code, json.loads(answer.stdout) if answer.exit_code in {0, 3} else answer.stderr


def test_what_is_to_be_sent_back_and_what_is_on_its_way(day: Day) -> None:
    one, two = day.red_cells
    assert run(day, "list") == run(day, "list", "--holder", HOSPITAL) == (0, {"to_send": [one], "notes": []})
    assert run(day, "list", "--holder", CENTRE) == (0, {"to_send": [], "notes": []})
    back = {"dispatch_note": "consignment:TX-9", "units": [one, two], "to": CENTRE, "place": BANK, "purpose": "return"}
    day.claim(kinds.Dispatched, back)
    assert run(day, "list", "--holder", CENTRE) == (0, {"to_send": [], "notes": ["consignment:TX-9"]})
    code, told = run(day, "check", "TX-9")
    assert (code, told["sender"], told["to"], told["pack"], told["boxes"]) == (3, HOSPITAL, CENTRE, "cn", [])
    first, second = told["units"]
    assert (first["unit"], first["refusal"], first["code"]) == (one, "label", None)
    assert (second["unit"], second["refusal"], second["outcome"]) == (two, None, None)
    assert {each["answer"] for each in told["units"]} <= {"no", "undecided"}
    assert first["spell"]["phase"] == "uncontrolled", "the command tells the time by the real clock, long after"


def test_what_is_no_return_says_what_was_expected(day: Day) -> None:
    code, said = run(day, "check", NOTE)
    assert (code, said.startswith("xuemai returns check: expected a return note")) == (1, True)
