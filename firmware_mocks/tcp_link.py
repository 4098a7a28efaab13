"""The wire of a network device: it listens on a TCP port of this machine and serves one host at a time."""

import contextlib
import socket

_READ_OCTETS = 65536
_SEND_SECONDS = 2.0


class TcpLink:
    """A listening device. A second host waits until the first one has gone."""

    def __init__(self, port: int) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        self._port = port
        self._listener: socket.socket | None = None
        self._host: socket.socket | None = None
        self._greeted = True
        self._counts = {"octets_out": 0, "octets_in": 0, "octets_lost": 0, "connected": 0}
        self.plug()

    @property
    def address(self) -> str:
        """Where a host finds the device."""
        return f"tcp://127.0.0.1:{self._port}"

    def descriptor(self) -> int | None:
        """The host's connection, or the door while nobody is there."""
        open_end = self._host or self._listener
        return None if open_end is None else open_end.fileno()

    def receive(self) -> bytes:
        """What the host sent; a host that knocks is let in."""
        if self._host is None:
            self._let_in()
            return b""
        try:
            octets = self._host.recv(_READ_OCTETS)
        except BlockingIOError:
            return b""
        except OSError:
            octets = b""
        if not octets:
            self.hang_up()
        self._counts["octets_in"] += len(octets)
        return octets

    def just_connected(self) -> bool:
        """Whether a host came since this was last asked."""
        new, self._greeted = not self._greeted, True
        return new

    def is_connected(self) -> bool:
        """Whether a host is there."""
        return self._host is not None

    def send(self, octets: bytes) -> None:
        """Send at once; a host that has gone loses it."""
        if self._host is None:
            self._counts["octets_lost"] += len(octets)
            return
        try:
            self._host.settimeout(_SEND_SECONDS)
            self._host.sendall(octets)
            self._host.setblocking(False)  # noqa: FBT003 - the name of the socket's own method says what it means
        except OSError:
            self._counts["octets_lost"] += len(octets)
            self.hang_up()
            return
        self._counts["octets_out"] += len(octets)

    def hang_up(self) -> None:
        """Close the host's connection, and go on listening."""
        if self._host is not None:
            self._host.close()
            self._host = None

    def pump(self) -> float:
        """Nothing waits here."""
        return float("inf")

    def plug(self) -> None:
        """Listen, on the same port as before."""
        if self._listener is not None:
            return
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._listener.setblocking(False)  # noqa: FBT003 - see above
        self._port = int(self._listener.getsockname()[1])

    def unplug(self) -> None:
        """Vanish: the connection breaks and nobody listens."""
        self.hang_up()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def replug(self) -> None:
        """Break the connection; the next one is welcome."""
        self.hang_up()

    def close(self) -> None:
        """Leave nothing behind."""
        self.unplug()

    def counters(self) -> dict[str, int]:
        """Octets out, in and lost, and how often a host came."""
        return dict(self._counts)

    def _let_in(self) -> None:
        if self._listener is None:
            return
        with contextlib.suppress(OSError):
            self._host, _ = self._listener.accept()
            self._host.setblocking(False)  # noqa: FBT003 - see above
            self._counts["connected"] += 1
            self._greeted = False
