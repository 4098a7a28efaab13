"""`xuemai label`, as a technician calls it."""

import json

import pytest
from click.testing import CliRunner

from ledger.label_cli import label


def test_parse_prints_the_structures() -> None:
    ran = CliRunner().invoke(label, ["parse", "=A99992612345600=%6200"])
    assert ran.exit_code == 0
    assert json.loads(ran.stdout) == {
        "structures": [
            {"ds": "001", "fin": "A9999", "year": "26", "sequence": "123456", "flags": "00", "check": "none"},
            {"ds": "002", "abo": "A", "rhd": "positive"},
        ],
        "compound": None,
    }


def test_parse_refuses_on_stderr() -> None:
    ran = CliRunner().invoke(label, ["parse", "=+02000=%6200"])
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "expected 2 structures in the compound message, came 1" in ran.stderr


@pytest.mark.parametrize("din", ["G123417654321", "G123417654321A", "G1234 17 654321 A"])
def test_check_prints_character_and_flag(din: str) -> None:
    ran = CliRunner().invoke(label, ["check", din])
    assert ran.exit_code == 0
    assert json.loads(ran.stdout) == {"check": "A", "flag": "70"}


def test_check_judges_a_typed_check_character() -> None:
    ran = CliRunner().invoke(label, ["check", "G123417654321B"])
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "expected check character A" in ran.stderr
