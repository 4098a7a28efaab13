"""Performs the steps of a scenario: people through the pages, devices through their commands, time through the clock.

Every action happens while the clock stands still, at exactly its instant. What it needs before it can be right (a
reader's last look at a bag, receipts for what gateways saw) is waited for, so that nothing hangs on luck.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from firmware_mocks.cast import Cast
from firmware_mocks.children import Device
from firmware_mocks.conductor import Conductor
from firmware_mocks.late_readings import HandedIn, LateReadings
from firmware_mocks.people import People, ScriptError
from firmware_mocks.script import (
    Compare,
    Correct,
    Fill,
    HandIn,
    Order,
    PutTags,
    Record,
    Refusal,
    Report,
    Restart,
    Said,
    Settle,
    Sounding,
    Step,
    TakeTags,
)
from firmware_mocks.site_plan import DEVICES, READER_1, READER_2, READER_HOSPITAL

LAST_LOOKS_MS = 130_000
LAST_LOOK_SECONDS = 0.45
"""Longer than two inventory rounds of the slowest reader."""
RECONNECT_SECONDS = 1.5
ALARM_SECONDS = 30.0
ALARM_LOOK_SECONDS = 0.2
READERS = (READER_1, READER_2, READER_HOSPITAL)
LASTING = {"compressor", "ambient", "availability"}
"""Commands whose effect lasts until the opposite is commanded."""
MOST_LAG_MS = 210_000
"""A probe that should read every 120 s may be late by the time that its bus takes for four, not more."""
_RSSI = {"antenna": 1, "rssi": -52}


class State:
    """What was played already, and what must be set up again at the next start: `demo-state.json`."""

    def __init__(self, path: Path) -> None:
        """Read the state, or begin with nothing played."""
        self._path = path
        said = json.loads(path.read_bytes()) if path.exists() else {}
        self.set_up: bool = said.get("set_up", False)
        self.steps: int = said.get("steps", 0)
        self.over: bool = said.get("over", False)
        self.fields: dict[str, list[str]] = {name: said.get("fields", {}).get(name, []) for name in READERS}
        self.refused: list[str] = said.get("refused", [])
        self.handed_in = HandedIn.of(said.get("handed_in", {}))

    def save(self) -> None:
        """Replace the file in one step."""
        said = {
            "set_up": self.set_up,
            "steps": self.steps,
            "over": self.over,
            "fields": self.fields,
            "refused": self.refused,
            "handed_in": self.handed_in.said(),
        }
        aside = self._path.with_suffix(".new")
        aside.write_text(json.dumps(said, indent=2) + "\n")
        aside.replace(self._path)


class Stage:
    """Where the script is performed."""

    def __init__(
        self,
        cast: Cast,
        state: State,
        conductor: Conductor,
        *,
        people: People,
        live_from_ms: int,
    ) -> None:
        """Set the stage.

        Args:
            cast: who runs.
            state: what was played already.
            conductor: who lets time pass.
            people: who acts on the pages.
            live_from_ms: from when on devices and gateways run; before it, time leaps from step to step.
        """
        self._cast, self._state, self._conductor = cast, state, conductor
        self._people, self._live_from_ms = people, live_from_ms
        self._readings = LateReadings(cast.directory, url=cast.url, handed_in=state.handed_in)

    def perform(self, steps: Sequence[Step], *, told_before: Callable[[Step], None]) -> None:
        """Perform what was not performed yet.

        Raises:
            ScriptError: an action did not have its effect.
        """
        for number, step in enumerate(steps):
            if number < self._state.steps:
                continue
            self._approach(step)
            told_before(step)
            self._act(step)
            self._state.steps = number + 1
            self._state.save()

    def set_the_scene(self, steps: Sequence[Step]) -> None:
        """Make the devices' world what it was when the demo was last stopped: bags before readers, what was broken."""
        for reader in READERS:
            self._show(reader)
        for step in steps[: self._state.steps]:
            if isinstance(step.action, Order) and step.action.command in LASTING:
                self._order(step.action.device, step.action.command, step.action.arguments)

    def _approach(self, step: Step) -> None:
        """Let time pass until the step; before bags are taken away, slowly, so that no one lost frame decides when."""
        if step.at_ms < self._live_from_ms:
            self._conductor.leap_to(step.at_ms)
            return
        if isinstance(step.action, TakeTags):
            self._conductor.run_until(step.at_ms - LAST_LOOKS_MS)
            self._conductor.amble_until(step.at_ms)
        self._conductor.run_until(step.at_ms)

    def _act(self, step: Step) -> None:
        match step.action:
            case HandIn():
                self._readings.hand_in(step.at_ms)
            case PutTags() | TakeTags() as change:
                self._change_field(change)
            case Order(device, command, arguments):
                self._order(device, command, arguments)
            case Restart(gateway):
                self._cast.restart_gateway(gateway)
                self._conductor.stand_still(RECONNECT_SECONDS)
            case Settle() | Sounding() as awaited:
                self._await(awaited)
            case Record() | Fill() | Refusal() | Correct() | Report() | Compare() as said:
                self._said(said)

    def _said(self, said: Said) -> None:
        if rule := self._people.act(said):
            self._state.refused.append(rule)

    def _change_field(self, change: PutTags | TakeTags) -> None:
        """Lay bags before an antenna, or take them away after its last look."""
        there = self._state.fields[change.reader]
        if isinstance(change, TakeTags):
            self._conductor.stand_still(LAST_LOOK_SECONDS)
            self._state.fields[change.reader] = [epc for epc in there if epc not in change.epcs]
        else:
            self._state.fields[change.reader] = [*there, *change.epcs]
        self._show(change.reader)

    def _order(self, device: str, command: str, arguments: Mapping[str, object]) -> None:
        self._cast.devices[device].ask(command, **arguments)
        if command == "replug":
            # Its gateway finds the port again in real time; a day that went on meanwhile would miss what it reads.
            self._conductor.stand_still(RECONNECT_SECONDS)

    def _await(self, awaited: Settle | Sounding) -> None:
        match awaited:
            case Settle():
                self._cast.settle()
            case Sounding(board):
                self._await_alarm(board)

    def _await_alarm(self, board: str) -> None:
        """Let the clock stand until the gateway, which watches in real time, has switched its horn on."""
        give_up_at = time.monotonic() + ALARM_SECONDS
        while 0 not in _coils(self._cast.devices[board]):
            if time.monotonic() > give_up_at:
                raise ScriptError(f"{board} should sound by now; the gateway's own page says what it knows")
            self._conductor.stand_still(ALARM_LOOK_SECONDS)

    def _show(self, reader: str) -> None:
        tags = [{"epc": epc, **_RSSI} for epc in self._state.fields[reader]]
        self._cast.devices[reader].ask("field", tags=tags)


def _coils(board: Device) -> list[object]:
    said = board.ask("coils").get("on")
    return said if isinstance(said, list) else []


class KeepingUp:
    """Whether every probe has been read lately, told from what the devices themselves say that they served."""

    def __init__(self, directory: Path) -> None:
        """Watch the truth files below `directory`/devices."""
        self._files = [
            _Tail(directory / "devices" / f"{device.name}.truth", [zone for zone, _ in device.zones])
            for device in DEVICES
            if device.zones
        ]

    def __call__(self, now_ms: int) -> bool:
        """Whether nobody lags behind `now_ms`; before the first reading of a probe, it does."""
        return all(now_ms - tail.oldest_ms(now_ms) <= MOST_LAG_MS for tail in self._files)


class _Tail:
    """The newest reading of every zone in one truth file."""

    def __init__(self, path: Path, zones: list[str]) -> None:
        self._path, self._offset, self._rest = path, 0, b""
        self._offset = path.stat().st_size if path.exists() else 0
        self._latest_ms: dict[str, int] = dict.fromkeys(zones, 0)

    def oldest_ms(self, now_ms: int) -> int:
        if now_ms - min(self._latest_ms.values()) > MOST_LAG_MS // 2:
            self._read()
        return min(self._latest_ms.values())

    def _read(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            fresh = file.read()
        self._offset += len(fresh)
        *lines, self._rest = (self._rest + fresh).split(b"\n")
        for line in lines:
            said = json.loads(line)
            # A deliberately silent sensor is no reason to wait; a frame that was cut or spoilt is: it comes again.
            if said["fault"] is None or not {"cut", "checksum"} & set(said["fault"].split("+")):
                self._latest_ms[said["zone"]] = said["at_ms"]
