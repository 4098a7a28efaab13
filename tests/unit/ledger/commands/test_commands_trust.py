"""`xuemai trust`, and passports verified under a trust note on the command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ledger import verifier
from ledger.append import Draft, Ledger
from ledger.commands.trust import trust as trust_commands
from ledger.config import Site
from ledger.core import kinds, trust
from ledger.core.note import format_vkey
from ledger.read import passports
from ledger.read.reader import reading
from tests.support.producers import StoryClock, claim, site_in

UNIT = "unit:A999926123456.E0382V00"
PERSON = "person:" + "d" * 32
LATER = "2099-01-01T00:00:00.000Z"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = site_in(tmp_path / "site")
    with Ledger(made, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Collected, {"unit": UNIT, "donor": PERSON, "place": "place:fridge"}))
        ledger.sign_checkpoint()
        with reading(made) as reader:
            exported = passports.export(reader, UNIT, log_key=made.verifier("log"))
    (tmp_path / "passport.json").write_bytes(exported)
    return made


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(trust_commands, [str(each) for each in arguments])


def test_a_note_is_made_shown_verified_and_decides_a_passport(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = tmp_path / "trust.note"
    vkey = format_vkey(site.verifier("site"))
    made = run("make", "-o", note, "--days", "30", "--site", site.directory)
    assert (made.exit_code, vkey in made.output) == (0, True), made.output
    shown = run("show", note)
    assert shown.output.startswith(trust.HEADER)
    assert site.policy_file.read_text() in shown.output
    assert run("verify", note, "--trust-key", vkey).exit_code == 0
    expired = run("verify", note, "--trust-key", vkey, "--now", LATER)
    assert (expired.exit_code, "trust-time" in expired.output) == (2, True)

    asked = [str(tmp_path / "passport.json"), "--trust", str(note), "--trust-key", vkey]
    assert verifier.main([*asked, "--now", LATER]) == 2
    assert "trust-time" in capsys.readouterr().out
    assert verifier.main(asked) == 2, "without a clock nothing is decided"
    assert verifier.main(asked, now_ms=_issued(note) + 1) == 0
    assert verifier.main([*asked, "--policy", str(site.policy_file)], now_ms=_issued(note) + 1) == 2
    assert verifier.main([asked[0], "--trust", str(note)], now_ms=_issued(note) + 1) == 2


def test_a_regulators_key_signs_instead_of_the_sites(site: Site, tmp_path: Path) -> None:
    key, note = tmp_path / "regulator.key", tmp_path / "trust.note"
    key.write_text("5a" * 32 + "\n")
    made = run("make", "-o", note, "--signer", f"regulator.example={key}", "--site", site.directory)
    assert made.exit_code == 0, made.output
    vkey = made.output.split("verifiers pin: ")[1].strip()
    assert vkey.startswith("regulator.example+")
    assert run("verify", note, "--trust-key", vkey).exit_code == 0
    assert run("verify", note, "--trust-key", format_vkey(site.verifier("site"))).exit_code == 2


def test_what_cannot_be_made_says_why(site: Site, tmp_path: Path) -> None:
    note = tmp_path / "trust.note"
    for wrong in (["--auditor", format_vkey(site.verifier("site"))], ["--signer", "nobody"], ["--policy", str(note)]):
        assert run("make", "-o", note, *wrong, "--site", site.directory).exit_code == 1
    assert run("show", tmp_path / "passport.json").exit_code == 1


def _issued(note: Path) -> int:
    return trust.parse(note.read_text().split("\n\n")[0] + "\n").issued_ms
