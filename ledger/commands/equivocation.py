"""The commands `xuemai tlog equivocation`: show that a log told two stories, and check such a file offline.

Neither opens a connection. What a log published is read from a folder that mirrors its `tile/…`, where that is needed.
"""

import json
import sys
from pathlib import Path

import click

from ledger.core import checkpoint as checkpoints
from ledger.core import equivocation, tiles
from ledger.core import note as notes
from ledger.core import policy as policies
from ledger.core import receipt as receipts
from ledger.core.checkpoint import Checkpoint
from ledger.core.equivocation import Equivocation, EquivocationVerification, Statement
from ledger.core.errors import FormatError, NoteError, Refused
from ledger.core.following import OtherRoot, judge_growth
from ledger.core.merkle import ReadNode, inclusion_proof
from ledger.core.receipt import Receipt
from ledger.core.tiles import EntryBundle, Tile
from ledger.core.verify import EXIT_CODES
from ledger.verifier import as_text

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group("equivocation")
def equivocations() -> None:
    """Two signed statements of one log that cannot both be true."""


@equivocations.command()
@click.argument("file", type=_FILE)
@click.option("--policy", type=_FILE, required=True, help="the C2SP trust policy that you keep")
@click.option("--receipt-key", "receipt_keys", multiple=True, help="vkey of the log's receipts, where the file has one")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
def verify(file: Path, policy: Path, receipt_keys: tuple[str, ...], *, as_json: bool) -> None:
    """Verify FILE: exit 0 the log told two stories, 1 the file does not show it, 2 not decidable."""
    try:
        trusted = policies.parse(policy.read_bytes())
        keys = [notes.parse_vkey(each) for each in receipt_keys]
        with file.open("rb") as stream:
            raw = stream.read(equivocation.MAX_BYTES + 1)  # one more than allowed, so that the parser sees it
    except (OSError, FormatError) as error:
        click.echo(f"not decidable: {error}", err=True)
        sys.exit(EXIT_CODES["undecidable"])
    found = equivocation.verify(raw, trusted, keys)
    click.echo(_json(found) if as_json else as_text(found.steps, found.verdict))
    if found.failed is not None:
        click.echo(f"failed at step {found.failed.step}: {found.failed.detail}", err=True)
    sys.exit(EXIT_CODES[found.verdict])


@equivocations.command()
@click.argument("first", type=_FILE)
@click.argument("second", type=_FILE)
@click.option("-o", "--output", type=_FILE, required=True, help="the file to write, usually *.equivocation")
@click.option(
    "--tiles", "mirror", type=_FOLDER, help="a folder that mirrors the tile/… of the log with the larger size"
)
def make(first: Path, second: Path, output: Path, mirror: Path | None) -> None:
    """Make the file of FIRST and SECOND, each a signed checkpoint or a receipt. Exit 1 if they may both be true."""
    try:
        made = _contradiction(first.read_bytes(), second.read_bytes(), mirror)
        if isinstance(made, Refused):
            raise click.ClickException(made.reason)
        output.write_bytes(equivocation.format(made))
    except (OSError, FormatError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{made.claim} → {output}", err=True)


def _contradiction(first: bytes, second: bytes, mirror: Path | None) -> Equivocation | Refused:
    """What the two statements claim against each other; the signatures are for who verifies the file."""
    one, other = _statement(first), _statement(second)
    if isinstance(one, Checkpoint) and isinstance(other, Checkpoint):
        if one.size <= other.size:
            return _two_roots((one, first), (other, second), mirror)
        return _two_roots((other, second), (one, first), mirror)
    if isinstance(one, Receipt) and isinstance(other, Checkpoint):
        return _lost_batch((one, first), (other, second), mirror)
    if isinstance(one, Checkpoint) and isinstance(other, Receipt):
        return _lost_batch((other, second), (one, first), mirror)
    if isinstance(one, Receipt) and isinstance(other, Receipt) and equivocation.contradict(one, other):
        return equivocation.two_receipts(first, second)
    return Refused("contradiction", "the two receipts may both be true")


def _statement(raw: bytes) -> Statement:
    try:
        return checkpoints.parse_signed(raw)[0]
    except NoteError:
        return receipts.parse_text(notes.parse(raw).text)


def _two_roots(
    first: tuple[Checkpoint, bytes], second: tuple[Checkpoint, bytes], mirror: Path | None
) -> Equivocation | Refused:
    (held, held_raw), (seen, seen_raw) = first, second
    found = judge_growth(held, seen, _nodes(seen.size, mirror) if held.size < seen.size else _no_node)
    if isinstance(found, OtherRoot):
        return equivocation.two_roots(held_raw, seen_raw, root=found.root, proof=found.proof)
    return found or Refused("contradiction", "the two checkpoints may both be true: the larger continues the smaller")


def _lost_batch(
    receipt: tuple[Receipt, bytes], checkpoint: tuple[Checkpoint, bytes], mirror: Path | None
) -> Equivocation | Refused:
    index, size = receipt[0].log_index, checkpoint[0].size
    if index >= size:
        return Refused("contradiction", f"log index {index} is not under a checkpoint of size {size}")
    number, at = divmod(index, tiles.WIDTH)
    bundle = EntryBundle(number, tiles.width_at(0, number, size))
    leaf = tiles.decode_entry_bundle(_read(mirror, bundle), bundle.width)[at]
    proof = inclusion_proof(index, size, _nodes(size, mirror))
    return equivocation.lost_batch(receipt[1], checkpoint[1], leaf=leaf, proof=proof)


def _nodes(size: int, mirror: Path | None) -> ReadNode:
    return tiles.read_nodes(size, lambda tile: _read(mirror, tile))


def _no_node(level: int, index: int) -> bytes:
    raise NoteError(f"expected no need of the subtree ({level}, {index})")  # between equal sizes there is none


def _read(mirror: Path | None, tile: Tile | EntryBundle) -> bytes:
    if mirror is None:
        raise NoteError("expected --tiles, a folder that mirrors the log's tile/…: these two need its tree")
    return (mirror / tiles.format_path(tile)).read_bytes()


def _json(found: EquivocationVerification) -> str:
    failed = found.failed
    return json.dumps(
        {
            "verdict": found.verdict,
            "failed_step": failed.step if failed else None,
            "claim": found.claim,
            "origin": found.origin,
            "steps": [{"step": step.step, "status": step.status, "detail": step.detail} for step in found.steps],
        },
        ensure_ascii=False,
    )
