"""`xuemai serve` as a process: it serves, stops when told, and leaves the database sealed."""

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from waitress import wasyncore  # type: ignore[import-untyped]  # it has no types

from firmware_mocks.cast import free_port
from ledger.config import Site
from tests.support.producers import site_in
from web.cli import _Stop, serve

_SECONDS = 30


@contextmanager
def _serving(site: Site, *options: str, end: signal.Signals = signal.SIGTERM) -> Iterator[str]:
    """The server as a process of its own, ended by a signal, which it must obey with exit code 0."""
    port = free_port()
    program = [sys.executable, "-c", "from web.cli import serve; serve()", "--site", str(site.directory)]
    with subprocess.Popen([*program, "--port", str(port), *options], stderr=subprocess.PIPE, text=True) as server:
        address = f"http://127.0.0.1:{port}"
        assert _answers(f"{address}/healthz", server), server.communicate()
        yield address
        server.send_signal(end)
        assert server.wait(_SECONDS) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stops_cleanly_when_it_is_told_to(tmp_path: Path, number: signal.Signals) -> None:
    site = site_in(tmp_path / "site")
    with _serving(site, end=number):
        assert not site.seal.exists(), "while it runs the seal is broken"
    assert site.seal.exists()


def test_a_stop_that_comes_while_a_connection_is_looked_after_is_not_held_for_its_trouble() -> None:
    class Connection:
        def handle_read_event(self) -> None:
            raise _Stop

        def handle_error(self) -> None:
            """Close it, and go on."""

    with pytest.raises(_Stop):
        wasyncore.read(Connection())


def test_plain_http_beyond_this_machine_needs_a_word(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    refused = CliRunner().invoke(serve, ["--site", str(site.directory), "--host", "192.0.2.1"])
    assert refused.exit_code == 2
    assert "--lan" in refused.output


def test_behind_a_tls_proxy_the_cookie_is_secure_and_only_the_named_proxy_is_believed(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    for proxy, name in (("127.0.0.1", "__Host-xuemai"), ("192.0.2.1", "xuemai")):
        with _serving(site, "--proxy", proxy) as address:
            asked = urllib.request.Request(f"{address}/sign-in", headers={"X-Forwarded-Proto": "https"})  # noqa: S310
            with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310  our own http address
                assert answer.headers["Set-Cookie"].startswith(f"{name}=")


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
