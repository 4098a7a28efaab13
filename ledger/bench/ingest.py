"""`xuemai bench ingest`: how many events a second the ledger takes, whole: HTTP in, receipt out, durable.

A run goes in stretches, so that it needs little memory however long it is, and shows whether it slows down: a stretch
of batches is made and signed, the yardsticks store its events, and the ledger takes them; only the last two are
measured, one right after the other, so that a busy machine slows both. Where PostgreSQL keeps the ledger, it keeps the
yardstick, too, and what its backends took counts with either.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ledger.bench.report import NOTHING, Cost, measured
from ledger.bench.standing import wait_until_judged
from ledger.bench.takers import OwnWriter, Server, Taker
from ledger.bench.traffic import GatewayVoice, Traffic, make
from ledger.bench.yardstick import BatchYardstick, Store, Yardstick
from ledger.config import Site

STRETCH_EVENTS = 100_000
Progress = Callable[[int, int], None]
"""Told how many events of how many are in."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a run is compared with, and how either is counted.

    Attributes:
        database: which engine keeps the ledger and the yardsticks.
        cpu_of: whose CPU time counts, in words.
        counted: runs something and answers its cost with what the engine's own processes took.
        yardstick: what ratios are told against.
        light: the lighter yardstick; None: PostgreSQL has none.
    """

    database: str
    cpu_of: str
    counted: Callable[[Callable[[], Cost]], Cost]
    yardstick: Store
    light: Store | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """One part of a run.

    Attributes:
        events: how many events the ledger held of this run when it ended.
        ledger: what the ledger took for it.
        yardstick: what the yardstick took for it.
        batch_yardstick: what the lighter yardstick took for it, if there is one.
        resident_mb: the memory (10⁶ bytes) that the taking process had afterwards.
    """

    events: int
    ledger: Cost
    yardstick: Cost
    batch_yardstick: Cost | None
    resident_mb: float


@dataclass(frozen=True, slots=True)
class Ingest:
    """A whole run.

    Attributes:
        traffic: what was said.
        database: which engine kept the ledger and the yardsticks.
        cpu_of: whose CPU time counts, in words.
        stretches: its parts, in order.
        peak_mb: the most memory (10⁶ bytes) that the taking process ever had.
    """

    traffic: Traffic
    database: str
    cpu_of: str
    stretches: tuple[Stretch, ...]
    peak_mb: float

    def told(self) -> dict[str, object]:
        """The one object that the command prints."""
        ledger = sum((each.ledger for each in self.stretches), NOTHING)
        yardstick = sum((each.yardstick for each in self.stretches), NOTHING)
        return {
            "bench": "ingest",
            "database": self.database,
            "cpu_of": self.cpu_of,
            "events": self.traffic.events,
            "batch": self.traffic.batch,
            "workers": self.traffic.gateways,
            "units": self.traffic.units,
            **ledger.figures(),
            **ledger.ratios(yardstick),
            "peak_mb": self.peak_mb,
            "yardstick": yardstick.figures(),
            **self._beside_the_lighter(ledger),
            "stretches": [
                {
                    "events": each.events,
                    "events_per_cpu_second": round(each.ledger.per_cpu_second),
                    "ratio_cpu": each.ledger.ratios(each.yardstick)["ratio_cpu"],
                    "resident_mb": each.resident_mb,
                }
                for each in self.stretches
            ],
        }

    def _beside_the_lighter(self, ledger: Cost) -> dict[str, object]:
        lightly = [each.batch_yardstick for each in self.stretches if each.batch_yardstick is not None]
        if not lightly:
            return {}
        light = sum(lightly, NOTHING)
        return {"batch_yardstick": {**light.figures(), "ratio_cpu": ledger.ratios(light)["ratio_cpu"]}}


def over_http(folder: Path, traffic: Traffic, progress: Progress, *, database_url: str | None = None) -> Ingest:
    """Measure a server on a new site in `folder`, its ledger in the empty database at the URL where one is given.

    Raises:
        XuemaiError: the site could not be made, or something was refused.
    """
    site = make(folder / "site", traffic, database_url=database_url)
    with _beside(folder, database_url) as beside, Server(site, log=folder / "server.log") as server:
        wait_until_judged(site)  # the units that the site begins with
        return _run(traffic, server, beside, site=site, progress=progress)


def in_process(folder: Path, traffic: Traffic, progress: Progress, *, database_url: str | None = None) -> Ingest:
    """Measure the writer alone, on a new site in `folder`, its ledger as above.

    Raises:
        XuemaiError: as above.
    """
    site = make(folder / "site", traffic, database_url=database_url)
    with _beside(folder, database_url) as beside, OwnWriter(site) as writer:
        return _run(traffic, writer, beside, site=site, progress=progress)


@contextmanager
def _beside(folder: Path, database_url: str | None) -> Iterator[Beside]:
    if database_url is None:
        with (
            closing(Yardstick(folder / "yardstick.db")) as yardstick,
            closing(BatchYardstick(folder / "batch-yardstick.db")) as light,
        ):
            yield Beside("sqlite", "the ledger's process", lambda run: run(), yardstick, light)
        return
    from ledger.bench import postgresql  # noqa: PLC0415  its driver is an extra that SQLite's sites go without

    with (
        closing(postgresql.PostgresqlYardstick(database_url)) as stored,
        closing(postgresql.Backends(database_url)) as backends,
    ):
        yield Beside("postgresql", backends.cpu_of, backends.counted, stored, None)


def _run(traffic: Traffic, taker: Taker, beside: Beside, *, site: Site, progress: Progress) -> Ingest:
    voices = [GatewayVoice(site, traffic, number) for number in range(traffic.gateways)]
    stretches = []
    for first in range(0, traffic.events, STRETCH_EVENTS):
        events = min(STRETCH_EVENTS, traffic.events - first)
        wires = [list(voice.say(share)) for voice, share in zip(voices, _shares(events, len(voices)), strict=True)]
        bodies = [wire.split(b"\n")[1:-1] for of_gateway in wires for wire in of_gateway]
        lightly = None if beside.light is None else measured(events, partial(_store, beside.light, bodies))
        stored = beside.counted(partial(measured, events, partial(_store, beside.yardstick, bodies)))
        taken = beside.counted(partial(taker.take, wires, events))
        stretches.append(Stretch(first + events, taken, stored, lightly, taker.resident_mb()))
        progress(first + events, traffic.events)
    return Ingest(traffic, beside.database, beside.cpu_of, tuple(stretches), taker.peak_mb())


def _shares(events: int, gateways: int) -> list[int]:
    return [len(range(number, events, gateways)) for number in range(gateways)]


def _store(yardstick: Store, batches: Sequence[Sequence[bytes]]) -> None:
    for bodies in batches:
        yardstick.take(bodies)
