"""The local page over HTTP, on the loopback interface alone. It reads what the gateway last showed and nothing else.

`GET /` (`?lang=zh|en`, else what the browser prefers), `/page.css`, `/status.json`, `/metrics`, `/healthz`. Whoever
else is on the machine may read it, so it holds no label text and no person. A request under another name than the
loopback's is refused: else a page from elsewhere could read this one through a name that it points here.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import parse_qs

import msgspec
import structlog
from typing_extensions import override

from gateway import metrics
from gateway.config import PageSettings
from gateway.page import page
from gateway.status import OLD_AFTER_SECONDS, Status
from gateway.words.speech import Language, Speech
from ledger.core.errors import ConfigError

LOOPBACK = ("127.0.0.1", "localhost")
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
IDLE_SECONDS = 10.0
_log = structlog.get_logger("page")


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int
    content_type: str
    body: bytes


@dataclass(slots=True)
class Shown:
    """The newest status, handed from the gateway's thread to those of the page.

    Attributes:
        monotonic: real seconds.
    """

    monotonic: Callable[[], float]
    _status: tuple[Status, float] | None = field(default=None, init=False)

    def show(self, status: Status) -> None:
        """From now on this one."""
        self._status = (status, self.monotonic())

    def latest(self) -> tuple[Status, int] | None:
        """The status and its age in whole seconds; None before the first."""
        held = self._status
        return None if held is None else (held[0], int(self.monotonic() - held[1]))


def answer(shown: Shown, target: str, headers: Mapping[str, str]) -> Reply:
    """What one GET of `target` gets."""
    if not _is_loopback(headers.get("Host", "")):
        return _text(421, "expected a request to localhost")
    path, _, query = target.partition("?")
    if path == "/page.css":
        return Reply(200, "text/css; charset=utf-8", files(__package__).joinpath("page.css").read_bytes())
    if path not in {"/", "/status.json", "/metrics", "/healthz"}:
        return _text(404, "expected /, /status.json, /metrics or /healthz")
    latest = shown.latest()
    if latest is None:
        return _text(503, "no status yet")
    if path == "/":
        speech = Speech(_language(query, headers.get("Accept-Language", "")))
        return Reply(200, "text/html; charset=utf-8", page.render(latest[0], speech, age_seconds=latest[1]))
    return _for_programs(path, *latest)


def _for_programs(path: str, status: Status, age_seconds: int) -> Reply:
    if path == "/metrics":
        return Reply(200, metrics.CONTENT_TYPE, metrics.render(status))
    if path == "/status.json":
        return Reply(200, "application/json", msgspec.json.encode(status))
    fresh = age_seconds <= OLD_AFTER_SECONDS
    return _text(200 if fresh else 503, "ok" if fresh else f"the status is {age_seconds} s old")


def _text(status: int, said: str) -> Reply:
    return Reply(status, "text/plain; charset=utf-8", said.encode() + b"\n")


def _is_loopback(host: str) -> bool:
    return host.rpartition(":")[0] in LOOPBACK or host in LOOPBACK


def _language(query: str, accepted: str) -> Language:
    """The language that was asked for, else the first of ours that the browser names, else Chinese."""
    for wanted in (*parse_qs(query).get("lang", []), *accepted.split(",")):
        tag = wanted.strip()[:2].lower()
        if tag == "zh":
            return "zh"
        if tag == "en":
            return "en"
    return "zh"


@contextlib.contextmanager
def serving(settings: PageSettings | None, shown: Shown) -> Iterator[None]:
    """Serve the page meanwhile, if it is configured.

    Raises:
        ConfigError: the address cannot be used.
    """
    if settings is None:
        yield
        return
    server = PageServer(settings.host, settings.port, shown)
    server.start()
    try:
        yield
    finally:
        server.end()


class PageServer:
    """The page's server: `start`, then `end`."""

    def __init__(self, host: str, port: int, shown: Shown) -> None:
        """Bind.

        Raises:
            ConfigError: the address cannot be used.
        """

        class Handler(_Handler):
            shows = shown

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            raise ConfigError(
                f"page.port: expected a free port on {host}; {port}: {error.strerror}. Choose another one"
            ) from error
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="page", daemon=True)

    def start(self) -> None:
        """Serve, on threads of their own."""
        self._thread.start()

    def end(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    shows: Shown
    timeout = IDLE_SECONDS
    server_version = "xuemai"
    sys_version = ""

    def do_GET(self) -> None:
        reply = answer(self.shows, self.path, dict(self.headers.items()))
        self.send_response(reply.status)
        for name, value in {"Content-Type": reply.content_type, **SECURITY}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_HEAD = do_GET  # noqa: N815  the name that http.server calls

    @override
    def log_message(self, format: str, *args: object) -> None:
        _log.debug("request", said=format % args)
