"""`xuemai tlog equivocation`: two statements become a file, and somebody who has only files judges it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.commands.tlog import tlog
from ledger.core import batch, note, receipt, tiles
from ledger.core.merkle import leaf_hash
from ledger.core.signing import sign_note
from tests.support import golden
from tests.support.partner import Partner

GOLDEN = golden.FOLDER / "equivocation"
VKEY = note.format_vkey(golden.RECEIPT.verifier)


def run(*arguments: object) -> tuple[int, str]:
    answer = CliRunner().invoke(tlog, ["equivocation", *(str(each) for each in arguments)])
    return answer.exit_code, answer.output


def verify(file: Path, *more: str) -> tuple[int, str]:
    return run("verify", file, "--policy", golden.FOLDER / "policy.txt", *more)


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("two-roots", 0, "verdict: valid"),
        ("lost-batch", 0, "verdict: valid"),
        ("contradiction_continues", 1, "failed at step contradiction"),
        ("undecidable_unknown-log", 2, "names no log"),
    ],
)
def test_the_exit_code_says_what_the_file_shows(name: str, code: int, said: str) -> None:
    answer = verify(GOLDEN / f"{name}.equivocation", "--receipt-key", VKEY)
    assert answer[0] == code
    assert said in answer[1]


def test_the_verdict_as_json_and_a_missing_receipt_key() -> None:
    code, said = verify(GOLDEN / "lost-batch.equivocation", "--json")
    assert code == 2
    told = json.loads(said)
    assert (told["verdict"], told["claim"], told["origin"]) == ("undecidable", "lost-batch", golden.ORIGIN)
    assert verify(GOLDEN / "absent")[0] == 2


def mirror(folder: Path, log: Partner) -> Path:
    """Publish a log of fewer than 256 leaves as a folder of tiles."""
    size = len(log.leaves)
    for tile, content in (
        (tiles.Tile(0, 0, size), tiles.encode_tile([leaf_hash(leaf) for leaf in log.leaves])),
        (tiles.EntryBundle(0, size), tiles.encode_entry_bundle(log.leaves)),
    ):
        path = folder / tiles.format_path(tile)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def two_stories() -> tuple[Partner, Partner]:
    """The golden log of batches, and one that exchanged its last two."""
    leaves = [each.note for each in golden.story().batches]
    true = Partner(golden.LOG, leaves)
    return true, Partner(golden.LOG, [*leaves[:-2], leaves[-1], leaves[-2]])


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_two_checkpoints_of_different_sizes_need_the_tree_of_the_larger(tmp_path: Path) -> None:
    true, lie = two_stories()
    size = len(true.leaves)
    old, new = write(tmp_path, "old", true.signed(size - 1)), write(tmp_path, "new", lie.signed())
    made = tmp_path / "made.equivocation"
    code, said = run("make", new, old, "-o", made)
    assert code == 1
    assert "--tiles" in said
    assert run("make", new, old, "-o", made, "--tiles", mirror(tmp_path / "lie", lie))[0] == 0
    assert verify(made)[0] == 0

    honest = write(tmp_path, "honest", true.signed())
    code, said = run("make", old, honest, "-o", made, "--tiles", mirror(tmp_path / "true", true))
    assert code == 1
    assert "may both be true" in said


def test_a_receipt_whose_place_another_batch_took(tmp_path: Path) -> None:
    true, lie = two_stories()
    index = len(true.leaves) - 1
    signed, text = batch.read_note(true.leaves[index])
    given = receipt.Receipt(golden.ORIGIN, text.stream, text.last, index, batch.text_hash(signed.text))
    held = write(tmp_path, "receipt", sign_note(given.format(), [golden.RECEIPT]))
    head, made = write(tmp_path, "head", lie.signed()), tmp_path / "made.equivocation"
    assert run("make", held, head, "-o", made, "--tiles", mirror(tmp_path / "lie", lie))[0] == 0
    assert verify(made, "--receipt-key", VKEY)[0] == 0
    small = write(tmp_path, "small", lie.signed(index))
    assert "is not under a checkpoint" in run("make", held, small, "-o", made, "--tiles", tmp_path / "lie")[1]

    other = receipt.Receipt(golden.ORIGIN, "web", 1, index, bytes(32))
    second = write(tmp_path, "second", sign_note(other.format(), [golden.RECEIPT]))
    assert run("make", held, second, "-o", made)[0] == 0
    assert verify(made, "--receipt-key", VKEY)[0] == 0
    assert "may both be true" in run("make", held, held, "-o", made)[1]


def test_what_is_neither_checkpoint_nor_receipt_is_refused(tmp_path: Path) -> None:
    page = write(tmp_path, "page", b"<html>")
    code, said = run("make", page, page, "-o", tmp_path / "made")
    assert code == 1
    assert "blank line" in said
