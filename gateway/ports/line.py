"""A conversation with the devices behind one port, on a thread of its own: it opens, listens, answers, opens again.

Bytes go to the session, the session's answer goes to the device, what it learnt goes to the mailbox. What breaks is
opened again, after twice as long each time until a device has spoken; so is a port that gives no good frame for too
long, because a device that lost its power closes nothing.
"""

import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from gateway.answers import ANSWERS, Answers
from gateway.ports.address import warning
from gateway.ports.mailbox import Heard, Lost, Opened, Post
from gateway.pulse import Pulse
from gateway.session import Moment, Session, Turn

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 10.0
STUCK_SECONDS = 60.0
"""Nothing that is done to a port takes longer, unless a driver does not come back."""
_log = structlog.get_logger("line")


class OpenPort(Protocol):
    """A port while it is open."""

    def read(self) -> bytes:
        """What came within a moment; empty if nothing did.

        Raises:
            OSError: the port broke, or the other side closed it.
        """

    def write(self, content: bytes) -> None:
        """Send all of this.

        Raises:
            OSError: the port broke.
        """

    def rest_seconds(self) -> float:
        """For how long it is better left alone, after what came last."""


class Port(Protocol):
    """Where devices are reached."""

    @property
    def path(self) -> str:
        """The port's name in letters and in the log."""

    @property
    def slowest_seconds(self) -> float:
        """Nothing that is done to it should take longer."""

    def open(self) -> AbstractContextManager[OpenPort]:
        """Open it for the gateway alone.

        Raises:
            OSError: it cannot be opened.
        """


@dataclass(slots=True)
class Line:
    """One conversation. `start` runs it on a thread until `end`.

    Attributes:
        port: where the devices are.
        session: who speaks there.
        moment: the present instant.
        post: takes what was learnt, in order.
        jitter: 0 to 1, for the back-off.
        keepalive_seconds: without a good frame for this long it is closed and opened again; None: it may be silent.
        unanswered: after so many questions without a good frame it is closed and opened again; None: it is not asked.
        answers: what the device wants to hear of what it said.
        pulse: see `Pulse`.
    """

    port: Port
    session: Session
    moment: Callable[[], Moment]
    post: Post
    jitter: Callable[[], float]
    keepalive_seconds: float | None = None
    unanswered: int | None = None
    answers: Answers = ANSWERS["none"]
    pulse: Pulse = field(default_factory=lambda: Pulse(STUCK_SECONDS), init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _good_at: float = field(default=0.0, init=False)
    _asked: int = field(default=0, init=False)
    _told: str = field(default="", init=False)
    _to_say: "queue.SimpleQueue[bytes]" = field(default_factory=queue.SimpleQueue, init=False)

    @property
    def path(self) -> str:
        """The port's."""
        return self.port.path

    def start(self) -> None:
        """Begin, on a thread of its own."""
        if (told := warning(self.path)) != "":
            _log.warning("port", path=self.path, reason=told)
        self._thread = threading.Thread(target=self._run, name=f"line {self.path}", daemon=True)
        self._thread.start()

    def say(self, content: bytes) -> None:
        """Write this as soon as may be, on the line's own thread; a port that is closed drops it."""
        if content:
            self._to_say.put(content)

    def end(self) -> None:
        """Close the port, and wait for the thread to be through."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=self.port.slowest_seconds + 1)

    def _run(self) -> None:
        wait_seconds = FIRST_WAIT_SECONDS
        while not self._ended.is_set():
            accepted = self.session.counters.accepted
            self.pulse.beat(self.moment().seconds)
            try:
                with self.port.open() as opened:
                    self.post(Opened(self.path, self.moment()))
                    self._told = ""
                    self._converse(opened)
            except OSError as error:
                self._lost(str(error) or type(error).__name__)
            if self.session.counters.accepted > accepted:
                # It spoke before it went: begin with the short wait again.
                wait_seconds = FIRST_WAIT_SECONDS
            self._ended.wait(wait_seconds * (0.5 + self.jitter() / 2))
            wait_seconds = min(LONGEST_WAIT_SECONDS, wait_seconds * 2)
        self.pulse.stop()

    def _lost(self, reason: str) -> None:
        """Told each time, logged once: a device that is away for a week must not fill the log."""
        self.post(Lost(self.path, reason, self.moment()))
        if reason != self._told:
            _log.warning("line lost", path=self.path, reason=reason)
        self._told = reason

    def _converse(self, opened: OpenPort) -> None:
        """Until the end, or until the port breaks.

        Raises:
            OSError: it broke, or gave no good frame for too long.
        """
        moment = self.moment()
        self._good_at, self._asked = moment.seconds, 0
        # What was to be said to the device before belongs to a conversation that broke off.
        self._said()
        self._take(self.session.opened(moment), opened, moment)
        while not self._ended.is_set():
            content = opened.read()
            moment = self.moment()
            self.pulse.beat(moment.seconds)
            if content:
                accepted = self.session.counters.accepted
                self._take(self.session.heard(content, moment), opened, moment)
                if self.session.counters.accepted > accepted:
                    self._good_at, self._asked = moment.seconds, 0
            self._take(self.session.tick(moment), opened, moment)
            if rest := opened.rest_seconds():
                self._ended.wait(rest)
            if said := self._said():
                opened.write(said)
            self._require_life(moment)

    def _require_life(self, moment: Moment) -> None:
        if self.keepalive_seconds is not None and moment.seconds - self._good_at > self.keepalive_seconds:
            raise OSError(f"no good frame for {self.keepalive_seconds:.0f} s")
        if self.unanswered is not None and self._asked >= self.unanswered:
            raise OSError(f"no good frame after {self._asked} questions")

    def _said(self) -> bytes:
        said = b""
        while not self._to_say.empty():
            said += self._to_say.get()
        return said

    def _take(self, turn: Turn, opened: OpenPort, moment: Moment) -> None:
        if turn.send:
            opened.write(turn.send)
            self._asked += 1
        if turn.items:
            self.post(Heard(self.path, turn.items, moment))
