"""Real device processes on real ptys and a real broker, and what a host needs to talk to them."""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

PATIENCE_SECONDS = 10.0


class Program:
    """A running program of firmware_mocks."""

    def __init__(self, name: str, *options: str, stderr: IO[bytes]) -> None:
        command = [sys.executable, "-m", f"firmware_mocks.{name}", *options]
        self.running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
        self.ready = self.next_line()

    def next_line(self) -> dict[str, object]:
        assert self.running.stdout
        readable, _, _ = select.select([self.running.stdout], [], [], PATIENCE_SECONDS)
        line = self.running.stdout.readline() if readable else b""
        assert line, f"no line on stdout; exit code {self.running.poll()}"
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer

    def type(self, line: str) -> dict[str, object]:
        assert self.running.stdin
        self.running.stdin.write(line.encode() + b"\n")
        self.running.stdin.flush()
        return self.next_line()

    def ask(self, cmd: str, **arguments: object) -> dict[str, object]:
        return self.type(json.dumps({"cmd": cmd, **arguments}))

    def order(self, cmd: str, **arguments: object) -> None:
        answer = self.ask(cmd, **arguments)
        assert answer.get("ok") is True, answer

    def end(self) -> int:
        if self.running.stdin and not self.running.stdin.closed:
            self.running.stdin.close()
        try:
            code = self.running.wait(timeout=PATIENCE_SECONDS)
        finally:
            self.running.kill()
            self.running.wait()
        if self.running.stdout:
            self.running.stdout.close()
        return code


class Port:
    """The host's end of a serial device."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.pieces: list[bytes] = []
        self._rest = b""

    def write(self, octets: bytes) -> None:
        assert os.write(self.descriptor, octets) == len(octets)

    def read(self, count: int, *, within_seconds: float = 5.0) -> bytes:
        """Exactly `count` bytes, or what came until the time was up."""
        return self._read(lambda: len(self._rest) >= count, count, within_seconds)

    def line(self, *, within_seconds: float = 5.0) -> bytes:
        """Everything up to a line feed."""
        self._read(lambda: b"\n" in self._rest, 0, within_seconds)
        line, feed, self._rest = self._rest.partition(b"\n")
        return line + feed

    def quiet(self, seconds: float) -> bytes:
        """What comes although nothing should."""
        return self.read(1 << 20, within_seconds=seconds)

    def _read(self, enough: Callable[[], bool], count: int, within_seconds: float) -> bytes:
        give_up_at = time.monotonic() + within_seconds
        while not enough() and (left := give_up_at - time.monotonic()) > 0:
            if select.select([self.descriptor], [], [], left)[0]:
                self.pieces.append(os.read(self.descriptor, 4096))
                self._rest += self.pieces[-1]
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def close(self) -> None:
        os.close(self.descriptor)


Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start programs; they end with the test, and leave no complaint on stderr."""
    programs: list[Program] = []
    complaints = tmp_path / "stderr"
    with complaints.open("ab") as stderr:

        def starting(name: str, *options: str) -> Program:
            programs.append(Program(name, *options, stderr=stderr))
            return programs[-1]

        yield starting
        codes = [program.end() for program in programs]
    assert complaints.read_text() == ""
    assert codes == [0] * len(codes)


@pytest.fixture
def link(tmp_path: Path) -> Path:
    return tmp_path / "usb-device-port0"


@pytest.fixture
def open_port(link: Path) -> Iterator[Callable[[], Port]]:
    ports: list[Port] = []

    def opening() -> Port:
        ports.append(Port(link))
        return ports[-1]

    yield opening
    for port in ports:
        port.close()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The MQTT port of a real broker on the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store = tmp_path_factory.mktemp("broker")
    with (store / "stderr").open("ab") as stderr:
        program = Program("broker", "--port", str(port), "--store", str(store), stderr=stderr)
        assert program.ready["link"] == f"mqtt://127.0.0.1:{port}"
        yield port
        assert program.end() == 0
