"""The ledger open for one command: the site's witnesses are asked first, and what they say stays off stdout."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

from click.testing import CliRunner, Result

from firmware_mocks.cast import free_port
from ledger.commands.keys import key
from ledger.config import Site, format_config
from ledger.core.note import VerifierKey
from ledger.core.policy import Witness
from ledger.core.signing import Cosigner, SigningKey
from ledger.settings.witnesses import OutsideWitnesses
from tests.support.producers import site_in

AWAY: VerifierKey = Cosigner("b9999.example/witness", SigningKey(bytes([7]) * 32)).verifier


def rotate(folder: Path, at_start: Literal["warn", "required"]) -> tuple[Site, Result]:
    """`xuemai key rotate web` at a site whose witness listens nowhere."""
    made = site_in(folder / "site")
    witness = Witness("partner", AWAY, f"http://127.0.0.1:{free_port()}")
    site = replace(made, outside=OutsideWitnesses((witness,), 1, at_start))
    site.config_file.write_text(format_config(site), "utf-8")
    return site, CliRunner().invoke(key, ["rotate", "web", "--site", str(site.directory)])


def test_a_witness_that_is_away_is_told_beside_the_commands_words(tmp_path: Path) -> None:
    _, result = rotate(tmp_path, "warn")
    assert result.exit_code == 0
    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == ["log index 1"] * 2
    assert "a witness did not cosign" in result.stderr


def test_where_a_witness_has_to_answer_nothing_is_signed_without_it(tmp_path: Path) -> None:
    site, result = rotate(tmp_path, "required")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "witnesses.at_start: expected every witness to answer before the start; partner" in result.stderr
    assert not site.key_file("web").with_name("web.next.key").exists()


def test_commands_open_the_ledger_in_one_place() -> None:
    opening = [each.name for each in Path("ledger/commands").glob("*.py") if re.search(r"\bLedger\(", each.read_text())]
    assert opening == ["writing.py"]
