"""Equivocation files: what shows that a log told two stories, and everything that only seems to."""

from pathlib import Path

import pytest

from ledger.core import equivocation, policy
from ledger.core.equivocation import contradict
from ledger.core.receipt import Receipt
from tests.support import golden

GOLDEN = golden.FOLDER / "equivocation"
POLICY = policy.parse((golden.FOLDER / "policy.txt").read_bytes())
KEYS = [golden.RECEIPT.verifier]
PROVEN = ("two-roots", "two-roots_one-size", "lost-batch", "two-receipts")
DEFECTS = sorted(path for path in GOLDEN.iterdir() if path.stem not in PROVEN)


def read(name: str) -> bytes:
    return (GOLDEN / f"{name}.equivocation").read_bytes()


@pytest.mark.parametrize("name", PROVEN)
def test_each_claim_is_shown_by_its_golden_file(name: str) -> None:
    raw = read(name)
    assert equivocation.format(equivocation.parse(raw)) == raw
    found = equivocation.verify(raw, POLICY, KEYS)
    assert (found.verdict, found.failed) == ("valid", None)
    assert found.claim == name.partition("_")[0]
    assert found.origin == golden.ORIGIN
    assert [step.step for step in found.steps] == ["format", "origin", "first", "second", "contradiction"]


@pytest.mark.parametrize("path", DEFECTS, ids=lambda path: path.stem)
def test_each_defect_is_refused_at_the_step_it_is_named_after(path: Path) -> None:
    step = path.stem.partition("_")[0]
    found = equivocation.verify(path.read_bytes(), POLICY, KEYS)
    if step == "undecidable":
        assert found.verdict == "undecidable"
        return
    assert found.verdict == "invalid"
    assert found.failed is not None
    assert found.failed.step == step


@pytest.mark.parametrize(("name", "verdict"), [("two-roots", "valid"), ("lost-batch", "undecidable")])
def test_a_receipt_is_believed_under_a_key_that_did_not_come_with_it(name: str, verdict: str) -> None:
    assert equivocation.verify(read(name), POLICY).verdict == verdict


def test_a_receipt_under_another_key_accuses_nobody() -> None:
    other = golden.signer("demo.b9999.example/receipt").verifier
    found = equivocation.verify(read("two-receipts"), POLICY, [other])
    assert found.failed is not None
    assert found.failed.step == "first"


@pytest.mark.parametrize("name", PROVEN)
def test_no_changed_byte_leaves_an_accusation_that_was_not_signed(name: str) -> None:
    raw = read(name)
    for place in range(0, len(raw), 5):
        changed = bytearray(raw)
        changed[place] ^= 0x01
        assert equivocation.verify(bytes(changed), POLICY, KEYS).verdict != "valid", place


def receipt(stream: str, last: int, index: int, word: str = "") -> Receipt:
    return Receipt(golden.ORIGIN, stream, last, index, (word or f"{stream} {last}").encode().ljust(32))


@pytest.mark.parametrize(
    ("first", "second", "contradicts"),
    [
        (receipt("a/1/c", 5, 9), receipt("a/1/c", 5, 9), False),
        (receipt("a/1/c", 5, 9), receipt("b/1/c", 7, 9), True),
        (receipt("a/1/c", 5, 9), receipt("b/1/c", 7, 3), False),
        (receipt("a/1/c", 5, 9), receipt("a/1/c", 6, 10), False),
        (receipt("a/1/c", 5, 9), receipt("a/1/c", 6, 8), True),
        (receipt("a/1/c", 5, 9), receipt("a/1/c", 5, 10), True),
        (receipt("a/1/c", 5, 9), receipt("a/1/c", 5, 8, "another batch"), True),
        (receipt("a/1/c", 5, 9), receipt("a/1/c", 5, 9, "another batch"), True),
    ],
)
def test_two_receipts_contradict_where_one_log_in_order_could_not_give_both(
    first: Receipt, second: Receipt, *, contradicts: bool
) -> None:
    assert contradict(first, second) is contradicts
    assert contradict(second, first) is contradicts
