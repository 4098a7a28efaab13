"""The demo's child processes: started with their own log file, told apart by their own pid, stopped one by one.

Each child is a session leader, so that Ctrl-C on the terminal reaches the demo alone, which stops the children in an
order that loses nothing. A *device* also takes commands: one JSON line in, one JSON line out (see control.py).
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

READY_SECONDS = 30.0
ANSWER_SECONDS = 15.0
STOP_SECONDS = 20.0


class ChildError(Exception):
    """A child did not start, ended by itself, or refused a command; says where its log is."""


class Child:
    """A running program whose output goes to a log file."""

    obeys = False

    def __init__(
        self, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start it.

        Args:
            name: what it is called in messages.
            command: program and arguments.
            log: file that its output is appended to.
            environment: variables to add to the demo's own.
        """
        self.name, self.log = name, log
        self._asked_to_stop = False
        log.parent.mkdir(parents=True, exist_ok=True)
        talk = subprocess.PIPE if self.obeys else None
        with log.open("ab") as output:
            self.running = subprocess.Popen(
                command,
                stdin=talk or subprocess.DEVNULL,
                stdout=talk or output,
                stderr=output,
                env=os.environ | dict(environment or {}),
                start_new_session=True,
            )

    def check_alive(self) -> None:
        """See that it still runs.

        Raises:
            ChildError: it ended by itself.
        """
        if (code := self.running.poll()) is not None:
            raise ChildError(f"{self.name} ended with exit code {code}; its log is {self.log}")

    def ask_to_stop(self) -> None:
        """Send SIGTERM, once, and do not wait: a second one could strike while the first is being obeyed."""
        if self.running.poll() is None and not self._asked_to_stop:
            self._asked_to_stop = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.running.pid, signal.SIGTERM)

    def stop(self, *, patience_seconds: float = STOP_SECONDS) -> int:
        """Ask it to end (SIGTERM), insist if it does not (SIGKILL); its exit code."""
        self.ask_to_stop()
        try:
            code = self.running.wait(timeout=patience_seconds)
        except subprocess.TimeoutExpired:
            self.running.kill()
            code = self.running.wait()
        for pipe in (self.running.stdin, self.running.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return code


class Device(Child):
    """A program of firmware_mocks: says when it is ready, then obeys commands."""

    obeys = True

    def __init__(self, name: str, command: Sequence[str], *, log: Path) -> None:
        """Start it; `wait_until_ready` comes next."""
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        super().__init__(name, command, log=log)
        threading.Thread(target=self._listen, name=f"stdout of {name}", daemon=True).start()

    def wait_until_ready(self) -> None:
        """Wait for its first line.

        Raises:
            ChildError: it ended, or said nothing in time.
        """
        self._next(READY_SECONDS)

    def ask(self, command: str, **arguments: object) -> dict[str, object]:
        """Obey a command.

        Raises:
            ChildError: the program refused, ended, or did not answer.
        """
        if self.running.stdin is None:
            raise ChildError(f"{self.name} takes no commands")
        try:
            self.running.stdin.write(json.dumps({"cmd": command, **arguments}).encode() + b"\n")
            self.running.stdin.flush()
        except OSError as error:
            raise ChildError(f"{self.name} does not listen ({error}); its log is {self.log}") from error
        answer = self._next(ANSWER_SECONDS)
        if answer.get("ok") is not True:
            raise ChildError(f"{self.name} refused {command}: {answer.get('error')}")
        return answer

    def _next(self, patience_seconds: float) -> dict[str, object]:
        try:
            line = self._lines.get(timeout=patience_seconds)
        except queue.Empty:
            raise ChildError(f"{self.name} said nothing for {patience_seconds:.0f} s; its log is {self.log}") from None
        if not line:
            raise ChildError(f"{self.name} ended with {self.running.wait()}; its log is {self.log}")
        said: dict[str, object] = json.loads(line)
        return said

    def _listen(self) -> None:
        """Runs in a thread of its own, so that a wait for a line can be given up."""
        for line in self.running.stdout or ():
            self._lines.put(line)
        self._lines.put(b"")
