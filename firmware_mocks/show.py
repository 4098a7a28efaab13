"""What the demo says while it runs, on stderr: a moving line on a terminal, only complaints elsewhere."""

import datetime as dt
import time
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

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

_ZONE = dt.timezone(dt.timedelta(hours=8))


class Show:
    """Tells what goes on."""

    def __init__(self, stream: TextIO) -> None:
        """Say it on `stream`."""
        self._console = Console(file=stream, highlight=False)
        self._began = time.monotonic()
        self._progress: Progress | None = None

    def say(self, text: str) -> None:
        """One line that stays; a pipe does not see it."""
        if self._console.is_terminal:
            self.complain(text)

    def complain(self, text: str) -> None:
        """One line for whoever reads along, a person or a log."""
        self._console.print(f"[{time.monotonic() - self._began:6.1f} s] {text}", markup=False, soft_wrap=True)

    def begin(self, what: str, start_ms: int, end_ms: int) -> None:
        """A stretch of simulated time begins."""
        self.say(f"playing {what}")
        if not self._console.is_terminal:
            return
        columns = (
            TextColumn("{task.fields[local]}"),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=self._console, transient=True)
        self._progress.start()
        self._progress.add_task("", total=(end_ms - start_ms) / 1000, local=local(start_ms))
        self._start_ms = start_ms

    def clock(self, now_ms: int) -> None:
        """It is so late now."""
        if self._progress is not None:
            task = self._progress.task_ids[0]
            self._progress.update(task, completed=(now_ms - self._start_ms) / 1000, local=local(now_ms))

    def step(self, step: Step) -> None:
        """This happens now."""
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], description=described(step))

    def end(self) -> None:
        """Nothing moves any more."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def local(now_ms: int) -> str:
    """`Mon 2 Mar 08:20`, where the site is."""
    moment = dt.datetime.fromtimestamp(now_ms / 1000, tz=_ZONE)
    return f"{moment:%a} {moment.day} {moment:%b %H:%M}"


def described(step: Step) -> str:
    """A step in a few words."""
    words = ""
    match step.action:
        case Record() | Fill() | Refusal() | Correct() | Report() | Compare() as said:
            words = _said(said)
        case PutTags(reader, epcs):
            words = f"{len(epcs)} before {reader}"
        case TakeTags(reader, epcs):
            words = f"{len(epcs)} taken from {reader}"
        case Order(device, command, arguments):
            words = f"{device}: {arguments.get('name', command)}"
        case Restart(gateway):
            words = f"{gateway} restarts"
        case Settle() | Sounding() | HandIn():
            words = _WAITS[type(step.action)]
    return words


_WAITS = {Settle: "waiting for receipts", Sounding: "waiting for the horn", HandIn: "gateways hand in their readings"}


def _said(said: Said) -> str:
    words = ""
    match said:
        case Record(who, what, _, _) | Fill(who, what, _, _, _):
            words = f"{who}: {what.strip('/').replace('_', ' ')}"
        case Refusal(attempt, _):
            words = f"{attempt.who} tries: {attempt.kind} (must be refused)"
        case Correct(who, unit, _, _, _):
            words = f"{who}: corrects {unit}"
        case Compare(who, path, _, _):
            words = f"{who}: compares {path}"
        case Report(_, kind, _):
            words = f"the hospital's system: {kind.replace('_', ' ')}"
    return words
