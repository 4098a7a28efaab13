"""The formats of docs/format.md as bytes: re-made and compared; a defect is refused at the step it is named after."""

from pathlib import Path

import pytest

from ledger.core import batch, passport, policy, receipt
from ledger.core.verify import verify
from tests.support.golden import FOLDER, RECEIPT, golden_files, story
from tests.support.kinds_table import kinds_table

FORMAT_PAGE = Path(__file__).parents[4] / "docs" / "format.md"
POLICY = policy.parse((FOLDER / "policy.txt").read_bytes())
SITES = policy.parse((FOLDER / "policy-two-sites.txt").read_bytes())
"""Names the logs of every site through which a golden passport came."""
DEFECTS = sorted(path for path in (FOLDER / "passport").iterdir() if not path.stem.startswith("good"))


def test_golden_files_are_what_the_code_writes_today() -> None:
    stored = {str(path.relative_to(FOLDER)): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
    assert stored == golden_files()


def test_the_page_lists_every_kind_as_the_code_has_it() -> None:
    assert kinds_table() in FORMAT_PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((FOLDER / "batch").iterdir()), ids=lambda path: path.stem)
def test_golden_batches_round_trip_and_hold_together(path: Path) -> None:
    read = batch.parse_wire(path.read_bytes())
    assert batch.format_wire(read) == path.read_bytes()
    _, text = batch.read_note(read.note)
    judged = batch.judge_bodies(text, read.bodies)
    assert isinstance(judged, batch.Contents)
    assert [entry.defect for entry in judged.events] == [None] * text.count


def test_the_golden_receipt_is_believed_under_its_key() -> None:
    read = receipt.verify((FOLDER / "receipt.note").read_bytes(), RECEIPT.verifier)
    assert isinstance(read, receipt.Receipt)
    assert (read.stream, read.log_index) == ("site", len(story().batches) - 1)


def test_the_good_passport_round_trips_and_lacks_only_completeness() -> None:
    raw = (FOLDER / "passport" / "good.json").read_bytes()
    assert passport.format(passport.parse(raw)) == raw
    found = verify(raw, policy=POLICY)
    assert found.verdict == "warnings"
    assert [step.step for step in found.steps if step.status != "ok"] == ["completeness"]


def test_without_a_policy_the_good_passport_warns_and_shows_the_fingerprint() -> None:
    found = verify((FOLDER / "passport" / "good.json").read_bytes(), policy=None)
    assert found.verdict == "warnings"
    assert any("key:" in step.detail for step in found.steps if step.step == "checkpoint")


@pytest.mark.parametrize("path", DEFECTS, ids=lambda path: path.stem)
def test_each_defect_is_refused_at_the_step_it_is_named_after(path: Path) -> None:
    step, _, _ = path.stem.partition("_")
    found = verify(path.read_bytes(), policy=SITES)
    if step == "undecidable":
        assert found.verdict == "undecidable"
        return
    assert found.verdict == "invalid"
    assert found.failed is not None
    assert found.failed.step == step


@pytest.mark.parametrize("place", range(0, 9000, 37))
def test_any_changed_byte_of_a_passport_is_found(place: int) -> None:
    raw = bytearray((FOLDER / "passport" / "good.json").read_bytes())
    place %= len(raw)
    raw[place] ^= 0x01
    assert verify(bytes(raw), policy=POLICY).verdict in {"invalid", "undecidable"}
