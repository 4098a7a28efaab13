"""What it costs a gateway to be alone: an outbox that fills for days, is opened again, is drained, and grows old.

    python -m benchmarks.outbox [--events 1000000] [--batch 128] [--commit 16] [--dir DIR]

Events are appended `--commit` at a time, each commit synced to the disk, and sealed `--batch` at a time, as a second of
a gateway's day makes them; nothing is sent. At a tenth and at the whole of the depth the same questions are asked, so
that whatever grows with the depth is seen: one more event, the next batch, the state of the streams, opening. Then all
of it is sent to a ledger of this process that gives receipts and nothing else, and 45 days later it is pruned.
"""

import argparse
import gc
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from gateway import claim, outbox_age
from gateway.claim import Claim
from gateway.clock import Trust
from gateway.outbox import Identity, Outbox, Sealed
from gateway.sighting import Arrived, Left
from gateway.temperature import ProbeRule, SegmentClosed
from ledger.core import receipt as receipts
from ledger.core.signing import NoteSigner, SigningKey, sign_note

ORIGIN = "bench.a9999.example/ledger/1"
RECEIPT = NoteSigner("bench.a9999.example/receipt", SigningKey(bytes([7]) * 32))
GATEWAY = NoteSigner("bench.a9999.example/gw", SigningKey(bytes([8]) * 32))
RULE = ProbeRule("probe:gw/fridge-1", "place:centre/fridge-1", "air", 60_000)
NOON = 1_772_452_800_000
KEEP_DAYS = 45
MINUTE_MS = 60_000


@dataclass
class BenchClock:
    """A clock that the benchmark sets; real seconds pass only where an outbox is to grow old: sealing is asked for."""

    name: Trust = "synchronised"
    ms: int = NOON
    seconds: float = 0.0

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return self.ms

    def monotonic(self) -> float:
        """Real seconds."""
        return self.seconds


@dataclass
class Costs:
    """Wall and CPU seconds of what was timed, by name."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Time what is done in here."""
        began, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds[f"{name}_cpu"] = time.process_time() - cpu
        self.seconds[name] = time.perf_counter() - began


def facts() -> Iterator[Claim]:
    """A cold room, over and over: bags come and go; each eighth fact is a quarter of an hour of readings."""
    readings = tuple((minute * MINUTE_MS, 400 + minute) for minute in range(15))
    number = 0
    while True:
        number += 1
        now_ms = NOON + number * 500
        tag = f"E280A999{number // 2:016X}"
        if number % 8 == 0:
            yield claim.segment(SegmentClosed(now_ms, now_ms + 15 * MINUTE_MS, "good", "", readings, ()), RULE)
        elif number % 2:
            edge = Arrived(tag, "r1", RULE.place, 1, now_ms, now_ms, 2, -5500)
            yield claim.arrived(edge, device="device:gw/r1")
        else:
            yield claim.left(Left(tag, "r1", RULE.place, now_ms, now_ms, 40), device="device:gw/r1")


def receipt_of(sealed: Sealed, index: int) -> bytes:
    """What a ledger answers."""
    told = receipts.Receipt(ORIGIN, sealed.stream, sealed.last, index, sealed.text_hash)
    return sign_note(told.format(), [RECEIPT])


def timed_us(ask: Callable[[], object], times: int) -> float:
    """Microseconds of CPU that one asking costs, the best of three goes."""
    goes = []
    for _ in range(3):
        began = time.process_time()
        for _ in range(times):
            ask()
        goes.append((time.process_time() - began) / times * 1e6)
    return round(min(goes), 1)


def memory_mb() -> float:
    """Of this process, at this moment."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return round(pages * 4096 / 1e6, 1)


@dataclass
class Course:
    """One outbox from empty to pruned."""

    make: Callable[[], Outbox]
    path: Path
    clock: BenchClock
    batch: int
    commit: int
    source: Iterator[Claim] = field(default_factory=facts)
    costs: Costs = field(default_factory=Costs)

    def fill(self, events: int) -> None:
        """Append and seal so many."""
        with self.make() as box:
            unsealed = 0
            for _ in range(events // self.commit):
                box.append(list(islice(self.source, self.commit)), {"alive": b"now"})
                unsealed += self.commit
                if unsealed >= self.batch:
                    box.seal_all()
                    unsealed = 0
            box.seal_all()

    def ask(self) -> dict[str, float]:
        """What an outbox of this depth costs, asked as a gateway asks it all day."""
        with self.costs.of("open"), self.make() as box:
            pass
        with self.make() as box:
            return {
                "open_ms": round(self.costs.seconds["open"] * 1000, 1),
                "next_batch_us": timed_us(box.next_batch, 50),
                "streams_us": timed_us(box.streams, 50),
                "append_one_us": timed_us(lambda: box.append([next(self.source)], {"alive": b"now"}), 50),
                "seal_one_us": timed_us(lambda: (box.append([next(self.source)]), box.seal_all()), 25),
                "memory_mb": memory_mb(),
            }

    def drain(self) -> int:
        """Send everything; how many batches."""
        sent = 0
        with self.make() as box:
            while sealed := box.next_batch():
                box.acknowledge(sealed, receipt_of(sealed, sent))
                sent += 1
        return sent

    def grow_old(self) -> tuple[int, float]:
        """Prune everything 45 days later, as the gateway does, a piece at a time; batches, longest pause in ms."""
        pruned, longest = 0, 0.0
        with self.make() as box:
            self.clock.seconds += (KEEP_DAYS + 1) * 24 * 3600
            while True:
                began = time.perf_counter()
                piece = outbox_age.prune(box)
                outbox_age.look_after_room(box)
                longest = max(longest, time.perf_counter() - began)
                if not piece:
                    return pruned, round(longest * 1000, 1)
                pruned += piece

    def bytes_on_disk(self) -> int:
        """The database with its journal."""
        return sum(each.stat().st_size for each in self.path.parent.glob("outbox.db*"))


def run(course: Course, events: int) -> dict[str, Any]:
    """The whole course; what it cost."""
    costs, found = course.costs, dict[str, Any]()
    found["memory_mb_at_start"] = memory_mb()
    tenth = events // 10
    with costs.of("first"):
        course.fill(tenth)
    found["at_a_tenth"] = course.ask()
    with costs.of("fill"):
        course.fill(events - tenth)
    found["at_the_whole"] = course.ask()
    found["bytes"] = course.bytes_on_disk()
    found["bytes_per_event"] = round(found["bytes"] / events)
    with costs.of("drain"):
        found["batches"] = course.drain()
    found["drained"] = course.ask()
    with costs.of("prune"):
        found["pruned_batches"], found["longest_prune_ms"] = course.grow_old()
    found["bytes_when_pruned"] = course.bytes_on_disk()
    found["fill_cpu_us_per_event"] = round(costs.seconds["fill_cpu"] / (events - tenth) * 1e6, 1)
    found["fill_events_per_second"] = round((events - tenth) / costs.seconds["fill"])
    found["drain_cpu_us_per_event"] = round(costs.seconds["drain_cpu"] / events * 1e6, 1)
    found["drain_events_per_second"] = round(events / costs.seconds["drain"])
    found["prune_seconds"] = round(costs.seconds["prune"], 1)
    return found


def main(arguments: list[str]) -> int:
    """Measure; print one JSON object."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--events", type=int, default=1_000_000)
    asked.add_argument("--batch", type=int, default=128, help="events a sealed batch")
    asked.add_argument("--commit", type=int, default=16, help="events a commit")
    asked.add_argument("--dir", type=Path, help="on which disk; default: a temporary folder")
    options = asked.parse_args(arguments)
    clock = BenchClock()
    identity = Identity(ORIGIN, "gw", 1, GATEWAY, RECEIPT.verifier)
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        path = Path(folder) / "outbox.db"
        course = Course(
            lambda: Outbox(path, identity, clock, secrets.token_bytes), path, clock, options.batch, options.commit
        )
        found = run(course, options.events)
    print(json.dumps({"events": options.events, "batch": options.batch, "commit": options.commit, **found}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
