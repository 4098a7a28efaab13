"""The commands `xuemai tlog`: verify a C2SP log proof, export one of a batch, be a witness of partners' logs.

An export reads the site's database beside a running server, and proves what the latest signed checkpoint covers.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from ledger import config, tlog_verifier
from ledger import witness as witnesses
from ledger.commands.equivocation import equivocations
from ledger.commands.site_option import site_option
from ledger.config import Site
from ledger.core import checkpoint as checkpoints
from ledger.core import equivocation
from ledger.core.errors import XuemaiError
from ledger.core.note import format_vkey
from ledger.read.reader import reading
from ledger.read.tlogproofs import prove_batch

_FILE = click.Path(dir_okay=False, path_type=Path)


_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def tlog() -> None:
    """C2SP transparency log proofs."""


tlog.add_command(equivocations)


@tlog.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    short_help="Verify PROOF for --leaf FILE under --policy POLICY: exit 0 valid, 1 invalid, 2 not decidable.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """Verify a log proof; the arguments are those of `ledger.tlog_verifier`."""
    sys.exit(tlog_verifier.main(arguments))


@tlog.command()
@click.argument("batch_index", type=click.IntRange(min=0))
@click.option("-o", "--output", type=_FILE, required=True, help="proof to write, usually *.tlog-proof")
@click.option("--leaf", type=_FILE, help="write the leaf's bytes, the batch note, to this file")
@site_option
def export(site: Path, batch_index: int, output: Path, leaf: Path | None) -> None:
    """Write the log proof of the batch at BATCH_INDEX under the latest signed checkpoint."""
    try:
        with reading(config.load(site)) as reader:
            proof, note = prove_batch(reader, batch_index)
        output.write_bytes(proof)
        if leaf is not None:
            leaf.write_bytes(note)
    except (XuemaiError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"batch {batch_index} → {output}", err=True)


@tlog.command()
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@click.option("--export", "folder", type=_FOLDER, help="write each contradiction here as an equivocation file")
@site_option
def witness(site: Path, folder: Path | None, *, as_json: bool) -> None:
    """Make this site a witness, once; show its key, what it cosigned last, and which logs contradicted themselves.

    Exit 1 if one did.
    """
    try:
        loaded = config.load(site)
        vkey = format_vkey(witnesses.make(loaded))
        seen = witnesses.Witness(loaded.witness_db, loaded.cosigner(), loaded.witness_for)
        standing = _Standing(vkey, _sizes(seen, loaded), seen.contradictions())
        if folder is not None:
            _export(standing.contradictions, folder)
    except (XuemaiError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(standing.as_json() if as_json else standing.as_text())
    sys.exit(1 if standing.contradictions else 0)


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a witness says of itself: its key, origin → size cosigned last, pairs of contradicting checkpoints."""

    vkey: str
    sizes: dict[str, int | None]
    contradictions: tuple[tuple[bytes, bytes], ...]

    def as_json(self) -> str:
        pairs = [
            {"cosigned": cosigned.decode(), "contradicting": contradicting.decode()}
            for cosigned, contradicting in self.contradictions
        ]
        logs = [{"origin": origin, "size": size} for origin, size in self.sizes.items()]
        return json.dumps({"vkey": self.vkey, "logs": logs, "contradictions": pairs}, ensure_ascii=False)

    def as_text(self) -> str:
        lines = [f"witness {self.vkey}"]
        lines += [
            f"{origin}: {'nothing cosigned yet' if size is None else f'cosigned at size {size}'}"
            for origin, size in self.sizes.items()
        ]
        for pair in self.contradictions:
            lines += ["these two checkpoints of one log cannot both be true:", *(each.decode() for each in pair)]
        return "\n".join(lines)


def _sizes(seen: witnesses.Witness, site: Site) -> dict[str, int | None]:
    latest = {origin: seen.latest(origin) for origin in sorted({log.name for log in site.witness_for})}
    return {origin: None if head is None else head.size for origin, head in latest.items()}


def _export(contradictions: tuple[tuple[bytes, bytes], ...], folder: Path) -> None:
    """Write each pair as a file that anybody verifies offline."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (cosigned, contradicting) in enumerate(contradictions, 1):
        root = checkpoints.parse_signed(contradicting)[0].root  # both are of one size
        made = equivocation.two_roots(cosigned, contradicting, root=root, proof=())
        (folder / f"{number:03}.equivocation").write_bytes(equivocation.format(made))
