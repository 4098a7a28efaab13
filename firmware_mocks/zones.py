"""The monitored places of a temperature program: each a cabinet with a probe, its commands, and the ground truth.

An option `--zone 1=fridge` makes a zone named "1"; more after commas: `probe=load`, `start=4.0`, `ambient=25`,
`rom=28FF641DCD96F201`. Commands: `door` (open), `compressor` (on), `ambient` (celsius), `defrost`, `zones`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from firmware_mocks import thermal
from firmware_mocks.control import CommandError, Request, flag, number, text
from firmware_mocks.faults import FaultPlan

_OPTIONS = {"probe", "start", "ambient", "rom"}


@dataclass(slots=True)
class Zone:
    """One probe in one cabinet, as it is now."""

    name: str
    cabinet: thermal.Cabinet
    probe: thermal.Probe
    rom: str
    seed: int
    conditions: thermal.Conditions
    state: thermal.ThermalState
    at_ms: int | None = None
    stuck_celsius: float | None = None

    def advance(self, now_ms: int) -> None:
        """Let time pass up to now; time that runs backwards is ignored."""
        if self.at_ms is None:
            self.at_ms = now_ms
        if now_ms > self.at_ms:
            self.state = thermal.advance(
                self.cabinet, self.conditions, self.state, elapsed_ms=now_ms - self.at_ms, seed=self.seed
            )
            self.at_ms = now_ms

    def celsius(self) -> float:
        """What the probe feels."""
        return thermal.celsius(self.state, probe=self.probe, seed=self.seed)


class Zones:
    """All zones of a program."""

    def __init__(self, specifications: Iterable[str], *, seed: int) -> None:
        """Read the `--zone` options.

        Raises:
            ValueError: an option that names no known cabinet, or a name twice.
        """
        self._zones: dict[str, Zone] = {}
        for specification in specifications:
            zone = parse_zone(specification, seed=seed)
            if zone.name in self._zones:
                raise ValueError(f"zone {zone.name!r} is given twice")
            self._zones[zone.name] = zone
        if not self._zones:
            raise ValueError("no zone: give at least one --zone NAME=KIND")

    def __iter__(self) -> Iterator[Zone]:
        """The zones, in the order of the options."""
        return iter(self._zones.values())

    def get(self, name: str) -> Zone | None:
        """A zone by name."""
        return self._zones.get(name)

    def advance(self, now_ms: int) -> None:
        """Let time pass in every zone."""
        for zone in self:
            zone.advance(now_ms)

    def reading(self, zone: Zone, now_ms: int, plan: FaultPlan) -> tuple[float, str | None]:
        """What the probe reports, and the fault `stuck` if it reports an old value."""
        zone.advance(now_ms)
        fresh = zone.celsius()
        if not plan.strikes("stuck", now_ms):
            zone.stuck_celsius = None
            return fresh, None
        if zone.stuck_celsius is None:
            zone.stuck_celsius = fresh
        return zone.stuck_celsius, "stuck"

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Do a command about a zone; it starts now.

        Raises:
            CommandError: an unknown command or zone.
        """
        self.advance(now_ms)
        if command == "zones":
            return {"zones": {zone.name: _description(zone) for zone in self}}
        if command not in {"door", "compressor", "ambient", "defrost"}:
            raise CommandError(f"unknown command {command!r}")
        zone = self.get(text(request, "zone"))
        if zone is None:
            raise CommandError(f"zone {request.get('zone')!r}: expected one of {', '.join(self._zones)}")
        if command == "door":
            zone.conditions = replace(zone.conditions, door_open=flag(request, "open"))
        elif command == "compressor":
            zone.conditions = replace(zone.conditions, compressor_works=flag(request, "on"))
        elif command == "ambient":
            zone.conditions = replace(zone.conditions, ambient_celsius=number(request, "celsius"))
        else:
            zone.state = thermal.start_defrost(zone.cabinet, zone.state, seed=zone.seed)
        return {}


class Truth:
    """The file of ground truth: one JSON line for every reading that left a device.

    `{"at_ms": ..., "zone": "1", "centi_celsius": 412, "fault": null}`: the value that the bytes carry, in hundredths of
    a degree, null where they carry none; `fault` joins with + what was done to the value or to its bytes. A checker
    may expect every line without fault at the other end exactly once.
    """

    def __init__(self, path: Path | None) -> None:
        """Append to a file, or only count."""
        self._path = path
        self._counts: Counter[str] = Counter()

    def served(self, zone: str, now_ms: int, centi_celsius: int | None, faults: Iterable[str | None]) -> None:
        """Note a reading."""
        self._counts[zone] += 1
        if self._path is None:
            return
        joined = "+".join(fault for fault in faults if fault) or None
        line = {"at_ms": now_ms, "zone": zone, "centi_celsius": centi_celsius, "fault": joined}
        with self._path.open("a", encoding="ascii") as file:
            file.write(json.dumps(line) + "\n")

    def counters(self) -> dict[str, object]:
        """How many readings were served, in all and by zone."""
        return {"readings": self._counts.total(), "readings_by_zone": dict(self._counts)}


def parse_zone(specification: str, *, seed: int) -> Zone:
    """Read one `NAME=KIND[,key=value...]`.

    Raises:
        ValueError: another shape, or an unknown kind or key.
    """
    name, equals, rest = specification.partition("=")
    kind, *pairs = rest.split(",")
    cabinet = thermal.CABINETS.get(kind)
    if not name or not equals or cabinet is None:
        raise ValueError(f"zone {specification!r}: expected NAME=KIND with KIND one of {', '.join(thermal.CABINETS)}")
    settings = dict(pair.partition("=")[::2] for pair in pairs)
    if unknown := settings.keys() - _OPTIONS:
        raise ValueError(f"zone {name}: {', '.join(sorted(unknown))} unknown; expected {', '.join(sorted(_OPTIONS))}")
    if settings.get("probe", "air") not in {"air", "load"}:
        raise ValueError(f"zone {name}: probe is air or load, got {settings['probe']!r}")
    own_seed = seed * 1000 + sum(name.encode())
    start = float(settings["start"]) if "start" in settings else None
    return Zone(
        name=name,
        cabinet=cabinet,
        probe=cast("thermal.Probe", settings.get("probe", "air")),
        rom=settings.get("rom", ""),
        seed=own_seed,
        conditions=thermal.Conditions(float(settings.get("ambient", cabinet.ambient_celsius))),
        state=thermal.begin(cabinet, seed=own_seed, start_celsius=start),
    )


def _description(zone: Zone) -> Mapping[str, object]:
    return {
        "kind": zone.cabinet.kind,
        "probe": zone.probe,
        "centi_celsius": round(zone.celsius() * 100),
        "door_open": zone.conditions.door_open,
        "compressor_works": zone.conditions.compressor_works,
        "ambient_celsius": zone.conditions.ambient_celsius,
        "defrosting": zone.state.defrost_left_seconds > 0,
    }
