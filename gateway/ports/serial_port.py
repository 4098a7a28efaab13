"""A serial line: opened by path, exclusively, and read in bulk.

The path is the one by id (`/dev/serial/by-id/…`): after a replug it leads to the device again, under whatever number.
"""

import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import serial

from gateway.answers import ANSWERS, Answers
from gateway.ports.address import locate

READ_SECONDS = 0.02
WRITE_SECONDS = 2.0
BUSY_BYTES = 96
GATHER_SECONDS, LONGEST_GATHER_SECONDS = 0.03, 0.12
"""A line that has so much to say at once has more, and reading it in drops costs twice as much: it is left to gather,
for twice as long each time that it had as much to say again.

At 115200 baud that is 350 bytes, and 1,400 at most; a terminal's buffer holds 4,095.
"""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How a line is set.

    Attributes:
        baud: bits a second.
        parity: `N`, `E` or `O`.
        answers: what the device wants to hear of what it said.
    """

    baud: int = 115200
    parity: str = "N"
    answers: Answers = ANSWERS["none"]


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A `gateway.ports.line.Port`.

    Attributes:
        path: the device, by id.
        settings: see `LineSettings`.
    """

    path: str
    settings: LineSettings

    @property
    def slowest_seconds(self) -> float:
        """Nothing that is done to it should take longer."""
        return WRITE_SECONDS

    @contextmanager
    def open(self) -> Iterator["_OpenSerial"]:
        """Open the line; nobody else can while it is open.

        Raises:
            OSError: it is not there, or another process has it; or it went while it was open.
        """
        try:
            with serial.Serial(
                locate(self.path),
                baudrate=self.settings.baud,
                parity=self.settings.parity,
                timeout=READ_SECONDS,
                write_timeout=WRITE_SECONDS,
                exclusive=True,
            ) as line:
                yield _OpenSerial(line)
        except (ValueError, termios.error) as error:
            # pyserial lets these through: a closed descriptor's fileno, a terminal that goes while it is set up.
            raise OSError(str(error)) from error


class _OpenSerial:
    def __init__(self, line: serial.Serial) -> None:
        self._line = line
        self._came = 0
        self._gather_seconds = GATHER_SECONDS

    def read(self) -> bytes:
        content: bytes = self._line.read(max(1, self._line.in_waiting))
        self._came = len(content)
        return content

    def write(self, content: bytes) -> None:
        self._line.write(content)

    def rest_seconds(self) -> float:
        rest = self._gather_seconds if self._came >= BUSY_BYTES else 0.0
        self._gather_seconds = gather_again(self._gather_seconds, self._came)
        return rest


def gather_again(gathered_seconds: float, count_bytes: int) -> float:
    """For how long a line is left to gather next, after so long and so many bytes."""
    return min(LONGEST_GATHER_SECONDS, gathered_seconds * 2) if count_bytes >= BUSY_BYTES else GATHER_SECONDS
