"""Export and trace from the command line, beside a stopped or a running ledger."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.commands.passports import passport, unit
from ledger.config import Site
from ledger.core import kinds
from ledger.init import make_site
from tests.support.consignments import NOTE, consign
from tests.support.postgresql import new_ledger_database
from tests.support.producers import MINUTE_MS, NOON_MS, StoryClock, claim, site_in

DIN = "A999926000001"
WHOLE, RED = f"unit:{DIN}.A0001V00", f"unit:{DIN}.A0002V00"
LAB = "place:centre/lab"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = site_in(tmp_path / "site")
    clock = StoryClock(NOON_MS + MINUTE_MS)
    with Ledger(made, clock) as ledger:
        claim(ledger, Draft(kinds.Collected, {"unit": WHOLE, "donor": "person:" + "d" * 32, "place": LAB}))
        children = [kinds.Component(unit=RED)]
        claim(ledger, Draft(kinds.Prepared, {"parents": [WHOLE], "children": children, "place": LAB}))
    return made


def run(site: Site, *arguments: str) -> tuple[int, str]:
    group = passport if arguments[0] in {"export", "verify", "import"} else unit
    answer = CliRunner().invoke(group, [*arguments, "--site", str(site.directory)])
    return answer.exit_code, answer.output


def test_an_exported_passport_verifies_and_states_what_can_be_judged(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "passport.json"
    assert run(site, "export", RED, "-o", str(file))[0] == 0
    answer = CliRunner().invoke(passport, ["verify", str(file), "--policy", str(site.policy_file), "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.output)["exposure"] == "unknown"


def test_a_passport_exported_as_a_page_is_verified_like_the_passport_in_it(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "passport.html"
    assert run(site, "export", RED, "--html", "-o", str(file))[0] == 0
    assert file.read_bytes().startswith(b"<!doctype html>")
    answer = CliRunner().invoke(passport, ["verify", str(file), "--policy", str(site.policy_file), "--json"])
    assert json.loads(answer.output)["subject"] == RED
    assert json.loads(answer.output)["verdict"] == "warnings"


def test_a_page_to_keep_carries_no_passport(tmp_path: Path) -> None:
    file = tmp_path / "verifier.html"
    assert CliRunner().invoke(passport, ["page", "-o", str(file)]).exit_code == 0
    answer = CliRunner().invoke(passport, ["verify", str(file), "--json"])
    assert (answer.exit_code, json.loads(answer.stdout)["failed_step"]) == (1, "format")


@pytest.mark.sqlite
def test_an_export_beside_a_running_server_carries_what_is_in_the_log(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "passport.json"
    with Ledger(site, StoryClock(NOON_MS + 9 * MINUTE_MS)) as ledger:
        ledger.sign_checkpoint()
        assert run(site, "export", RED, "-o", str(file))[0] == 0
    answer = CliRunner().invoke(passport, ["verify", str(file), "--json"])
    assert json.loads(answer.output)["exposure"] is None


def test_the_passport_of_a_dispatch_note_is_verified_with_a_line_a_bag(tmp_path: Path) -> None:
    file = tmp_path / "note.json"
    for day in consign(tmp_path / "day", 2):
        site, bags = day.site, day.red_cells
    assert run(site, "export", NOTE, "-o", str(file))[0] == 0
    answer = CliRunner().invoke(passport, ["verify", str(file), "--policy", str(site.policy_file)])
    lines = answer.stdout.splitlines()
    assert answer.exit_code == 0
    assert [line.split()[1:3] for line in lines[-3:-1]] == [[bag, "warnings"] for bag in bags]
    assert lines[-1] == "verdict: warnings"
    told = CliRunner().invoke(passport, ["verify", str(file), "--json"])
    assert [each["unit"] for each in json.loads(told.stdout)["units"]] == bags


def test_a_note_that_nobody_wrote_and_segments_of_a_note_are_refused(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "note.json"
    assert "has no dispatch note consignment:x" in run(site, "export", "consignment:x", "-o", str(file))[1]
    assert "ask for each of its units" in run(site, "export", "consignment:x", "--full", "-o", str(file))[1]
    assert not file.exists()


def test_a_passport_as_of_an_earlier_checkpoint_has_nothing_that_came_later(site: Site, tmp_path: Path) -> None:
    with Ledger(site, StoryClock(NOON_MS + 9 * MINUTE_MS)) as ledger:
        size = ledger.size
        ledger.sign_checkpoint()
        claim(ledger, Draft(kinds.Quarantined, {"unit": RED, "place": LAB}))
    for at, code, later in ((size, 0, False), (size + 1, 0, True), (size + 7, 1, None)):
        file = tmp_path / f"{at}.json"
        assert run(site, "export", RED, "--at", str(at), "-o", str(file))[0] == code
        assert file.exists() is (code == 0)
        if file.exists():
            assert (b"quarantined" in file.read_bytes()) is later
            assert json.loads(file.read_bytes())["checkpoint"].split("\n")[1] == str(at)
    assert "exclude each other" in run(site, "export", RED, "--at", "1", "--full", "-o", str(tmp_path / "x"))[1]


def test_a_passport_of_a_partner_is_imported_and_travels_with_ones_own(tmp_path: Path) -> None:
    for day in consign(tmp_path / "day", 2):
        sender, bags = day.site, day.red_cells
    assert run(sender, "export", NOTE, "-o", str(tmp_path / "note.json"))[0] == 0
    own = {"directory": tmp_path / "hospital", "name": "hospital.example", "database_url": new_ledger_database()}
    hospital = make_site(replace(sender, **own)).site
    imported = ["import", str(tmp_path / "note.json")]
    assert "policy: this site keeps no policy" in run(hospital, *imported)[1]
    code, said = run(hospital, *imported, "--policy", str(sender.policy_file))
    assert code == 0
    assert said.startswith(f"accepted: warnings, 2 units of {sender.origin} at size ")
    assert "enclosure: the same document" in run(hospital, *imported, "--policy", str(sender.policy_file))[1]
    with Ledger(hospital, SystemClock()) as ledger:
        claim(ledger, Draft(kinds.Opening, {"unit": bags[0], "place": LAB}))
    assert run(hospital, "export", bags[0], "-o", str(tmp_path / "own.json"))[0] == 0
    both = tmp_path / "both.txt"
    both.write_text(sender.policy_file.read_text().replace("quorum none\n", "") + hospital.policy_file.read_text())
    answer = CliRunner().invoke(passport, ["verify", str(tmp_path / "own.json"), "--policy", str(both), "--json"])
    told = json.loads(answer.stdout)
    assert told["verdict"] == "warnings"
    assert [each["origin"] for each in told["units"][0]["before"]] == [sender.origin]


def test_a_donation_number_with_siblings_selects_none(site: Site, tmp_path: Path) -> None:
    code, said = run(site, "export", DIN, "-o", str(tmp_path / "x.json"))
    assert code == 1
    assert "2 units" in said
    assert RED in said


def test_an_unknown_unit_and_a_mistyped_number_are_refused(site: Site) -> None:
    assert "has no unit" in run(site, "trace", "A999926000009.A0002V00")[1]
    assert "expected check character" in run(site, "trace", f"{DIN}!")[1]


def test_a_trace_tells_the_way_in_words_and_as_json(site: Site) -> None:
    code, said = run(site, "trace", RED)
    assert code == 0
    assert "prepared" in said
    code, said = run(site, "trace", RED, "--json")
    told = json.loads(said)
    assert [event["kind"] for event in told["events"]] == ["collected", "prepared"]
    assert told["lineage"] == [{"parent": WHOLE, "child": RED, "kind": "prepared"}]
    assert {each["rule"] for each in told["forbids"]} >= {"use.not-withheld"}
