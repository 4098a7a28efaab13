"""What the devices themselves say that they served: the other end of every reading in the ledger."""

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from firmware_mocks.site_plan import DEVICES

MOST_DELAY_MS = 300_000
"""A reading is stamped when it is received; while it was on the wire the accelerated clock may have gone so far."""
FINER = {probe for device in DEVICES if device.program == "ds18b20_text" for _, probe in device.zones}
"""Probes whose wire carries sixteenths or thousandths of a degree: two honest roundings may differ by a hundredth."""
_ARRIVES = {"noise", "split", "merge", "duplicate", "retained", "late"}
_NO_VALUE = {"power_on", "zero", "invalid", "minus_127", "nan", "null"}


@dataclass(frozen=True, slots=True)
class Served:
    """One reading as it left a device: `fault` names what was done to it, empty for nothing."""

    at_ms: int
    centi_celsius: int | None
    fault: str

    @property
    def surely_arrives(self) -> bool:
        """Nothing was done to it."""
        return not self.fault

    @property
    def may_arrive(self) -> bool:
        """Nothing was done to it that takes its bytes away."""
        return set(self.fault.split("+")) - {""} <= _ARRIVES


def read_truth(directory: Path) -> dict[str, list[Served]]:
    """Probe to what was served for it, in order."""
    served: dict[str, list[Served]] = {}
    for device in DEVICES:
        path = directory / "devices" / f"{device.name}.truth"
        if not device.zones or not path.exists():
            continue
        probes = dict(device.zones)
        for line in path.read_text("ascii").splitlines():
            said = json.loads(line)
            reading = Served(said["at_ms"], said["centi_celsius"], said["fault"] or "")
            served.setdefault(probes[said["zone"]], []).append(reading)
    return served


def unserved(readings: Iterable[tuple[str, int, int]], served: dict[str, list[Served]]) -> list[str]:
    """The ledger's readings that no device served: each may use up one serving of that value, shortly before it."""
    missing: list[str] = []
    used: Counter[tuple[str, int]] = Counter()
    for probe, at_ms, centi in sorted(readings):
        servings = served.get(probe, [])
        times = [each.at_ms for each in servings]
        first, last = bisect_left(times, at_ms - MOST_DELAY_MS), bisect_right(times, at_ms)
        tolerance = 1 if probe in FINER else 0
        for place in range(first, last):
            said = servings[place].centi_celsius
            near = said is not None and abs(said - centi) <= tolerance
            if near and servings[place].may_arrive and not used[probe, place]:
                used[probe, place] = 1
                break
        else:
            missing.append(f"{probe} {centi} at {at_ms}")
    return missing


def marks(servings: Iterable[Served]) -> list[tuple[int, int | None]]:
    """What the probe really read, in order, as `recompute.outside` takes it."""
    return [
        (each.at_ms, each.centi_celsius)
        for each in servings
        if each.may_arrive and each.centi_celsius is not None and not set(each.fault.split("+")) & _NO_VALUE
    ]
