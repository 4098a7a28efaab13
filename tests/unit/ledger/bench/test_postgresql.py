"""On PostgreSQL like is compared with like: same bytes, same durability, the backends' time on both sides."""

import json
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from ledger.bench import postgresql
from ledger.bench.cli import bench
from ledger.bench.postgresql import Backends, PostgresqlYardstick
from ledger.bench.report import Cost
from ledger.core.errors import XuemaiError
from ledger.core.merkle import leaf_hash, root_of
from ledger.store.postgresql import forget_readers
from tests.support.postgresql import server

BATCHES = [[f"event {number}".encode() for number in range(first, first + size)] for first, size in ((0, 3), (3, 4))]
EVENTS = [body for batch in BATCHES for body in batch]


@pytest.fixture
def url() -> Iterator[str]:
    """An empty database."""
    made = server().new_database()
    yield made
    forget_readers()
    server().drop(made)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_the_yardstick_stores_chains_and_trees_every_event(url: str) -> None:
    yardstick = PostgresqlYardstick(url)
    for batch in BATCHES:
        yardstick.take(batch)
    yardstick.close()
    link, expected = bytes(32), []
    for number, body in enumerate(EVENTS, 1):
        link = sha256(link + body).digest()
        expected.append((number, body, link))
    assert rows(url, "SELECT * FROM yardstick.events ORDER BY id") == expected
    leaves = [leaf_hash(body) for body in EVENTS]
    roots = rows(url, "SELECT * FROM yardstick.roots ORDER BY size")
    assert roots == [(3, root_of(leaves[:3])), (7, root_of(leaves))]


def test_a_database_that_may_lose_what_it_acknowledged_is_no_yardstick(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE " + connection.info.dbname + " SET synchronous_commit = off")  # type: ignore[arg-type]
    with pytest.raises(XuemaiError, match="synchronous_commit on"):
        PostgresqlYardstick(url)


def asked_for_sums(client: psycopg.Connection[tuple[object, ...]]) -> Cost:
    """Nothing but waiting for the server, which works for a fifth of a second or so."""
    for _ in range(20):
        client.execute("SELECT sum(sqrt(n)) FROM generate_series(1, 100000) AS n")
    return Cost(1, 0.5, 0.0)


def test_what_a_backend_took_meanwhile_counts_with_what_its_client_took(url: str) -> None:
    with closing(Backends(url)) as backends, psycopg.connect(url, autocommit=True) as client:
        busy = backends.counted(lambda: asked_for_sums(client))
        idle = backends.counted(lambda: Cost(1, 0.5, 0.0))
    assert "client backends" in backends.cpu_of
    assert busy.cpu_seconds > 0.55
    assert idle.cpu_seconds == pytest.approx(0.5, abs=0.03)


def test_of_a_server_elsewhere_only_the_client_counts_and_that_is_said(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_PROC", tmp_path)  # where no process of the server is
    with closing(Backends(url)) as backends, psycopg.connect(url, autocommit=True) as client:
        busy = backends.counted(lambda: asked_for_sums(client))
    assert backends.cpu_of.startswith("the ledger's process alone")
    assert busy.cpu_seconds == 0.5


@pytest.mark.parametrize("way", [["--in-process"], []], ids=["in process", "over HTTP"])
def test_a_ledger_and_its_yardstick_in_one_empty_database(url: str, tmp_path: Path, way: list[str]) -> None:
    small = ["ingest", *way, "--db", url, "--events", "300", "--batch", "64", "--json", "--dir", str(tmp_path)]
    ran = CliRunner().invoke(bench, small)
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert (told["database"], told["events"]) == ("postgresql", 300)
    assert "client backends" in told["cpu_of"]
    assert "batch_yardstick" not in told
    assert rows(url, "SELECT count(*) FROM yardstick.events") == [(300,)]
    sent = (
        "SELECT count(*), sum(count) FROM ledger.batches JOIN ledger.streams ON id = stream_id WHERE name LIKE 'gw-%'"
    )
    assert rows(url, sent) == [(5, 300)]
    again = CliRunner().invoke(bench, small)
    assert again.exit_code == 1
    assert "expected a database without a ledger" in again.stderr


def test_a_kept_ledger_in_postgresql_is_examined_with_its_backends_counted(url: str, tmp_path: Path) -> None:
    small = ["verify", "--events", "300", "--batch", "64", "--json", "--site", str(tmp_path / "kept")]
    first = CliRunner().invoke(bench, [*small, "--db", url])
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert told["database"] == "postgresql"
    assert "backends" in told["cpu_of"]
    assert told["events"] > 300
    again = CliRunner().invoke(bench, small)
    assert json.loads(again.stdout)["database"] == "postgresql"
    elsewhere = CliRunner().invoke(bench, [*small, "--db", f"{url}-other"])
    assert elsewhere.exit_code == 1
    assert "kept elsewhere" in elsewhere.stderr


def test_proofs_are_made_of_a_tree_in_postgresql_and_nothing_stays_of_it(url: str) -> None:
    ran = CliRunner().invoke(bench, ["proof", "--leaves", "600", "--db", url, "--json"])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert (told["database"], told["hashes_a_proof"]) == ("postgresql", 10)
    assert told["single"]["events_per_cpu_second"] > 0
    assert rows(url, "SELECT * FROM pg_tables WHERE tablename = 'nodes'") == []
