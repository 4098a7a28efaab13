"""A driver that never comes back: the process ends by itself, kept and all, and its supervisor starts it anew."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway import config, enrol
from gateway.clock import SystemClock
from gateway.ports import line
from gateway.runner import Runner
from gateway.session import NOTHING, Listening, Moment, Turn
from ledger.core.errors import XuemaiError
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY
from tests.support.gateway_site import Mock

TOML = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "http://127.0.0.1:9"
receipt_key = "{RECEIPT_VKEY}"
[[scanner]]
name = "desk"
port = "scanner"
place = "place:centre/desk"
"""


def test_a_line_whose_driver_never_comes_back_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gateway.toml").write_text(TOML)
    enrol.make_key(tmp_path, lambda size: bytes(range(size)))
    monkeypatch.setattr(line, "STUCK_SECONDS", 1.0)
    scanner = Mock("barcode_scanner", "--link", str(tmp_path / "scanner"))
    made = Runner(tmp_path, config.load(tmp_path), SystemClock())

    def never(_session: object, _moment: Moment) -> Turn:
        time.sleep(8)
        return NOTHING

    monkeypatch.setattr(Listening, "opened", never)
    began = time.monotonic()
    with pytest.raises(XuemaiError, match=r"scanner: no sign of life for \d s. Everything was kept"):
        made.run(drain_seconds=0)
    assert time.monotonic() - began < 7, "it did not wait for what never comes"
    scanner.end()


def test_the_service_manager_hears_that_it_started_that_it_lives_and_that_it_ends(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(TOML)
    enrol.make_key(tmp_path, lambda size: bytes(range(size)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from gateway.cli import gateway; gateway()",
                "run",
                "--site",
                str(tmp_path),
                "--drain-seconds",
                "1",
            ],
            env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"},
            stderr=subprocess.DEVNULL,
        )
        heard = [manager.recv(100) for _ in range(5)]
        process.terminate()
        while heard[-1] == b"WATCHDOG=1":
            heard.append(manager.recv(100))
        assert process.wait(timeout=30) == 0
    assert heard[0] == b"READY=1"
    assert set(heard[1:-1]) == {b"WATCHDOG=1"}
    assert heard[-1] == b"STOPPING=1"
    assert json.loads((tmp_path / "status.json").read_text())["gateway"] == "gw-centre"
