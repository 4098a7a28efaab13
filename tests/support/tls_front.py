"""What stands before a ledger on a site's network: a proxy that ends TLS, and certificates to try it with."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from ledger import tls
from ledger.clock import SystemClock

DAY_MS = 24 * 3600 * 1000
_PAIR = threading.Lock()
"""A certificate and its key are written, and read, together: a connection may come at any moment."""


def make_authority(folder: Path) -> tls.Pair:
    """A site's authority, in `folder`/ca.crt."""
    made = tls.make_authority("demo.a9999.example", SystemClock().now_ms())
    tls.write(made, folder, "ca")
    return made


def make_server(folder: Path, authority: tls.Pair, *hosts: str, made_days_ago: int = 0) -> None:
    """A server's certificate for thirty days, in `folder`/server.crt."""
    then_ms = SystemClock().now_ms() - made_days_ago * DAY_MS
    made = tls.make_server(authority, hosts, now_ms=then_ms, days=30)
    with _PAIR:
        tls.write(made, folder, "server")


class TlsFront:
    """Ends TLS on a free port of 127.0.0.1 and passes what is within to `port`; a context manager.

    `asks` is the authority whose certificates clients must show; None: they need none. The certificate is read anew for
    each connection.
    """

    def __init__(self, folder: Path, port: int, *, asks: Path | None = None) -> None:
        self._folder, self._to, self._asks = folder, port, asks
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._serving: list[tuple[threading.Thread, socket.socket]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=5)
        for thread, connection in self._serving:
            # It may be a duplicate of what is closed already.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
            thread.join(timeout=5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self._listening.accept()
                thread = threading.Thread(target=self._serve, args=(plain,), daemon=True)
                self._serving.append((thread, plain.dup()))
                thread.start()

    def _serve(self, plain: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with _PAIR:
            context.load_cert_chain(self._folder / "server.crt", self._folder / "server.key")
        if self._asks is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self._asks)
        with contextlib.suppress(OSError), plain:
            wrapped = context.wrap_socket(plain, server_side=True)
            with wrapped, _ending(wrapped), socket.create_connection(("127.0.0.1", self._to)) as ledger:
                back = threading.Thread(target=_pass_on, args=(ledger, wrapped), daemon=True)
                back.start()
                _pass_on(wrapped, ledger)
                back.join(timeout=5)


@contextlib.contextmanager
def _ending(connection: socket.socket) -> Iterator[None]:
    """However this ends, the other side is to know at once: closing alone tells nothing while a duplicate is open."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _pass_on(source: socket.socket, to: socket.socket) -> None:
    """Until the end of `source`, in order or broken off; either way the other side is to know at once."""
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            to.sendall(piece)
    with contextlib.suppress(OSError):
        to.shutdown(socket.SHUT_WR)
