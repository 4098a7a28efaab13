"""A TCP connection to a device: a network reader, or a serial line behind a device server."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from ledger.core.errors import ConfigError

SCHEME = "tcp://"
CONNECT_SECONDS = 5.0
READ_SECONDS = 0.02
WRITE_SECONDS = 5.0
READ_BYTES = 65536


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


@dataclass(frozen=True, slots=True)
class TcpPort:
    """A `gateway.ports.line.Port`.

    Attributes:
        path: `tcp://host:port`, its name in letters.
        address: host and port.
    """

    path: str
    address: tuple[str, int]

    @property
    def slowest_seconds(self) -> float:
        """Nothing that is done to it should take longer."""
        return CONNECT_SECONDS

    @contextmanager
    def open(self) -> Iterator["_Connection"]:
        """Connect.

        Raises:
            OSError: nobody answers there.
        """
        with socket.create_connection(self.address, timeout=CONNECT_SECONDS) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield _Connection(connection)


@dataclass(frozen=True, slots=True)
class _Connection:
    socket: socket.socket

    def read(self) -> bytes:
        self.socket.settimeout(READ_SECONDS)
        try:
            content = self.socket.recv(READ_BYTES)
        except TimeoutError:
            return b""
        if not content:
            raise ConnectionResetError("the device closed the connection")
        return content

    def write(self, content: bytes) -> None:
        self.socket.settimeout(WRITE_SECONDS)
        self.socket.sendall(content)

    def rest_seconds(self) -> float:
        return 0.0
