"""A program as an output: run without a shell, with the notice as one JSON object on stdin; exit 0 means done.

What sounds through a GPIO line, a desktop or a telephone system is such a program.
"""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field

import msgspec

from gateway.alarm.notice import Notice
from gateway.alarm.outputs.output import OutputFailed
from gateway.alarm.settings import CommandSettings

_MOST_WORDS = 200


@dataclass(slots=True)
class CommandOutput:
    """See the module."""

    settings: CommandSettings
    _failed: str = field(default="", init=False)

    def tell(self, notice: Notice) -> None:
        """Run the program, for all phases; with what it started it is ended when its time is up.

        Raises:
            OutputFailed: it cannot be run, takes too long, or exits otherwise than 0.
        """
        try:
            self._run(notice)
        except OutputFailed as error:
            self._failed = str(error)
            raise
        self._failed = ""

    def _run(self, notice: Notice) -> None:
        try:
            # Without a shell, from a configuration that the gateway's owner alone writes.
            running = subprocess.Popen(  # noqa: S603  the command that the configuration names, without a shell
                self.settings.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise OutputFailed(f"expected to run {self.settings.command[0]}; {error.strerror}") from error
        try:
            _, said = running.communicate(msgspec.json.encode(notice) + b"\n", self.settings.timeout_seconds)
        except subprocess.TimeoutExpired as error:
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
            raise OutputFailed(f"expected an end within {self.settings.timeout_seconds:g} s; it was stopped") from error
        if running.returncode != 0:
            words = said.decode("utf-8", "replace").strip()[:_MOST_WORDS]
            raise OutputFailed(f"expected exit code 0; got {running.returncode} {words}".rstrip())

    def check(self) -> None:
        """Whether the program is there, may be run, and did not fail the last time that it was.

        Raises:
            OutputFailed: one of these is not so.
        """
        if self._failed:
            # That it is there does not show that it would work now: only a run does.
            raise OutputFailed(self._failed)
        if shutil.which(self.settings.command[0]) is None:
            raise OutputFailed(f"expected a program at {self.settings.command[0]}; there is none that may be run")
