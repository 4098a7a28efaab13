"""The offline verifier of log proofs as a command: its words, its JSON, its exit codes."""

import json
from pathlib import Path

import pytest

from ledger import tlog_verifier
from ledger.core.note import format_vkey
from ledger.core.signing import NoteSigner, SigningKey
from tests.support.golden import FOLDER, ORIGIN
from tests.support.mldsa import MlDsaCosigner

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


LOG, *WITNESSES = [line for line in (PROOFS / "policy.txt").read_text().splitlines() if not line.startswith("group")][
    :4
]
OTHER_LOG = f"log {format_vkey(NoteSigner('log.other.example/1', SigningKey(bytes(32))).verifier)}"
SAME_NAME = f"log {format_vkey(NoteSigner(ORIGIN, SigningKey(bytes([1] * 32))).verifier)} https://log.example/"
QUANTUM_SAFE = f"witness pq {format_vkey(MlDsaCosigner('pq.example', bytes(32)).verifier)}"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([LOG, "quorum none"], 0),
        (["# whom we believe", "", f" \t{LOG}\t", "\tquorum \t none"], 0),
        ([OTHER_LOG, SAME_NAME, LOG, "quorum none"], 0),
        ([LOG, *WITNESSES, "quorum w1"], 0),
        ([LOG, *WITNESSES, "quorum w3"], 1),
        ([*WITNESSES, "group g any w1 w3", "quorum g", LOG], 0),
        ([LOG, *WITNESSES, "group g any w3", "quorum g"], 1),
        ([LOG, *WITNESSES, "group g all w1 w2", "quorum g"], 0),
        ([LOG, *WITNESSES, "group g all w1 w2 w3", "quorum g"], 1),
        ([LOG, *WITNESSES, "group a all w1", "group b any w2 w3", "group c 2 a b", "quorum c"], 0),
        ([LOG, *WITNESSES, "group a all w1 w2", "group b any w3", "group c all a b", "quorum c"], 1),
        ([LOG, *WITNESSES, QUANTUM_SAFE, "group g 2 w1 pq w2", "quorum g"], 0),
        ([LOG, *WITNESSES, QUANTUM_SAFE, "quorum pq"], 1),
        ([SAME_NAME, "quorum none"], 1),
        ([OTHER_LOG, "quorum none"], 2),
        (["quorum none"], 2),
        ([LOG, "quorum none\r"], 2),
        ([LOG, "quorum none # all the same"], 2),
        ([LOG, LOG, "quorum none"], 2),
        ([LOG, *WITNESSES, "group w1 any w2", "quorum w1"], 2),
        ([LOG, *WITNESSES, "quorum g", "group g any w1"], 2),
        ([LOG, *WITNESSES, "group g any none w1", "quorum g"], 2),
        ([LOG, *WITNESSES], 2),
    ],
)
def test_a_policy_of_any_shape_is_judged(lines: list[str], code: int, tmp_path: Path) -> None:
    """The good proof is cosigned by w1 and w2."""
    trusted = tmp_path / "policy.txt"
    trusted.write_text("\n".join([*lines, ""]), newline="")
    assert tlog_verifier.main([proof("good"), *TRUST[:2], "--policy", str(trusted)]) == code


def test_without_a_policy_nothing_is_decided(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        tlog_verifier.main([proof("good"), "--leaf", str(PROOFS / "leaf")])
    assert stopped.value.code == 2
    assert "--policy" in capsys.readouterr().err
