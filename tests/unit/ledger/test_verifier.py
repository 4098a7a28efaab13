"""The offline verifier as a command: its words, its JSON, its exit codes."""

import json
from pathlib import Path

import pytest

from ledger import verifier
from tests.support.golden import FOLDER

GOOD = str(FOLDER / "passport" / "good.json")
POLICY = str(FOLDER / "policy.txt")


def test_a_good_passport_exits_zero_and_says_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert verifier.main([GOOD, "--policy", POLICY]) == 0
    said = capsys.readouterr().out
    assert said.endswith("verdict: warnings\n")
    assert "✓  5 log-proof" in said


def test_a_bad_passport_exits_one_and_names_the_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        verifier.main([str(FOLDER / "passport" / "event-proofs_altered-event.json"), "--policy", POLICY, "--json"]) == 1
    )
    captured = capsys.readouterr()
    assert json.loads(captured.out)["failed_step"] == "event-proofs"
    assert "failed at step event-proofs" in captured.err


def test_what_cannot_be_decided_exits_two(tmp_path: Path) -> None:
    nonsense = tmp_path / "policy.txt"
    nonsense.write_text("trust everybody\n")
    assert verifier.main([GOOD, "--policy", str(nonsense)]) == 2
    assert verifier.main([str(tmp_path / "absent.json")]) == 2
    assert verifier.main([str(FOLDER / "passport" / "undecidable_version-2.json"), "--policy", POLICY]) == 2
