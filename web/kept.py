"""Connections that bring batch after batch: the lane reads and answers them itself.

A gateway sends over one connection, a batch as soon as the one before is answered, and its requests begin with the same
words. waitress reads in one thread and answers in others, which wake each other several times a request: that costs
more than taking a small batch. So a connection whose batch was accepted is kept: the server's loop reads it no more,
the lane waits for all that it keeps together, and what a request's head says is worked out anew only where it differs
from the one before in more than length and what the gateway holds.

Whatever else comes on a kept connection is given back to the server, with every byte that is not answered. The server
still closes it: when it is idle too long, and when it stops.
"""

import re
import selectors
import socket
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

import structlog
from waitress.channel import ClientDisconnected  # type: ignore[import-untyped]  # it has no types
from waitress.parser import HTTPRequestParser  # type: ignore[import-untyped]  # as above
from waitress.utilities import build_http_date  # type: ignore[import-untyped]  # as above

from ledger.app import Answer

MAX_BODY_BYTES = 1024 * 1024
"""A larger request is the server's, which keeps what waits of it in a file."""

Environ = dict[str, Any]
Admit = Callable[[Any, Any], Environ | None]
"""Answers a channel's request, as its parser has it, as the application sees it; None if it is no batch to be taken."""

_log = structlog.get_logger("xuemai.serve")
_MAX_HEAD_BYTES = 16 * 1024
_PIECE_BYTES = 128 * 1024
_END_OF_HEAD = b"\r\n\r\n"
_CONTENT_LENGTH = "CONTENT_LENGTH"
_NAMES = {b"content-length": _CONTENT_LENGTH, b"xuemai-held": "HTTP_XUEMAI_HELD"}
_VARYING = re.compile(rb"\r\n(content-length|xuemai-held):[ \t]*([!-~]*)(?=\r\n)", re.IGNORECASE)
_LENGTH = re.compile(r"[0-9]{1,7}\Z")


class _Kept:
    """One kept connection: what was read of its next request, and what the head of the last one said."""

    __slots__ = (
        "bytes_read",
        "channel",
        "environ",
        "file",
        "head_bytes",
        "pieces",
        "request_bytes",
        "said",
        "said_by",
        "socket",
    )

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.socket = channel.socket  # its own: the server forgets a socket that it closes
        self.file: int = self.socket.fileno()
        self.said_by: bytes | None = None
        self.said: Environ = {}
        self.await_next()

    def await_next(self) -> None:
        """Nothing is read yet."""
        self.pieces: list[bytes] = []
        self.bytes_read = self.head_bytes = self.request_bytes = 0
        self.environ: Environ = {}


@dataclass(frozen=True, slots=True)
class Come:
    """A whole request of a kept connection.

    Attributes:
        environ: as the application sees it.
        kept: its connection.
    """

    environ: Environ
    kept: _Kept


class KeptConnections:
    """The connections that the lane reads; for its thread alone, but for `wake`.

    Args:
        admit: says what a request is.
        now: tells the time, in seconds since the Unix epoch.
    """

    def __init__(self, admit: Admit, now: Callable[[], float]) -> None:
        self._admit = admit
        self._now = now
        self._kept: dict[int, _Kept] = {}
        self._bell, self._ear = socket.socketpair()
        self._bell.settimeout(0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ear, selectors.EVENT_READ)

    def wake(self) -> None:
        """Let `wait` return."""
        try:
            self._bell.send(b"!")
        except OSError:
            return  # it was rung often enough, or nobody waits any more

    def keep(self, channel: Any) -> None:
        """Read a connection from here on, whose requests are all answered; its `readable` says `never` already."""
        for closed in [each for each in self._kept.values() if each.socket.fileno() < 0]:
            self._forget(closed)
        if channel.socket is not None:
            kept = _Kept(channel)
            self._kept[kept.file] = kept
            self._selector.register(kept.file, selectors.EVENT_READ)

    def wait(self, seconds: float | None) -> list[Come]:
        """The requests that become whole within some seconds (None: whenever somebody speaks), at the first that do."""
        come = []
        for key, _ in self._selector.select(seconds):
            kept = self._kept.get(key.fd)
            if kept is None:
                self._ear.recv(4096)
            elif self._is_whole(kept):
                come.append(Come(kept.environ, kept))
        return come

    def answer(self, come: Come, answer: Answer) -> None:
        """Answer a request, and wait for the connection's next."""
        channel = come.kept.channel
        said = said_of(answer, secure=come.environ["wsgi.url_scheme"] == "https", second=int(self._now()))
        come.kept.await_next()
        try:
            sent = come.kept.socket.send(said)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._close(come.kept)
            return
        channel.last_activity = self._now()
        channel.requests.clear()
        if sent < len(said):  # its gateway does not read: the server sends the rest, whenever that may be
            self.give_back(come.kept, said[sent:])

    def give_back(self, kept: _Kept, unsent: bytes = b"") -> None:
        """Let the server read a connection again, from the first byte that is not answered."""
        channel, unanswered = kept.channel, b"".join(kept.pieces)
        self._forget(kept)
        channel.requests.clear()
        try:
            channel.write_soon(unsent)
        except ClientDisconnected:
            return
        channel.received(unanswered)
        del channel.readable
        channel.server.pull_trigger()

    def close(self) -> None:
        """Wait for nobody any more."""
        self._kept.clear()
        self._selector.close()
        self._bell.close()
        self._ear.close()

    def _is_whole(self, kept: _Kept) -> bool:
        try:
            return self._read(kept)
        except Exception as error:  # noqa: BLE001  whatever it is, it is one connection's
            _log.error("a connection is closed", trace="".join(traceback.format_exception(error)))
            self._close(kept)
            return False

    def _read(self, kept: _Kept) -> bool:
        """Read what there is of a request; answer whether it is whole now."""
        channel = kept.channel
        try:
            piece = kept.socket.recv(_PIECE_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            piece = b""
        if not piece:
            self._close(kept)
            return False
        channel.last_activity = self._now()
        kept.pieces.append(piece)
        kept.bytes_read += len(piece)
        if not (kept.request_bytes or self._read_head(kept)) or kept.bytes_read < kept.request_bytes:
            return False
        if kept.bytes_read > kept.request_bytes:
            self.give_back(kept)
            return False
        whole = kept.pieces[0] if len(kept.pieces) == 1 else b"".join(kept.pieces)
        kept.pieces = [whole]
        kept.environ["wsgi.input"] = BytesIO(whole[kept.head_bytes :])
        channel.requests.append(kept)  # so that the server takes it for busy, and not for idle, until it is answered
        return True

    def _read_head(self, kept: _Kept) -> bool:
        """Whether the request's head is there; if it is no batch's, the connection is given back."""
        read = b"".join(kept.pieces)
        kept.pieces = [read]
        end = read.find(_END_OF_HEAD)
        if end < 0 and len(read) < _MAX_HEAD_BYTES:
            return False
        head = read[: end + len(_END_OF_HEAD)] if end >= 0 else read
        if end < 0 or not self._understand(kept, head):
            self.give_back(kept)
            return False
        kept.head_bytes = len(head)
        kept.request_bytes = len(head) + int(kept.environ[_CONTENT_LENGTH])
        return True

    def _understand(self, kept: _Kept, head: bytes) -> bool:
        """Find what the head says; False if it is not for the lane."""
        values = {_NAMES[name.lower()]: value.decode() for name, value in _VARYING.findall(head)}
        length = values.get(_CONTENT_LENGTH, "")
        if not _LENGTH.match(length) or int(length) > MAX_BODY_BYTES:
            return False
        said_by = _VARYING.sub(rb"\r\n\1", head)
        if said_by != kept.said_by:
            environ = self._parse(kept.channel, head)
            if environ is None or not values.items() <= environ.items():
                return False  # one of them stands there twice, or goes on in the next line
            kept.said_by, kept.said = said_by, environ
        kept.environ = {**kept.said, **values}
        return True

    def _parse(self, channel: Any, head: bytes) -> Environ | None:
        request = HTTPRequestParser(channel.adj)
        request.received(head)
        is_plain = request.error is None and request.version == "1.1" and not request.connection_close
        if not is_plain or request.chunked or request.expect_continue:
            return None
        return self._admit(channel, request)

    def _close(self, kept: _Kept) -> None:
        """Let the server close a connection, in the thread that knows them all."""
        channel = kept.channel
        self._forget(kept)
        channel.will_close = True
        channel.server.pull_trigger()

    def _forget(self, kept: _Kept) -> None:
        if self._kept.get(kept.file) is kept:  # not another one, whose file has the same number now
            del self._kept[kept.file]
            self._selector.unregister(kept.file)


def never() -> bool:
    """In place of a channel's `readable` while it is kept."""
    return False


def said_of(answer: Answer, *, secure: bool, second: int) -> bytes:
    """An answer as it goes over the wire (HTTP/1.1), at a second since the Unix epoch."""
    head = _head_of(answer.status_line, tuple(answer.all_headers(secure=secure)), second)
    return b"%bContent-Length: %d\r\n\r\n%b" % (head, len(answer.body), answer.body)


@lru_cache(maxsize=64)  # all that are answered within a second, but for a few, are answered alike
def _head_of(status_line: str, headers: tuple[tuple[str, str], ...], second: int) -> bytes:
    lines = [f"HTTP/1.1 {status_line}", *(f"{name}: {value}" for name, value in headers)]
    return "".join(f"{line}\r\n" for line in [*lines, f"Date: {build_http_date(second)}"]).encode("latin-1")
