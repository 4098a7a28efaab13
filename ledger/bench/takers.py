"""Who takes the batches: a real `xuemai serve` over HTTP, or the writer in this process."""

import http.client
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from typing_extensions import override

from ledger.append import Ledger
from ledger.bench.report import Cost, cpu_seconds_of, measured, peak_mb_of, resident_mb_of
from ledger.clock import SystemClock
from ledger.config import Site
from ledger.core.errors import XuemaiError
from ledger.garbage import look_as_usual, look_seldom

_READY_SECONDS = 60.0
_ANSWER_SECONDS = 120.0
_HOST = "127.0.0.1"
_NDJSON = {"Content-Type": "application/x-ndjson"}
Wires = Sequence[Sequence[bytes]]
"""For each gateway its batches, in order."""


class Taker(Protocol):
    """Takes batches and tells what it cost."""

    def take(self, wires: Wires, events: int) -> Cost:
        """Take every gateway's batches, one gateway beside the other."""
        ...

    def peak_mb(self) -> float:
        """The most memory that the taking process ever had, in 10⁶ bytes."""
        ...

    def resident_mb(self) -> float:
        """The memory that it has now, in 10⁶ bytes."""
        ...


class OwnWriter(AbstractContextManager["OwnWriter"]):
    """`Ledger.append_batch` in this process, whose memory and CPU time are then also those of the batches' makers."""

    def __init__(self, site: Site) -> None:
        self._ledger = Ledger(site, SystemClock())
        look_seldom()  # as `xuemai serve` does before it takes anything

    def take(self, wires: Wires, events: int) -> Cost:
        """Hand every gateway's batches to the writer, a thread a gateway."""
        with ThreadPoolExecutor(len(wires)) as gateways:
            return measured(events, lambda: list(gateways.map(self._append, wires)))

    def peak_mb(self) -> float:
        """The most memory that this process ever had."""
        return peak_mb_of()

    def resident_mb(self) -> float:
        """The memory that this process has now."""
        return resident_mb_of()

    def _append(self, wires: Sequence[bytes]) -> None:
        for wire in wires:
            self._ledger.append_batch(wire)

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ledger.close()
        look_as_usual()


class Server:
    """`xuemai serve` in a process of its own; only its CPU time and memory count, with those of its publisher."""

    def __init__(self, site: Site, *, log: Path) -> None:
        self._reserved = _reserved()
        self.port: int = self._reserved.getsockname()[1]
        command = [_command(), "serve", "--site", str(site.directory), "--port", str(self.port)]
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603  our own command, no shell
                command, stdout=output, stderr=output
            )

    def __enter__(self) -> Self:
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def take(self, wires: Wires, events: int) -> Cost:
        """Send every gateway's batches, a client with one kept connection for each gateway."""
        cpu, wall = cpu_seconds_of(self._process.pid), time.perf_counter()
        with ThreadPoolExecutor(len(wires)) as gateways:
            list(gateways.map(self._send, wires))
        return Cost(events, cpu_seconds_of(self._process.pid) - cpu, time.perf_counter() - wall)

    def peak_mb(self) -> float:
        """The most memory that the server ever had."""
        return peak_mb_of(self._process.pid)

    def resident_mb(self) -> float:
        """The memory that the server has now."""
        return resident_mb_of(self._process.pid)

    def cpu_seconds(self) -> float:
        """User and system time that the server has taken so far."""
        return cpu_seconds_of(self._process.pid)

    def _send(self, wires: Sequence[bytes]) -> None:
        connection = http.client.HTTPConnection(_HOST, self.port, timeout=_ANSWER_SECONDS)
        try:
            for wire in wires:
                connection.request("POST", "/v1/batches", body=wire, headers=_NDJSON)
                answer = connection.getresponse()
                told = answer.read()
                if answer.status != http.HTTPStatus.OK:
                    raise XuemaiError(f"expected a receipt; the server answered {answer.status} {told.decode()}")
        finally:
            connection.close()

    def _wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + _READY_SECONDS
        while time.monotonic() < give_up_at and self._process.poll() is None:
            connection = http.client.HTTPConnection(_HOST, self.port, timeout=_ANSWER_SECONDS)
            try:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == http.HTTPStatus.OK:
                    return
            except OSError:
                time.sleep(0.05)
            finally:
                connection.close()
        raise XuemaiError(f"expected a server that can write within {_READY_SECONDS:.0f} seconds; there is none")

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._reserved.close()


def _reserved() -> socket.socket:
    """A socket on a free port: a server may listen there, and until it is closed no other connection is given the port.

    Without it anybody may have the port between the look for it and the server's start.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind((_HOST, 0))
    return reserved


def _command() -> str:
    beside = Path(sys.executable).with_name("xuemai")
    found = str(beside) if beside.exists() else shutil.which("xuemai")
    if found is None:
        raise XuemaiError("expected the command xuemai beside this Python; install the project first")
    return found
