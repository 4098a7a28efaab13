"""The broker is the installed package's own server, and says so when it cannot start."""

import subprocess
import sys
from pathlib import Path

from firmware_mocks.broker import server_binary, write_configuration


def test_the_server_comes_with_the_installed_package() -> None:
    version = subprocess.run([server_binary(), "--version"], capture_output=True, check=True, text=True)
    assert version.stdout.startswith("nats-server: v")


def test_the_server_accepts_the_configuration(tmp_path: Path) -> None:
    configuration = write_configuration(tmp_path / 'a "quoted" store', port=18999)
    subprocess.run([server_binary(), "--config", configuration, "-t"], check=True, capture_output=True)


def test_a_taken_port_is_reported(broker: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "firmware_mocks.broker", "--port", str(broker), "--store", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL)
    assert ended.returncode == 1
    assert "in use" in ended.stderr
    assert ended.stdout == ""
