"""The frame that every program here shares: options, the main loop, and commands as JSON lines on stdin.

The first line on stdout says that the device can be reached: `{"ready": true, "link": ...}`. From then on each JSON
line on stdin is answered by one JSON line, `{"ok": true, ...}` or `{"error": ...}`. End of stdin, or SIGTERM, ends the
program cleanly. Commands for all: `fault`, `clear`, `unplug`, `plug`, `replug`, `stats`; a device adds its own.
"""

import argparse
import contextlib
import json
import math
import os
import select
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol

from firmware_mocks.clock import Clock, open_clock
from firmware_mocks.faults import DEFAULT_LATE_SECONDS, FaultPlan, parse_rates
from firmware_mocks.links import Link

# The simulated clock has no event to wait for, so it is looked at this often, in real time.
LOOK_SECONDS = 0.005
Request = Mapping[str, object]


class CommandError(Exception):
    """A command that cannot be obeyed; its text is the answer."""


class Device(Protocol):
    """What a program adds to the frame."""

    def receive(self, octets: bytes, now_ms: int) -> None:
        """Bytes came from the host; empty means only that time has passed."""
        ...

    def advance(self, now_ms: int) -> None:
        """Do what is due by now."""
        ...

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Do a command of the device's own and return what to add to the answer.

        Raises:
            CommandError: unknown, or with wrong arguments.
        """
        ...

    def counters(self) -> dict[str, object]:
        """What to add to the statistics."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What the common options say."""

    clock: Clock
    seed: int
    plan: FaultPlan
    late_seconds: float
    truth: Path | None


def common_options(description: str) -> argparse.ArgumentParser:
    """A parser with the options of every program."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clock", type=Path, help="simulated clock: 8 bytes, little-endian Unix milliseconds")
    parser.add_argument("--seed", type=int, default=0, help="repeats a run (default 0)")
    parser.add_argument("--fault-rate", action="append", default=[], metavar="NAME=P", help="repeatable")
    parser.add_argument("--late-seconds", type=float, default=DEFAULT_LATE_SECONDS, help="how late a late frame is")
    parser.add_argument("--truth", type=Path, help="append a JSON line for every reading really served")
    return parser


def serial_options(parser: argparse.ArgumentParser, *, baud: int) -> None:
    """Add the options of a serial device."""
    parser.add_argument("--link", type=Path, required=True, help="symbolic link to make, as in /dev/serial/by-id")
    parser.add_argument("--baud", type=int, default=baud, help=f"for byte times; 0 sends at once (default {baud})")


def mqtt_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a device that publishes to a broker."""
    parser.add_argument("--host", default="127.0.0.1", help="the broker's host")
    parser.add_argument("--port", type=int, required=True, help="the broker's port")


def setting(options: argparse.Namespace, *, faults: Iterable[str]) -> Setting:
    """Read the common options.

    Raises:
        SystemExit: an option that makes no sense; the message says which.
    """
    try:
        plan = FaultPlan(options.seed, parse_rates(options.fault_rate), known=faults)
        clock = open_clock(options.clock)
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from error
    return Setting(clock, options.seed, plan, options.late_seconds, options.truth)


def run(device: Device, link: Link, common: Setting) -> None:
    """Serve until stdin ends or SIGTERM comes."""
    _Session(device, link, common).serve()


class _Session:
    """One run of the main loop."""

    def __init__(self, device: Device, link: Link, common: Setting) -> None:
        self._device, self._link, self._common = device, link, common
        self._typed = b""
        self._ended = False
        self._stdin = sys.stdin.fileno()
        self._own: dict[str, Callable[[Request, int], dict[str, object]]] = {
            "fault": self._fault,
            "clear": self._clear,
            "unplug": self._unplug,
            "plug": self._plug,
            "replug": self._replug,
            "stats": self._stats,
        }

    def serve(self) -> None:
        signal.signal(signal.SIGTERM, self._on_sigterm)
        try:
            _say({"ready": True, "link": self._link.address})
            while not self._ended:
                self._turn()
            self._link.pump()
        except (KeyboardInterrupt, BrokenPipeError):
            # Whoever started the program is gone, or wants it gone: both are a clean end.
            pass
        finally:
            self._link.close()

    def _turn(self) -> None:
        """Wait a moment, then let the host, the person and the time have their say."""
        wait = min(self._link.pump(), LOOK_SECONDS)
        port = self._link.descriptor()
        readable, _, _ = select.select([self._stdin] if port is None else [self._stdin, port], [], [], wait)
        now_ms = self._common.clock.now_ms()
        # Time first: what is heard after a plug-in finds a device that knows that it was powered up.
        self._device.advance(now_ms)
        self._device.receive(self._link.receive() if port in readable else b"", now_ms)
        if self._stdin in readable:
            self._listen(now_ms)

    def _listen(self, now_ms: int) -> None:
        typed = os.read(self._stdin, 65536)
        if not typed:
            self._ended = True
        *lines, self._typed = (self._typed + typed).split(b"\n")
        for line in lines:
            if line.strip():
                _say(self._answer(line, now_ms))

    def _answer(self, line: bytes, now_ms: int) -> dict[str, object]:
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                return {"error": f"expected a JSON object with a cmd, got {type(request).__name__}"}
            command = text(request, "cmd")
            obey = self._own.get(command)
            answer = obey(request, now_ms) if obey else self._device.obey(command, request, now_ms)
        except (CommandError, ValueError) as error:
            return {"error": str(error)}
        return {"ok": True, **answer}

    def _fault(self, request: Request, now_ms: int) -> dict[str, object]:
        name = text(request, "name")
        if "seconds" in request:
            self._common.plan.order_until(name, now_ms + round(number(request, "seconds") * 1000))
        else:
            self._common.plan.order_count(name, round(number(request, "count", default=1)))
        return {}

    def _clear(self, request: Request, now_ms: int) -> dict[str, object]:
        del request, now_ms
        self._common.plan.clear()
        return {}

    def _unplug(self, request: Request, now_ms: int) -> dict[str, object]:
        del request, now_ms
        self._link.unplug()
        return {}

    def _plug(self, request: Request, now_ms: int) -> dict[str, object]:
        del request, now_ms
        with contextlib.suppress(OSError):
            self._link.plug()
            return {"link": self._link.address}
        raise CommandError(f"nothing answers at {self._link.address}")

    def _replug(self, request: Request, now_ms: int) -> dict[str, object]:
        del request, now_ms
        self._link.replug()
        return {"link": self._link.address}

    def _stats(self, request: Request, now_ms: int) -> dict[str, object]:
        del request
        faults = dict(self._common.plan.injected)
        return {"now_ms": now_ms, "faults": faults, **self._link.counters(), **self._device.counters()}

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._ended = True


def _say(answer: dict[str, object]) -> None:
    print(json.dumps(answer, ensure_ascii=False), flush=True)


def text(request: Request, key: str, *, default: str | None = None) -> str:
    """A string argument of a command.

    Raises:
        CommandError: missing, or not a string.
    """
    value = request.get(key, default)
    if not isinstance(value, str):
        raise CommandError(f"{key}: expected a string, got {value!r}")
    return value


def number(request: Request, key: str, *, default: float | None = None) -> float:
    """A finite number argument of a command.

    Raises:
        CommandError: missing, or not a number.
    """
    value = request.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CommandError(f"{key}: expected a number, got {value!r}")
    return value


def flag(request: Request, key: str) -> bool:
    """A true-or-false argument of a command.

    Raises:
        CommandError: missing, or neither.
    """
    value = request.get(key)
    if not isinstance(value, bool):
        raise CommandError(f"{key}: expected true or false, got {value!r}")
    return value
