"""Log proofs as golden bytes: read, written, verified; each defect is refused at the step it is named after."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core import note, policy, tlogproof
from ledger.core.errors import NoteError
from tests.support.golden import FOLDER, ORIGIN
from tests.support.golden_tlog import INDEX
from tests.support.mldsa import MlDsaCosigner

PROOFS = FOLDER / "tlog-proof"
POLICY = policy.parse((PROOFS / "policy.txt").read_bytes())
LEAF = (PROOFS / "leaf").read_bytes()
GOOD = sorted(PROOFS.glob("good*.tlog-proof"))
DEFECTS = sorted(path for path in PROOFS.glob("*.tlog-proof") if path not in GOOD)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_proof_shows_that_the_log_holds_the_leaf(path: Path) -> None:
    raw = path.read_bytes()
    assert tlogproof.format(tlogproof.parse(raw)) == raw
    found = tlogproof.verify(raw, LEAF, POLICY)
    assert found.verdict == "valid"
    assert found.failed is None
    assert [step.step for step in found.steps] == ["format", "checkpoint", "witnesses", "inclusion"]
    assert {step.status for step in found.steps} == {"ok"}
    assert found.checkpoint is not None
    assert found.checkpoint.origin == ORIGIN
    assert found.proof is not None
    assert found.proof.index == INDEX


@pytest.mark.parametrize("path", DEFECTS, ids=lambda path: path.stem)
def test_each_defect_is_refused_at_the_step_it_is_named_after(path: Path) -> None:
    step, _, _ = path.stem.partition("_")
    found = tlogproof.verify(path.read_bytes(), LEAF, POLICY)
    if step == "undecidable":
        assert found.verdict == "undecidable"
        assert found.failed is None
        return
    assert found.verdict == "invalid"
    assert found.failed is not None
    assert found.failed.step == step == found.steps[-1].step


@pytest.mark.parametrize("path", sorted(PROOFS.glob("format_*")), ids=lambda path: path.stem)
def test_what_is_malformed_is_not_read(path: Path) -> None:
    with pytest.raises(NoteError):
        tlogproof.parse(path.read_bytes())


@pytest.mark.parametrize("leaf", [b"", LEAF + b"\n", LEAF[:-1]])
def test_other_bytes_than_the_leaf_are_refused(leaf: bytes) -> None:
    found = tlogproof.verify(GOOD[0].read_bytes(), leaf, POLICY)
    assert found.failed is not None
    assert found.failed.step == "inclusion"


def test_a_log_and_a_witness_may_sign_with_ml_dsa() -> None:
    made = tlogproof.parse(GOOD[0].read_bytes())
    text = note.parse(made.checkpoint).text.encode()
    log, witness = MlDsaCosigner(ORIGIN, bytes([1] * 32)), MlDsaCosigner("pq.example", bytes([2] * 32))
    trusted = policy.Policy(
        (policy.Log(log.verifier),), (policy.Witness("pq", witness.verifier),), (policy.Group("g", 1, ("pq",)),), "g"
    )
    by_the_log = log.signed(made.checkpoint, 0)
    signed = text + b"\n" + by_the_log.removeprefix(made.checkpoint)
    proved = {
        "valid": witness.signed(signed, 1_772_409_900),
        "witnesses": signed,
        "checkpoint": witness.signed(made.checkpoint, 1_772_409_900),
    }
    for expected, checkpoint in proved.items():
        found = tlogproof.verify(tlogproof.format(replace(made, checkpoint=checkpoint)), LEAF, trusted)
        assert (found.failed.step if found.failed else found.verdict) == expected


def test_a_witness_that_cosigned_twice_counts_once() -> None:
    twice = (PROOFS / "witnesses_one-twice.tlog-proof").read_bytes()
    assert tlogproof.verify(twice, LEAF, replace(POLICY, groups=(), quorum="w1")).verdict == "valid"
    assert tlogproof.verify(twice, LEAF, POLICY).verdict == "invalid"


def test_any_changed_byte_of_a_proof_is_found() -> None:
    good = (PROOFS / "good.tlog-proof").read_bytes()
    for place in range(len(good)):
        raw = bytearray(good)
        raw[place] ^= 0x01
        assert tlogproof.verify(bytes(raw), LEAF, POLICY).verdict != "valid", place


def test_a_policy_that_asks_for_no_witness_needs_none() -> None:
    nobody = policy.Policy(POLICY.logs, (), (), policy.NO_QUORUM)
    lonely = (PROOFS / "witnesses_none.tlog-proof").read_bytes()
    assert tlogproof.verify(lonely, LEAF, nobody).verdict == "valid"
    # Where witnesses are named and none is needed, a line that claims to be one of them must still verify.
    asked = policy.Policy(POLICY.logs, POLICY.witnesses, (), policy.NO_QUORUM)
    assert tlogproof.verify(lonely, LEAF, asked).verdict == "valid"
    spoilt = (PROOFS / "witnesses_cosigned-another-size.tlog-proof").read_bytes()
    assert tlogproof.verify(spoilt, LEAF, nobody).verdict == "valid"
    assert tlogproof.verify(spoilt, LEAF, asked).verdict == "invalid"


def test_a_log_known_from_nowhere_is_undecidable() -> None:
    strangers = policy.Policy((), POLICY.witnesses, POLICY.groups, POLICY.quorum)
    assert tlogproof.verify(GOOD[0].read_bytes(), LEAF, strangers).verdict == "undecidable"


def test_what_cannot_be_read_back_is_not_written() -> None:
    good = tlogproof.parse(GOOD[0].read_bytes())
    for index, hashes, checkpoint in (
        (-1, good.hashes, good.checkpoint),
        (2**64 - 1, good.hashes, good.checkpoint),
        (0, (b"short",), good.checkpoint),
        (0, (bytes(32),) * 65, good.checkpoint),
        (0, good.hashes, b"no checkpoint\n"),
    ):
        with pytest.raises(NoteError):
            tlogproof.format(tlogproof.TlogProof(index, hashes, checkpoint))


def test_the_page_lists_the_steps_as_the_code_takes_them() -> None:
    page = (Path(__file__).parents[4] / "docs" / "format.md").read_text("utf-8")
    section = page.partition("## 10. Log proof")[2].partition("\n## ")[0]
    listed = [
        line.split("|")[2].strip(" `") for line in section.splitlines() if line.startswith(("| 1", "| 2", "| 3", "| 4"))
    ]
    assert listed == ["format", *(name for name, _ in tlogproof.STEPS)]


def test_a_proof_too_large_is_refused() -> None:
    good = (PROOFS / "good.tlog-proof").read_bytes()
    extra = note.format_base64(bytes(tlogproof.MAX_PROOF_BYTES // 4 * 3)).encode()
    with pytest.raises(NoteError, match=f"at most {tlogproof.MAX_PROOF_BYTES} bytes"):
        tlogproof.parse(good.replace(b"index", b"extra " + extra + b"\nindex", 1))
