"""A TCP connection to a device on a thread of its own: a network reader, or a serial line behind a device server.

I/O only, and the same conversation as on a serial line: bytes go to the session, its answer goes to the device, what it
learnt goes to the mailbox. A connection that gives no good frame for too long is closed and made anew, because a device
that lost its power closes nothing.
"""

import queue
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog

from gateway.ports.mailbox import Heard, Lost, Opened, Post
from gateway.ports.serial_port import STUCK_SECONDS, LineSettings
from gateway.pulse import Pulse
from gateway.session import Moment, Session, Turn
from ledger.core.errors import ConfigError

SCHEME = "tcp://"
CONNECT_SECONDS = 5.0
READ_SECONDS = 0.02
WRITE_SECONDS = 5.0
READ_BYTES = 65536
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 10.0
_log = structlog.get_logger("tcp")


def address_of(port: str, *, default_port: int) -> tuple[str, int]:
    """Host and port of `tcp://host[:port]`.

    Raises:
        ConfigError: an address of another shape.
    """
    try:
        parts = urlsplit(port)
        host, number = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"port: expected tcp://host:port; got {port!r}: {error}") from error
    if parts.scheme != "tcp" or not host or parts.path or parts.query or parts.username:
        raise ConfigError(f"port: expected tcp://host:port; got {port!r}")
    return host, default_port if number is None else number


@dataclass(slots=True)
class TcpPort:
    """One connection. `start` runs it on a thread until `end`.

    Attributes:
        path: `tcp://host:port`, the name of the line in letters.
        address: host and port.
        settings: what the device wants to hear of what it said; a device server has the rest.
        session: who speaks on it.
        moment: the present instant.
        post: takes what was learnt, in order.
        jitter: 0 to 1, for the back-off.
        keepalive_seconds: without a good frame for this long it is closed and made anew; None: it may be silent.
        pulse: see `Pulse`.
    """

    path: str
    address: tuple[str, int]
    settings: LineSettings
    session: Session
    moment: Callable[[], Moment]
    post: Post
    jitter: Callable[[], float]
    keepalive_seconds: float | None = None
    pulse: Pulse = field(default_factory=lambda: Pulse(STUCK_SECONDS), init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _good_at: float = field(default=0.0, init=False)
    _told: str = field(default="", init=False)
    _to_say: "queue.SimpleQueue[bytes]" = field(default_factory=queue.SimpleQueue, init=False)

    def start(self) -> None:
        """Begin, on a thread of its own."""
        self._thread = threading.Thread(target=self._run, name=self.path, daemon=True)
        self._thread.start()

    def say(self, content: bytes) -> None:
        """Write this as soon as may be, on the connection's own thread; one that is closed drops it."""
        if content:
            self._to_say.put(content)

    def end(self) -> None:
        """Close the connection, and wait for the thread to be through."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=CONNECT_SECONDS + 1)

    def _run(self) -> None:
        wait_seconds = FIRST_WAIT_SECONDS
        while not self._ended.is_set():
            accepted = self.session.counters.accepted
            self.pulse.beat(self.moment().seconds)
            try:
                with socket.create_connection(self.address, timeout=CONNECT_SECONDS) as line:
                    self.post(Opened(self.path, self.moment()))
                    self._told = ""
                    self._converse(line)
            except OSError as error:
                self._lost(str(error) or type(error).__name__)
            if self.session.counters.accepted > accepted:
                # It spoke before it went: begin with the short wait again.
                wait_seconds = FIRST_WAIT_SECONDS
            self._ended.wait(wait_seconds * (0.5 + self.jitter() / 2))
            wait_seconds = min(LONGEST_WAIT_SECONDS, wait_seconds * 2)
        self.pulse.stop()

    def _lost(self, reason: str) -> None:
        """Told each time, logged once: a reader that is away for a week must not fill the log."""
        self.post(Lost(self.path, reason, self.moment()))
        if reason != self._told:
            _log.warning("connection lost", path=self.path, reason=reason)
        self._told = reason

    def _converse(self, line: socket.socket) -> None:
        """Until the end, or until the connection breaks.

        Raises:
            OSError: it broke, or gave no good frame for too long.
        """
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        moment = self.moment()
        self._good_at = moment.seconds
        # What was to be said to the device before belongs to a conversation that broke off.
        self._said()
        self._take(self.session.opened(moment), line, moment)
        while not self._ended.is_set():
            content = _read(line)
            moment = self.moment()
            self.pulse.beat(moment.seconds)
            if content:
                accepted = self.session.counters.accepted
                self._take(self.session.heard(content, moment), line, moment)
                if self.session.counters.accepted > accepted:
                    self._good_at = moment.seconds
            self._take(self.session.tick(moment), line, moment)
            self._take(Turn(send=self._said()), line, moment)
            if self.keepalive_seconds is not None and moment.seconds - self._good_at > self.keepalive_seconds:
                raise OSError(f"no good frame for {self.keepalive_seconds:.0f} s")

    def _said(self) -> bytes:
        said = b""
        while not self._to_say.empty():
            said += self._to_say.get()
        return said

    def _take(self, turn: Turn, line: socket.socket, moment: Moment) -> None:
        if turn.send:
            line.settimeout(WRITE_SECONDS)
            line.sendall(turn.send)
        if turn.items:
            self.post(Heard(self.path, turn.items, moment))


def _read(line: socket.socket) -> bytes:
    """What came within a moment; empty if nothing did.

    Raises:
        OSError: the other side closed, or the connection broke.
    """
    line.settimeout(READ_SECONDS)
    try:
        content = line.recv(READ_BYTES)
    except TimeoutError:
        return b""
    if not content:
        raise ConnectionResetError("the device closed the connection")
    return content
