"""Asking over real HTTP: what comes back, nobody there, and a server that never ends."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ledger.core.errors import ConfigError
from ledger.witness_client import MAX_ANSWER_BYTES, NoAnswerError, Reply, http_ask


class Door(BaseHTTPRequestHandler):
    """Answers what its path says."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        body = asked * 100_000 if "endless" in self.path else b"9\n"
        self.send_response(302 if "moved" in self.path else 409)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Type", "text/x.tlog.size; charset=utf-8")
        self.end_headers()
        self.wfile.write(body if asked == b"old 1" else b"")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_answer_comes_with_its_status_and_type(url: str) -> None:
    assert http_ask(None)(url, b"old 1") == Reply(409, "text/x.tlog.size", b"9\n")
    assert http_ask(None)(f"{url}/moved", b"old 1").status == 302


def test_no_more_is_read_than_a_witness_has_to_say(url: str) -> None:
    assert len(http_ask(None)(f"{url}/endless", b"old 1").body) == MAX_ANSWER_BYTES


def test_nobody_there_is_told_as_such(url: str) -> None:
    with pytest.raises(NoAnswerError):
        http_ask(None)(url.replace("127.0.0.1", "127.0.0.2"), b"old 1")


def test_a_ca_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"witnesses\.ca_file"):
        http_ask(tmp_path / "absent.pem")
