"""`xuemai bench ingest`: how many events a second the ledger takes, whole: HTTP in, receipt out, durable.

A run goes in stretches, so that it needs little memory however long it is, and shows whether it slows down: a stretch
of batches is made and signed, the yardsticks store its events, and the ledger takes them; only the last two are
measured, one right after the other, so that a busy machine slows both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ledger.bench.report import NOTHING, Cost, measured
from ledger.bench.takers import OwnWriter, Server, Taker, free_port
from ledger.bench.traffic import GatewayVoice, Traffic, make
from ledger.bench.yardstick import BatchYardstick, Yardstick
from ledger.config import Site

STRETCH_EVENTS = 100_000
Progress = Callable[[int, int], None]
"""Told how many events of how many are in."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One part of a run.

    Attributes:
        events: how many events the ledger held of this run when it ended.
        ledger: what the ledger took for it.
        yardstick: what the yardstick took for it.
        batch_yardstick: what the lighter yardstick took for it.
        resident_mb: the memory (10⁶ bytes) that the taking process had afterwards.
    """

    events: int
    ledger: Cost
    yardstick: Cost
    batch_yardstick: Cost
    resident_mb: float


@dataclass(frozen=True, slots=True)
class Ingest:
    """A whole run.

    Attributes:
        traffic: what was said.
        stretches: its parts, in order.
        peak_mb: the most memory (10⁶ bytes) that the taking process ever had.
    """

    traffic: Traffic
    stretches: tuple[Stretch, ...]
    peak_mb: float

    def told(self) -> dict[str, object]:
        """The one object that the command prints."""
        ledger = sum((each.ledger for each in self.stretches), NOTHING)
        yardstick = sum((each.yardstick for each in self.stretches), NOTHING)
        light = sum((each.batch_yardstick for each in self.stretches), NOTHING)
        return {
            "bench": "ingest",
            "database": "sqlite",
            "events": self.traffic.events,
            "batch": self.traffic.batch,
            "workers": self.traffic.gateways,
            "units": self.traffic.units,
            **ledger.figures(),
            **ledger.ratios(yardstick),
            "peak_mb": self.peak_mb,
            "yardstick": yardstick.figures(),
            "batch_yardstick": {**light.figures(), "ratio_cpu": ledger.ratios(light)["ratio_cpu"]},
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


def over_http(folder: Path, traffic: Traffic, progress: Progress) -> Ingest:
    """Measure a server on a new site in `folder`."""
    site = make(folder / "site", traffic, port=free_port())
    with Server(site, log=folder / "server.log") as server:
        return _run(folder, traffic, server, site=site, progress=progress)


def in_process(folder: Path, traffic: Traffic, progress: Progress) -> Ingest:
    """Measure the writer alone, on a new site in `folder`."""
    site = make(folder / "site", traffic)
    with OwnWriter(site) as writer:
        return _run(folder, traffic, writer, site=site, progress=progress)


def _run(folder: Path, traffic: Traffic, taker: Taker, *, site: Site, progress: Progress) -> Ingest:
    voices = [GatewayVoice(site, traffic, number) for number in range(traffic.gateways)]
    yardstick, light = Yardstick(folder / "yardstick.db"), BatchYardstick(folder / "batch-yardstick.db")
    stretches = []
    try:
        for first in range(0, traffic.events, STRETCH_EVENTS):
            events = min(STRETCH_EVENTS, traffic.events - first)
            wires = [list(voice.say(share)) for voice, share in zip(voices, _shares(events, len(voices)), strict=True)]
            bodies = [wire.split(b"\n")[1:-1] for of_gateway in wires for wire in of_gateway]
            stored = measured(events, partial(_store, yardstick, bodies))
            lightly = measured(events, partial(_store, light, bodies))
            taken = taker.take(wires, events)
            stretches.append(Stretch(first + events, taken, stored, lightly, taker.resident_mb()))
            progress(first + events, traffic.events)
    finally:
        yardstick.close()
        light.close()
    return Ingest(traffic, tuple(stretches), taker.peak_mb())


def _shares(events: int, gateways: int) -> list[int]:
    return [len(range(number, events, gateways)) for number in range(gateways)]


def _store(yardstick: Yardstick | BatchYardstick, batches: Sequence[Sequence[bytes]]) -> None:
    for bodies in batches:
        yardstick.take(bodies)
