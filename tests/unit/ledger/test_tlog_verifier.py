"""The offline verifier of log proofs as a command: its words, its JSON, its exit codes."""

import json
from pathlib import Path

import pytest

from ledger import tlog_verifier
from tests.support.golden import FOLDER, ORIGIN

PROOFS = FOLDER / "tlog-proof"
TRUST = ["--leaf", str(PROOFS / "leaf"), "--policy", str(PROOFS / "policy.txt")]


def proof(name: str) -> str:
    return str(PROOFS / f"{name}.tlog-proof")


def test_a_good_proof_exits_zero_and_says_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlog_verifier.main([proof("good"), *TRUST]) == 0
    said = capsys.readouterr()
    assert said.out.endswith("verdict: valid\n")
    assert "✓  4 inclusion" in said.out
    assert said.err == ""


def test_a_good_proof_as_json_says_what_was_proved(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlog_verifier.main([proof("good"), *TRUST, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["failed_step"]) == ("valid", None)
    assert (told["origin"], told["log_size"], told["index"]) == (ORIGIN, 8, 4)
    assert [step["step"] for step in told["steps"]] == ["format", "checkpoint", "witnesses", "inclusion"]


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("format_leading-zero", "format"),
        ("checkpoint_another-key", "checkpoint"),
        ("witnesses_one-of-three", "witnesses"),
        ("inclusion_missing-hash", "inclusion"),
    ],
)
def test_a_bad_proof_exits_one_and_names_the_step(name: str, step: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tlog_verifier.main([proof(name), *TRUST, "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["failed_step"] == step
    assert f"failed at step {step}: expected" in said.err


def test_what_cannot_be_decided_exits_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nonsense = tmp_path / "policy.txt"
    nonsense.write_text("trust everybody\n")
    assert tlog_verifier.main([proof("good"), "--leaf", str(PROOFS / "leaf"), "--policy", str(nonsense)]) == 2
    assert "not decidable: policy line 1" in capsys.readouterr().err
    assert tlog_verifier.main([str(tmp_path / "absent"), *TRUST]) == 2
    assert tlog_verifier.main([proof("good"), "--leaf", str(tmp_path / "absent"), *TRUST[2:]]) == 2
    assert tlog_verifier.main([proof("undecidable_version-2"), *TRUST]) == 2
    assert tlog_verifier.main([proof("undecidable_another-origin"), *TRUST]) == 2


def test_without_a_policy_nothing_is_decided(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        tlog_verifier.main([proof("good"), "--leaf", str(PROOFS / "leaf")])
    assert stopped.value.code == 2
    assert "--policy" in capsys.readouterr().err
