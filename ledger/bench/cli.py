"""`xuemai bench …`: each command measures one thing beside its yardstick and prints it.

Decides nothing but how it is told: a line a figure for a person, one JSON object for a program.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from ledger.core.batch import MAX_EVENTS
from ledger.core.errors import XuemaiError

Measure = Callable[[Path, Callable[[int, int], None]], Mapping[str, object]]
"""Given a new folder and somebody to tell of progress (so many of so many), measures and answers what is printed."""


_KEPT = click.Path(path_type=Path, file_okay=False)
_IN_DATABASE = click.option(
    "--db", "database_url", metavar="URL", help="Keep the ledger in this PostgreSQL database, empty at first."
)


@click.group()
def bench() -> None:
    """Measure the ledger on this machine, each figure beside a yardstick of the same run."""


@bench.command()
@click.option("--events", default=100_000, show_default=True, type=click.IntRange(1), help="How many events in all.")
@click.option("--batch", default=256, show_default=True, type=click.IntRange(1, MAX_EVENTS), help="Events a batch.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Gateways that send at once.")
@click.option("--in-process", is_flag=True, help="Hand the batches to the writer, without a server in between.")
@click.option(
    "--db", "database_url", metavar="URL", help="Keep ledger and yardstick in this empty PostgreSQL database."
)
@click.option("--dir", "parent", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Where to write.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def ingest(parent: Path | None, database_url: str | None, *, in_process: bool, as_json: bool, **counts: int) -> None:
    """Send signed batches to a new site; tell how many events a second it took, all of them durable.

    With --db the new ledger and the yardstick stay in the database: drop it afterwards.
    """
    from ledger.bench import ingest as measures  # noqa: PLC0415  a group stays light until one of its commands runs
    from ledger.bench.traffic import Traffic  # noqa: PLC0415  the same

    traffic = Traffic(counts["events"], counts["batch"], counts["workers"])
    way = measures.in_process if in_process else measures.over_http
    run(
        "Events",
        lambda folder, progress: way(folder, traffic, progress, database_url=database_url).told(),
        parent=parent,
        as_json=as_json,
    )


@bench.command()
@_IN_DATABASE
@click.option("--events", default=200_000, show_default=True, type=click.IntRange(1), help="How many events in all.")
@click.option("--batch", default=256, show_default=True, type=click.IntRange(1, MAX_EVENTS), help="Events a batch.")
@click.option("--dir", "parent", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Where to write.")
@click.option("--site", type=_KEPT, help="Where the ledger is kept, to be measured again; made there if there is none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(
    events: int, batch: int, parent: Path | None, site: Path | None, database_url: str | None, *, as_json: bool
) -> None:
    """Examine a ledger as `xuemai fsck` does; make and verify a passport."""
    from ledger.bench import verify as measures  # noqa: PLC0415  as above
    from ledger.bench.traffic import Traffic  # noqa: PLC0415  the same

    traffic = Traffic(events, batch)
    run(
        "Events",
        lambda folder, progress: measures.measure(site or folder, traffic, progress, database_url=database_url),
        parent=parent,
        as_json=as_json,
    )


@bench.command()
@_IN_DATABASE
@click.option("--events", default=200_000, show_default=True, type=click.IntRange(1), help="How many events in all.")
@click.option("--batch", default=256, show_default=True, type=click.IntRange(1, MAX_EVENTS), help="Events a batch.")
@click.option("--dir", "parent", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Where to write.")
@click.option("--site", type=_KEPT, help="Where the ledger is kept, to be measured again; made there if there is none.")
@click.option("--requests", default=300, show_default=True, type=click.IntRange(1), help="How many of each question.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Clients that ask at once.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def trace(parent: Path | None, site: Path | None, database_url: str | None, *, as_json: bool, **counts: int) -> None:
    """Ask a server for units and for the lineage of twenty of them; tell how long one waits."""
    from ledger.bench import trace as measures  # noqa: PLC0415  as above
    from ledger.bench.traffic import Traffic  # noqa: PLC0415  the same

    traffic = Traffic(counts["events"], counts["batch"])
    asked = measures.Asked(counts["requests"], counts["workers"])
    run(
        "Events",
        lambda folder, progress: measures.measure(
            site or folder, traffic, progress, asked=asked, database_url=database_url
        ),
        parent=parent,
        as_json=as_json,
    )


@bench.command()
@_IN_DATABASE
@click.option("--leaves", default=1_000_000, show_default=True, type=click.IntRange(1), help="How large the tree is.")
@click.option("--dir", "parent", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Where to write.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def proof(leaves: int, parent: Path | None, database_url: str | None, *, as_json: bool) -> None:
    """Make inclusion proofs from stored subtrees, one by one and many at once, and verify them."""
    from ledger.bench import proof as measures  # noqa: PLC0415  as above

    run(
        "Leaves",
        lambda folder, progress: measures.measure(folder, leaves, progress, database_url=database_url),
        parent=parent,
        as_json=as_json,
    )


def run(what: str, measure: Measure, *, parent: Path | None, as_json: bool) -> None:
    """Measure in a new folder that is gone afterwards, with a bar on a terminal; print what was found.

    Exits with 1 where it could not be measured.
    """
    try:
        with (
            tempfile.TemporaryDirectory(prefix="xuemai-bench-", dir=parent) as folder,
            Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar,
        ):
            task = bar.add_task(what, total=None)
            found = measure(Path(folder), lambda done, of: bar.update(task, completed=done, total=of))
    except (XuemaiError, OSError) as error:
        click.echo(f"xuemai bench: {error}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(found))
    else:
        for name, value in found.items():
            click.echo(f"{name:24} {_in_words(value)}")


def _in_words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    if isinstance(value, list):
        return "".join(f"\n    {_in_words(each)}" for each in value)
    return str(value)
