"""A day of a gateway in a minute: does its memory stay, do its files, and does everything arrive?

    python -m benchmarks.soak [--hours 24] [--speed 1440]

`xuemai gateway run` on a simulated clock that runs `--speed` times as fast as real time, between devices in software: a
reader before which bags come and go and whose plug is pulled every hour, a refrigerator's probe, a scanner. The ledger
of this process gives receipts, and is away for a quarter of the day. Every simulated quarter of an hour the kernel is
asked for the gateway's memory and descriptors. Memory is judged from the second quarter of the day on, when caches are
warm.
"""

import argparse
import itertools
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.uplink import Answer
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY, LedgerServer, StrictLedger
from tests.support.gateway_site import Gateway, Mock

NOON_MS = 1_772_366_400_000
HOUR_MS = 3_600_000
LOOK_MS = HOUR_MS // 4
TOML = """
[gateway]
name = "gw-centre"
origin = "{origin}"
[uplink]
url = "{url}"
receipt_key = "{receipt_key}"
[clock]
source = "simulated"
path = "clock"
[[reader]]
name = "shelf"
family = "m100_uhf"
port = "m100"
antennas = [{{antenna = 1, place = "place:centre/shelf"}}]
arrive_within_seconds = 1800
leave_after_seconds = 1800
dwell_seconds = 600
silent_after_seconds = 5.0
[[scanner]]
name = "desk"
port = "scanner"
place = "place:centre/desk"
[[probe]]
name = "fridge"
family = "modbus_rtu_temp"
port = "bus"
place = "place:centre/shelf"
measures = "air"
interval_seconds = 300
low = 200
high = 600
"""


@dataclass
class Day:
    """The simulated clock, and what was seen as it went."""

    file: Path
    speed: float
    began: float | None = None
    looks: list[dict[str, float]] = field(default_factory=list)

    def now_ms(self) -> int:
        """Simulated Unix milliseconds; noon until it begins."""
        return NOON_MS if self.began is None else NOON_MS + int((time.monotonic() - self.began) * 1000 * self.speed)

    def run(self, ended: threading.Event) -> None:
        """Write the clock until the end."""
        with self.file.open("r+b", buffering=0) as shared:
            while not ended.wait(0.005):
                shared.seek(0)
                shared.write(struct.pack("<q", self.now_ms()))

    def look(self, process: int, outbox: Path) -> None:
        """Ask the kernel."""
        pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
        self.looks.append(
            {
                "hour": round((self.now_ms() - NOON_MS) / HOUR_MS, 2),
                "memory_mb": round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 2),
                "descriptors": len(list(Path(f"/proc/{process}/fd").iterdir())),
                "wal_mb": round((outbox.parent / "outbox.db-wal").stat().st_size / 1e6, 2),
            }
        )


def bags(hour: int) -> list[dict[str, object]]:
    """Fifty tags before the antenna, ten of which change each hour."""
    return [{"epc": f"E280A999{number:016X}", "antenna": 1, "rssi": -55} for number in range(hour * 10, hour * 10 + 50)]


def live(day: Day, hours: float, devices: dict[str, Mock], running: Gateway) -> None:
    """Let the day pass."""
    assert running.process is not None  # noqa: S101 - it was started
    for look in itertools.count(1):
        until_ms = NOON_MS + look * LOOK_MS
        if until_ms > NOON_MS + hours * HOUR_MS:
            return
        time.sleep(max(0.0, (until_ms - day.now_ms()) / 1000 / day.speed))
        day.look(running.process.pid, running.site / "outbox.db")
        devices["scanner"].tell(cmd="scan", text=f"=A999926{look:06d}00")
        if look % 4 == 0:
            devices["m100"].tell(cmd="replug")
            devices["m100"].tell(cmd="field", tags=bags(look // 4))


def away(day: Day, hours: float) -> Answer | None:
    """The ledger's answer while it is away, in the second quarter of the day."""
    part = (day.now_ms() - NOON_MS) / (hours * HOUR_MS)
    return Answer(503, b'{"retry": "retry", "detail": "away"}') if 0.25 < part < 0.5 else None


@contextmanager
def world(folder: Path, day: Day, ledger: StrictLedger) -> Iterator[tuple[Gateway, dict[str, Mock]]]:
    """Clock, ledger, devices and gateway, all running."""
    with ExitStack() as stack:
        ended = threading.Event()
        clock = threading.Thread(target=day.run, args=(ended,))
        clock.start()
        stack.callback(clock.join)
        stack.callback(ended.set)
        server = stack.enter_context(LedgerServer(ledger))
        options = {
            "m100": ("m100_uhf",),
            "bus": ("modbus_sht20", "--zone", "1=fridge,start=4", "--clock", str(day.file)),
            "scanner": ("barcode_scanner",),
        }
        devices = {}
        for link, (program, *more) in options.items():
            devices[link] = Mock(program, "--link", str(folder / link), *more)
            stack.callback(devices[link].end)
        devices["m100"].tell(cmd="field", tags=bags(0))
        running = Gateway(folder)
        running.configure(TOML.format(origin=ORIGIN, url=server.url, receipt_key=RECEIPT_VKEY))
        stack.callback(running.clean_up)
        running.start()
        while not (folder / "status.json").exists():
            time.sleep(0.1)
        day.began = time.monotonic()
        yield running, devices


def slope(looks: list[dict[str, float]]) -> float:
    """Megabytes an hour, by least squares over what was seen from the second quarter on."""
    warm = looks[len(looks) // 4 :]
    hours, sizes = [each["hour"] for each in warm], [each["memory_mb"] for each in warm]
    middle, mean = sum(hours) / len(warm), sum(sizes) / len(warm)
    spread = sum((hour - middle) ** 2 for hour in hours)
    return sum((hour - middle) * (size - mean) for hour, size in zip(hours, sizes, strict=True)) / spread


def soak(folder: Path, hours: float, speed: float) -> dict[str, Any]:
    """One day; what was found."""
    (folder / "clock").write_bytes(struct.pack("<q", NOON_MS))
    day = Day(folder / "clock", speed)
    ledger = StrictLedger(fault=lambda _wire: away(day, hours))
    with world(folder, day, ledger) as (running, devices):
        live(day, hours, devices, running)
        code = running.end()
    warm = day.looks[len(day.looks) // 4 :]
    streams = json.loads((folder / "status.json").read_text("utf-8"))["streams"]
    return {
        "exit_code": code,
        "memory_mb": {"first": day.looks[0]["memory_mb"], "warm": warm[0]["memory_mb"], "last": warm[-1]["memory_mb"]},
        "memory_mb_an_hour": round(slope(day.looks), 3),
        "descriptors": sorted({each["descriptors"] for each in warm}),
        "most_wal_mb": max(each["wal_mb"] for each in day.looks),
        "events": {name: each["acknowledged_seq"] for name, each in streams.items()},
        "undelivered_events": sum(each["next_seq"] - 1 - each["acknowledged_seq"] for each in streams.values()),
        "complaints": ledger.complaints,
        "looks": len(day.looks),
    }


def main(arguments: list[str]) -> int:
    """Measure; print one JSON object."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--hours", type=float, default=24.0, help="of simulated time")
    asked.add_argument("--speed", type=float, default=1440.0, help="simulated seconds a real second")
    options = asked.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = soak(Path(folder), options.hours, options.speed)
    print(json.dumps({"hours": options.hours, "speed": options.speed, **found}, indent=2))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.SubprocessError as error:
        sys.exit(str(error))
