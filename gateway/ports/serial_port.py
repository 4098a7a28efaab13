"""A serial line on a thread of its own: opened by path, exclusively, read in bulk, opened again after an unplug.

I/O only. Bytes go to the session, the session's answer goes to the line, what it learnt goes to the mailbox. The path
is the one by id (`/dev/serial/by-id/…`): after a replug it leads to the device again, under whatever number.
"""

import contextlib
import queue
import termios
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import serial
import structlog

from gateway.answers import ANSWERS, Answers
from gateway.ports.address import locate
from gateway.ports.mailbox import Heard, Lost, Opened, Post
from gateway.pulse import Pulse
from gateway.session import Moment, Session, Turn

READ_SECONDS = 0.02
WRITE_SECONDS = 2.0
BUSY_BYTES = 96
GATHER_SECONDS, LONGEST_GATHER_SECONDS = 0.03, 0.12
"""A line that has so much to say at once has more, and reading it in drops costs twice as much: it is left to gather,
for twice as long each time that it had as much to say again.

At 115200 baud that is 350 bytes, and 1,400 at most; a terminal's buffer holds 4,095.
"""
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 10.0
STUCK_SECONDS = 60.0
"""Nothing that is done to a line takes longer, unless a driver does not come back."""
_log = structlog.get_logger("serial")


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


@dataclass(slots=True)
class SerialPort:
    """One line. `start` runs it on a thread until `end`.

    Attributes:
        path: the device, by id.
        settings: see `LineSettings`.
        session: who speaks on the line.
        moment: the present instant.
        post: takes what was learnt, in order.
        jitter: 0 to 1, for the back-off.
        keepalive_seconds: a line without a good frame for this long is closed and opened again; None: it may be silent.
        unanswered: after so many questions without a good frame it is closed and opened again; None: it is not asked.
        pulse: see `Pulse`.
    """

    path: str
    settings: LineSettings
    session: Session
    moment: Callable[[], Moment]
    post: Post
    jitter: Callable[[], float]
    keepalive_seconds: float | None = None
    unanswered: int | None = None
    pulse: Pulse = field(default_factory=lambda: Pulse(STUCK_SECONDS), init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _good_at: float = field(default=0.0, init=False)
    _asked: int = field(default=0, init=False)
    _told: str = field(default="", init=False)
    _to_say: "queue.SimpleQueue[bytes]" = field(default_factory=queue.SimpleQueue, init=False)

    def start(self) -> None:
        """Begin, on a thread of its own."""
        self._thread = threading.Thread(target=self._run, name=f"serial {self.path}", daemon=True)
        self._thread.start()

    def say(self, content: bytes) -> None:
        """Write this as soon as may be, on the line's own thread; a line that is closed drops it."""
        if content:
            self._to_say.put(content)

    def end(self) -> None:
        """Close the line, and wait for the thread to be through."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=WRITE_SECONDS + 1)

    def _run(self) -> None:
        wait_seconds = FIRST_WAIT_SECONDS
        while not self._ended.is_set():
            accepted = self.session.counters.accepted
            self.pulse.beat(self.moment().seconds)
            try:
                with self._open() as line:
                    self.post(Opened(self.path, self.moment()))
                    self._told = ""
                    self._converse(line)
            except (serial.SerialException, OSError, ValueError, termios.error) as error:
                # pyserial lets the last two through: a closed descriptor's fileno, a terminal that goes while set up.
                self._lost(str(error))
            if self.session.counters.accepted > accepted:
                # It spoke before it went: begin with the short wait again.
                wait_seconds = FIRST_WAIT_SECONDS
            self._ended.wait(wait_seconds * (0.5 + self.jitter() / 2))
            wait_seconds = min(LONGEST_WAIT_SECONDS, wait_seconds * 2)
        self.pulse.stop()

    def _lost(self, reason: str) -> None:
        """Told each time, logged once: a port that is missing for a week must not fill the log."""
        self.post(Lost(self.path, reason, self.moment()))
        if reason != self._told:
            _log.warning("line lost", path=self.path, reason=reason)
        self._told = reason

    def _open(self) -> serial.Serial:
        return serial.Serial(
            locate(self.path),
            baudrate=self.settings.baud,
            parity=self.settings.parity,
            timeout=READ_SECONDS,
            write_timeout=WRITE_SECONDS,
            exclusive=True,
        )

    def _converse(self, line: serial.Serial) -> None:
        """Until the end, or until the line breaks.

        Raises:
            serial.SerialException: the line broke, or gave no good frame for too long.
            OSError: the same, from the system.
        """
        moment = self.moment()
        self._good_at, self._asked = moment.seconds, 0
        # What was to be said to the device before belongs to a conversation that broke off.
        self._said()
        self._take(self.session.opened(moment), line, moment)
        gather_seconds = GATHER_SECONDS
        while not self._ended.is_set():
            content = line.read(max(1, line.in_waiting))
            moment = self.moment()
            self.pulse.beat(moment.seconds)
            if content:
                accepted = self.session.counters.accepted
                self._take(self.session.heard(content, moment), line, moment)
                if self.session.counters.accepted > accepted:
                    self._good_at, self._asked = moment.seconds, 0
            self._take(self.session.tick(moment), line, moment)
            if len(content) >= BUSY_BYTES:
                self._ended.wait(gather_seconds)
            gather_seconds = gather_again(gather_seconds, len(content))
            if said := self._said():
                line.write(said)
            if self.keepalive_seconds is not None and moment.seconds - self._good_at > self.keepalive_seconds:
                raise serial.SerialException(f"no good frame for {self.keepalive_seconds:.0f} s")
            if self.unanswered is not None and self._asked >= self.unanswered:
                raise serial.SerialException(f"no good frame after {self._asked} questions")

    def _said(self) -> bytes:
        said = b""
        with contextlib.suppress(queue.Empty):
            while True:
                said += self._to_say.get_nowait()
        return said

    def _take(self, turn: Turn, line: serial.Serial, moment: Moment) -> None:
        if turn.send:
            line.write(turn.send)
            self._asked += 1
        if turn.items:
            self.post(Heard(self.path, turn.items, moment))


def gather_again(gathered_seconds: float, count_bytes: int) -> float:
    """For how long a line is left to gather next, after so long and so many bytes."""
    return min(LONGEST_GATHER_SECONDS, gathered_seconds * 2) if count_bytes >= BUSY_BYTES else GATHER_SECONDS
