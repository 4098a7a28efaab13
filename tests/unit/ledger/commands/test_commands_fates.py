"""What `xuemai fates` prints of a hospital's bags."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.commands.fates import fates
from ledger.config import Site
from ledger.core import kinds
from ledger.core.ids import format_instant
from tests.support.producers import MINUTE_MS, StoryClock, claim, declare, site_in

HOSPITAL, BANK, WARD = "org:hospital", "place:hospital/bank", "place:hospital/ward"
CENTRE, FRIDGE = "org:centre", "place:centre/fridge"
PATIENT, NURSE = "person:" + "cd" * 16, "person:" + "ce" * 16
DAY_MS = 24 * 60 * MINUTE_MS
NOW_MS = SystemClock().now_ms()


def unit(number: int) -> str:
    return f"unit:A99992600000{number}.A0002V00"


def about(number: int, **fields: object) -> dict[str, object]:
    return {"unit": unit(number), "patient": PATIENT, "place": WARD, **fields}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Of bags that a hospital had, ten days ago four were issued, and one expired in its fridge."""
    made = site_in(tmp_path / "site")
    clock = StoryClock(NOW_MS - 20 * DAY_MS)
    named = {"name_zh": "某处", "name_en": "Somewhere"}
    with Ledger(made, clock) as ledger:
        for org, role, places in ((CENTRE, "blood_centre", (FRIDGE,)), (HOSPITAL, "hospital", (BANK, WARD))):
            declare(ledger, Draft(kinds.OrganisationAdded, {"organisation": org, "role": role} | named))
            for place in places:
                declare(ledger, Draft(kinds.PlaceAdded, {"place": place, "organisation": org} | named))
        for number in (1, 2, 3, 4, 5, 6):
            ends = format_instant(NOW_MS + (-10 if number == 5 else 9) * DAY_MS)
            opened = {"unit": unit(number), "abo": "O", "rhd": "negative", "expires": ends, "place": FRIDGE}
            claim(ledger, Draft(kinds.Opening, opened))
            claim(ledger, Draft(kinds.Released, {"unit": unit(number)}))
        note = {"dispatch_note": "consignment:N-1", "units": [unit(n) for n in (1, 2, 3, 4, 5, 6)]}
        claim(ledger, Draft(kinds.Dispatched, note | {"to": HOSPITAL, "place": FRIDGE}))
        claim(ledger, Draft(kinds.Received, note | {"outcome": "accepted", "place": BANK}))
        clock.at_ms = NOW_MS - 10 * DAY_MS - 1
        over = {"override": "bleeding", "set_aside": ["issue.exposure-ok"], "second": NURSE}
        for number in (1, 2, 3, 4):
            claim(ledger, Draft(kinds.Issued, about(number, **(over if number == 2 else {}))))
        claim(ledger, Draft(kinds.BedsideChecked, about(1, second=NURSE)))
        claim(ledger, Draft(kinds.Transfused, about(1)))
        claim(ledger, Draft(kinds.ReturnedToBank, {"unit": unit(3), "place": BANK, "outcome": "held"}))
    return made


def run(site: Site, *arguments: str) -> tuple[int, Any]:
    answer = CliRunner().invoke(fates, [*arguments, "--site", str(site.directory)])
    return answer.exit_code, json.loads(answer.stdout) if answer.stdout.startswith("{") else answer.output


def test_bags_without_a_fate_the_rate_and_every_override_are_told(site: Site) -> None:
    code, told = run(site)
    assert code == 3
    assert [(each["unit"], each["state"], each["holder"]) for each in told["missing"]] == [
        (unit(2), "issued", HOSPITAL),
        (unit(4), "issued", HOSPITAL),
        (unit(5), "in_hospital", HOSPITAL),
    ], "what came back from the ward is the blood bank's again, and what is in date waits"
    assert told["closure"] == [{"holder": HOSPITAL, "closed": 1, "due": 4, "per_mille": 250}]
    (override,) = told["overrides"]
    assert (override["unit"], override["rule"]) == (unit(2), "issue.overridden")
    assert override["text"] == "issued over issue.exposure-ok: bleeding"
    assert told["days"] == 7


def test_a_holder_is_told_of_its_own_alone(site: Site) -> None:
    code, told = run(site, "--holder", CENTRE)
    assert (code, told["missing"], told["closure"]) == (0, [], [])
    assert run(site, "--holder", HOSPITAL)[1]["closure"][0]["due"] == 4


def test_where_there_is_no_site_it_says_what_to_do(tmp_path: Path) -> None:
    answer = CliRunner().invoke(fates, ["--site", str(tmp_path)])
    assert answer.exit_code == 1
    assert "xuemai init" in answer.stderr
