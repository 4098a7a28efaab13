"""Several processes on one log in PostgreSQL: no fork, no gap, and nothing acknowledged is lost, whoever is killed."""

import base64
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from ledger.append import Ledger
from ledger.config import Site, format_config
from ledger.fsck import examine
from tests.support import invariants
from tests.support.invariants import Evidence, Outbox
from tests.support.log_checker import check_site, connected
from tests.support.many_writers import THREADS, gateways
from tests.support.postgresql import PrivateServer
from tests.support.producers import StoryClock, introduce, site_in

PROCESSES = 4
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def own_server() -> PrivateServer:
    """A server that may be crashed without harm to other tests."""
    return PrivateServer()


@pytest.fixture
def nodes(own_server: PrivateServer, tmp_path: Path) -> list[Site]:
    """Four folders of one site on one database; every process's gateways are approved."""
    site = site_in(tmp_path / "node-0", database_url=own_server.new_database())
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, *(gateway for name in range(PROCESSES) for gateway in gateways(str(name))))
    nodes = [replace(site, directory=tmp_path / f"node-{number}") for number in range(PROCESSES)]
    for node in nodes[1:]:
        copytree(site.directory, node.directory)
        node.config_file.write_text(format_config(node), "utf-8")
    return nodes


class Worker:
    """A process that writes, and what it was told so far."""

    def __init__(self, node: Site, name: int, rounds: int) -> None:
        command = [sys.executable, "-m", "tests.support.many_writers", str(node.directory), str(name), str(rounds)]
        self._said = node.directory / "said"
        with self._said.open("wb") as said, node.directory.joinpath("log").open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=log)

    def said(self) -> list[tuple[str, str]]:
        """Every whole line."""
        lines = self._said.read_text().rpartition("\n")[0].splitlines()
        return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


@contextmanager
def started(nodes: list[Site], rounds: int) -> Iterator[list[Worker]]:
    workers = [Worker(node, number, rounds) for number, node in enumerate(nodes)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.wait()


def wait_until(workers: list[Worker], answers: int) -> None:
    give_up = time.monotonic() + 200
    while sum(len(worker.said()) for worker in workers) < answers:
        assert time.monotonic() < give_up, "the workers do not get on"
        time.sleep(0.02)


def recheck(site: Site, workers: list[Worker]) -> tuple[int, int]:
    """Every invariant, by other means; how many receipts and claims were acknowledged."""
    told = [line for worker in workers for line in worker.said()]
    receipts = tuple(base64.b64decode(what) for kind, what in told if kind == "receipt")
    claimed = [what for kind, what in told if kind == "claimed"]
    log = invariants.read_log_of(site)
    assert invariants.broken(Evidence({}, Outbox({}, receipts, {}, 0), log, frozenset())) == []
    opened = [json.loads(body)["unit"] for batch in log if batch.stream == "web" for _, body in batch.events]
    assert set(claimed) <= set(opened)
    assert len(set(opened)) == len(opened)
    with connected(site) as connection:
        assert connection.execute("SELECT count(*) FROM forks").fetchone() == (0,)
    check_site(site)
    report = examine(site)
    assert report.ok, str(report.first_bad)
    return len(receipts), len(claimed)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_four_processes_with_four_writers_each_make_one_history(nodes: list[Site]) -> None:
    rounds = 25
    with started(nodes, rounds) as workers:
        assert [worker.process.wait(250) for worker in workers] == [0] * PROCESSES
    everything = PROCESSES * THREADS * rounds
    assert recheck(nodes[0], workers) == (everything, everything)
    heads = {node.signed_head.read_bytes() for node in nodes}
    assert all(head.split(b"\n")[1].isdigit() for head in heads)
    assert examine(nodes[-1]).ok, "another folder's signed head is of this log, too"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_process_and_a_crashed_server_take_nothing_back(nodes: list[Site], own_server: PrivateServer) -> None:
    rounds = 30
    with started(nodes, rounds) as workers:
        wait_until(workers, 150)
        workers[0].process.send_signal(signal.SIGKILL)
        wait_until(workers, 300)
        own_server.crash()
        own_server.start()
        assert [worker.process.wait(250) for worker in workers[1:]] == [0] * (PROCESSES - 1)
    receipts, claimed = recheck(nodes[1], workers)
    assert receipts >= (PROCESSES - 1) * THREADS * rounds
    assert claimed + THREADS * PROCESSES >= (PROCESSES - 1) * THREADS * rounds
    with Ledger(nodes[0], StoryClock()) as ledger:
        assert ledger.sign_checkpoint(), "the killed one goes on"
