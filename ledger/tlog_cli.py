"""The commands `xuemai tlog`: verify a C2SP log proof, export one of a batch.

An export reads the site's database beside a running server, and proves what the latest signed checkpoint covers.
"""

import sys
from pathlib import Path

import click

from ledger import config, tlog_verifier
from ledger.core.errors import XuemaiError
from ledger.read.reader import reading
from ledger.read.tlogproofs import prove_batch
from ledger.site_option import site_option

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def tlog() -> None:
    """C2SP transparency log proofs."""


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
