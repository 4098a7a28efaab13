"""`xuemai serve` as a process: it serves, stops when told, and leaves the database sealed."""

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.producers import site_in
from web.cli import serve

_SECONDS = 30


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stops_cleanly_when_it_is_told_to(tmp_path: Path, number: signal.Signals) -> None:
    site = site_in(tmp_path / "site")
    port = free_port()
    program = [sys.executable, "-c", "from web.cli import serve; serve()", "--site", str(site.directory)]
    with subprocess.Popen([*program, "--port", str(port)], stderr=subprocess.PIPE, text=True) as server:
        address = f"http://127.0.0.1:{port}"
        assert _answers(f"{address}/healthz", server), server.communicate()
        assert _answers(f"{address}/sign-in", server)
        assert not site.seal.exists(), "while it runs the seal is broken"
        server.send_signal(number)
        assert server.wait(_SECONDS) == 0
    assert site.seal.exists()


def test_plain_http_beyond_this_machine_needs_a_word(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    refused = CliRunner().invoke(serve, ["--site", str(site.directory), "--host", "192.0.2.1"])
    assert refused.exit_code == 2
    assert "--lan" in refused.output


def test_a_folder_without_a_site_is_named(tmp_path: Path) -> None:
    refused = CliRunner().invoke(serve, ["--site", str(tmp_path)])
    assert refused.exit_code == 1
    assert "xuemai.toml" in refused.output


def _answers(address: str, server: subprocess.Popen[str]) -> bool:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  our own http address
                return int(answer.status) == 200
        except OSError:
            time.sleep(0.1)
    return False
