"""`xuemai bench trace`: how long a person waits for a unit's page data, and for the lineage of twenty units.

A real `xuemai serve` answers, one request after the other on each client's kept connection. The yardstick is what no
answer can do without: the unit's events' bytes, read from the database by their numbers.
"""

import http.client
import random
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ledger.accounts import LOCAL, Accounts
from ledger.bench.counting import counting
from ledger.bench.report import Cost, measured
from ledger.bench.standing import Progress, Standing, standing, wait_until_judged
from ledger.bench.takers import Server
from ledger.bench.traffic import EVENTS_A_UNIT, Traffic, unit_name
from ledger.bench.yardstick import Yardstick
from ledger.clock import SystemClock
from ledger.core.errors import XuemaiError
from ledger.read.reader import reading


@dataclass(frozen=True, slots=True)
class Asked:
    """How much is asked, by how many.

    Attributes:
        requests: how many of each question.
        workers: how many clients ask at once.
    """

    requests: int
    workers: int = 1


_DAY_MS = 86_400_000
_WARM_UP = 20


def measure(
    folder: Path, traffic: Traffic, progress: Progress, *, asked: Asked, database_url: str | None = None
) -> dict[str, object]:
    """Measure with the ledger in `folder`, made there if there is none; what the command prints.

    The yardstick is in SQLite even where the ledger is in PostgreSQL, at the URL.
    """
    made = standing(folder, traffic, progress, database_url=database_url)
    token = _token(made)
    dice = random.Random(traffic.events)  # noqa: S311  the same units in every run
    units = [f"/v1/units/{unit_name(dice.randrange(traffic.units))}" for _ in range(asked.requests)]
    with counting(made.site.database_url) as how, Server(made.site, log=folder / "server.log") as server:
        wait_until_judged(made.site)
        clients = [_Client(server.port, token) for _ in range(asked.workers)]
        _ask(clients, units[:_WARM_UP])
        waits: list[float] = []
        spent = how.counted(lambda: _cost_of(server, asked.requests, lambda: waits.extend(_ask(clients, units))))
        lineages = _ask(clients, [f"/v1/units/{made.family[-1]}/lineage"] * asked.requests)
        stock = _ask(clients, ["/v1/inventory"] * max(1, asked.requests // 10))
        peak = server.peak_mb()
    stored = _yardstick(made, asked.requests)
    return {
        "bench": "trace",
        "database": how.database,
        "cpu_of": how.cpu_of,
        "events": traffic.events,
        "units": traffic.units,
        "requests": asked.requests,
        "workers": asked.workers,
        "events_a_unit": EVENTS_A_UNIT,
        "events_per_cpu_second": round(spent.per_cpu_second * EVENTS_A_UNIT),
        "events_per_wall_second": round(spent.per_wall_second * EVENTS_A_UNIT),
        "requests_per_cpu_second": round(spent.per_cpu_second),
        **spent.ratios(stored),
        "unit_ms": _quantiles(waits),
        "lineage_of_20_ms": _quantiles(lineages),
        "inventory_ms": _quantiles(stock),
        "peak_mb": peak,
        "yardstick": stored.figures(),
    }


def _cost_of(server: Server, requests: int, run: Callable[[], object]) -> Cost:
    """What the server took for something, and how long that was."""
    cpu, began = server.cpu_seconds(), time.perf_counter()
    run()
    return Cost(requests, server.cpu_seconds() - cpu, time.perf_counter() - began)


def _ask(clients: "Sequence[_Client]", paths: Sequence[str]) -> list[float]:
    """Ask for all of them, every client its share, one after the other; how long each answer took."""
    shares = [paths[number :: len(clients)] for number in range(len(clients))]
    with ThreadPoolExecutor(len(clients)) as at_once:
        told = at_once.map(lambda client, share: [client.get(path) for path in share], clients, shares)
        return [wait for waits in told for wait in waits]


class _Client:
    """One person's kept connection."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> float:
        """Ask; how many seconds the whole answer took.

        Raises:
            XuemaiError: it was another answer than 200.
        """
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise XuemaiError(f"expected an answer to GET {path}; got {answer.status} {body.decode()}")
        return time.perf_counter() - began


def _token(made: Standing) -> str:
    accounts, now_ms = Accounts(made.site.accounts_db), SystemClock().now_ms()
    name = f"bench-{secrets.token_hex(4)}"
    try:
        auditor = accounts.add_user(
            name, printed_name=name, organisation=None, roles={"auditor"}, actor=LOCAL, now_ms=now_ms
        )
        return accounts.issue_token(
            auditor.person, label=name, roles={"auditor"}, expires_ms=now_ms + _DAY_MS, actor=LOCAL, now_ms=now_ms
        )
    finally:
        accounts.close()


def _yardstick(made: Standing, requests: int) -> Cost:
    """As many times the bytes of as many events as a unit has, from anywhere in a table of events and nothing else."""
    dice = random.Random(made.traffic.events)  # noqa: S311  as above
    marks = ",".join("?" * EVENTS_A_UNIT)
    query = f"SELECT body FROM events WHERE id IN ({marks})"  # noqa: S608  question marks alone
    with tempfile.TemporaryDirectory(dir=made.site.directory) as folder:
        path = Path(folder) / "yardstick.db"
        last = _copy_events(made, path)
        wanted = [[dice.randrange(1, last + 1) for _ in range(EVENTS_A_UNIT)] for _ in range(requests)]
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return measured(requests, lambda: [connection.execute(query, ids).fetchall() for ids in wanted])


def _copy_events(made: Standing, path: Path) -> int:
    """Put every event of the ledger into a yardstick; answer how many there are."""
    with closing(Yardstick(path)) as yardstick, reading(made.site) as reader:
        for log_index in range(reader.log_size()):
            yardstick.take([body for body in reader.history.bodies(log_index) if body is not None])
        return reader.event_count()


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return {name: round(ordered[int(share * last)] * 1000, 2) for name, share in (("p50", 0.5), ("p99", 0.99))}
