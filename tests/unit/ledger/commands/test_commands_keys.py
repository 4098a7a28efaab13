"""`xuemai key`: what an administrator does with keys where no server runs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ledger.append import Draft, Ledger
from ledger.commands.keys import key
from ledger.config import Site
from ledger.core import kinds
from ledger.core.enrolment import Enrolment
from ledger.fsck import examine
from tests.support.producers import Gateway, StoryClock, claim, site_in

PERSON = "person:" + "d" * 32
SEEN = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1, "place": "place:fridge"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_in(tmp_path / "site")


def run(site: Site, *arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(key, [*arguments, "--site", str(site.directory)], input=given)


def listed(site: Site) -> dict[str, list[dict[str, object]]]:
    return dict(json.loads(run(site, "list", "--json").output))


def enrolment(gateway: Gateway) -> str:
    fields = gateway.introduction().fields
    return Enrolment(gateway=gateway.name, vkey=gateway.vkey, key=gateway.key_id, proof=str(fields["proof"])).format()


def test_a_gateways_key_is_let_in_spoken_under_and_revoked(site: Site) -> None:
    gateway = Gateway("gw-centre")
    added = run(site, "add", "--yes", given=enrolment(gateway))
    assert (added.exit_code, "key_added" in added.output) == (0, True), added.output
    with Ledger(site, StoryClock()) as ledger:
        ledger.append_batch(gateway.say((kinds.TagArrived, "2026-03-01T12:00:00.000Z", SEEN)))
    assert "gw-centre/1/c up to 1" in run(site, "list").output
    revoked = run(site, "revoke", gateway.key_id, "--reason", "stolen", "--yes")
    assert revoked.exit_code == 0, revoked.output
    (mine,) = [each for each in listed(site)["keys"] if each["producer"] == "gw-centre"]
    assert (mine["revoked"], mine["last_good"]) == (True, {"gw-centre/1/c": 1})
    assert examine(site).ok


def test_what_still_counts_can_be_said(site: Site) -> None:
    gateway = Gateway("gw-centre")
    run(site, "add", "--yes", given=enrolment(gateway))
    run(site, "revoke", gateway.key_id, "--reason", "x", "--yes", "--last-good", "gw-centre/1/c=7")
    (mine,) = [each for each in listed(site)["keys"] if each["producer"] == "gw-centre"]
    assert mine["last_good"] == {"gw-centre/1/c": 7}
    wrong = run(site, "revoke", gateway.key_id, "--reason", "x", "--yes", "--last-good", "seven")
    assert (wrong.exit_code, "STREAM=SEQ" in wrong.output) == (2, True)


def test_nothing_happens_without_a_yes(site: Site) -> None:
    gateway = Gateway("gw-centre")
    (tmp := site.directory / "enrolment.json").write_text(enrolment(gateway))
    asked = run(site, "add", str(tmp), given="n\n")
    assert asked.exit_code == 1
    assert gateway.key_id in asked.output
    assert len(listed(site)["keys"]) == 2


def test_own_keys_are_rotated_and_retired_by_name(site: Site) -> None:
    for name in ("web", "site", "log", "receipt"):
        done = run(site, "rotate", name)
        assert done.exit_code == 0, done.output
    assert run(site, "retire", "log").exit_code == 0
    assert run(site, "retire", "receipt").exit_code == 0
    logs = listed(site)["log_keys"]
    assert [each["retired"] is None for each in logs] == [False, False, True, True]
    assert run(site, "retire", "log").exit_code == 1
    assert examine(site).ok


def test_the_first_site_key_keeps_what_let_the_next_one_in(site: Site) -> None:
    first = next(str(each["key"]) for each in listed(site)["keys"] if each["producer"] == "site")
    assert run(site, "rotate", "site").exit_code == 0
    (ended,) = [each for each in listed(site)["keys"] if each["key"] == first]
    good = int(dict(ended["last_good"])["site"])  # type: ignore[call-overload]
    too_early = ("revoke", first, "--reason", "stolen long ago", "--yes", "--last-good", f"site={good - 1}")
    refused = run(site, *too_early)
    assert refused.exit_code == 1
    assert f"added the site's next key: its last good site event is {good} or later" in refused.output
    assert [each for each in listed(site)["keys"] if each["key"] == first] == [ended]
    assert run(site, *too_early[:-1], f"site={good}").exit_code == 0
    assert examine(site).ok


def test_a_gateway_is_resumed(site: Site) -> None:
    assert "stream_resumed" in run(site, "resume", "gw-centre", "2", "--reason", "disk was cloned").output


@pytest.mark.sqlite
def test_while_a_server_writes_the_command_says_what_to_do(site: Site) -> None:
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.DonorReentered, {"donor": PERSON}))
        refused = run(site, "rotate", "web")
    assert refused.exit_code == 1
    assert "another process writes" in refused.output


@pytest.mark.parametrize("given", ["", "[]", '{"gateway":"gw"}', "x" * 9000])
def test_no_enrolment_is_no_key(site: Site, given: str) -> None:
    assert run(site, "add", "--yes", given=given).exit_code == 1


def test_an_unknown_key_is_not_revoked(site: Site) -> None:
    refused = run(site, "revoke", "key:" + "0" * 64, "--reason", "x", "--yes")
    assert (refused.exit_code, "has no key" in refused.output) == (1, True)
