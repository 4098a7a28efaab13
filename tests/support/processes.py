"""Real processes for tests of the whole: `xuemai serve`, `xuemai gateway run`, devices in software.

Each writes to a log file of its own; when a test fails, or waits in vain, the ends of the logs are in its message.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from firmware_mocks.children import Device

PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.05
_TAIL_CHARACTERS = 3000


def xuemai(*arguments: str) -> list[str]:
    """A command line of the product, in the environment that the tests run in."""
    return [str(Path(sys.executable).with_name("xuemai")), *arguments]


class Process:
    """A program with a log file; may be killed and started again, as machines are."""

    def __init__(self, command: Sequence[str], *, log: Path) -> None:
        self.command, self.log = command, log
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it must not be running."""
        assert self.running is None or self.running.poll() is not None, f"{self.command} runs already"
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """`kill -9`: it gets no chance to say goodbye."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()

    def stop(self) -> int:
        """Ask it to end, as a service manager does; its exit code."""
        assert self.running is not None
        self.running.send_signal(signal.SIGTERM)
        try:
            return self.running.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise AssertionError(f"{self.command} did not stop\n{self.tail()}") from error

    def tail(self) -> str:
        """The end of its log."""
        text = self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""
        return f"── {self.log.name}\n{text[-_TAIL_CHARACTERS:]}"


class Server(Process):
    """`xuemai serve`."""

    def __init__(self, site: Path, port: int, *, log: Path) -> None:
        super().__init__(xuemai("serve", "--site", str(site), "--port", str(port)), log=log)
        self.url = f"http://127.0.0.1:{port}"

    def start_and_wait(self) -> None:
        """Start it, and wait until it says that it is ready."""
        self.start()
        wait_for(self.is_ready, "the ledger to be ready", self)

    def is_ready(self) -> bool:
        """Whether it answers, and can write."""
        with contextlib.suppress(OSError, urllib.error.URLError):
            return fetch(f"{self.url}/readyz").status == 200
        return False


class Gateway(Process):
    """`xuemai gateway run`."""

    def __init__(self, folder: Path, *, log: Path) -> None:
        super().__init__(xuemai("gateway", "run", "--site", str(folder), "--drain-seconds", "20"), log=log)
        self.folder = folder


class Answer:
    """What came back over HTTP."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body


def fetch(url: str, *, token: str | None = None, body: bytes | None = None) -> Answer:
    """One HTTP request to a server on this machine, without any proxy."""
    request = urllib.request.Request(url, data=body)  # noqa: S310  the tests' own server
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        request.add_header("Content-Type", "application/x-ndjson")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE_SECONDS) as answer:
            return Answer(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read())


def wait_for(
    found: Callable[[], object], what: str, *processes: Process, patience_seconds: float = PATIENCE_SECONDS
) -> None:
    """Wait until `found()` is true; else fail with the ends of the logs."""
    give_up_at = time.monotonic() + patience_seconds
    while not found():
        logs = "\n".join(process.tail() for process in processes)
        assert time.monotonic() < give_up_at, f"waited {patience_seconds:.0f} s for {what}\n{logs}"
        time.sleep(_LOOK_SECONDS)


@contextlib.contextmanager
def ending(*processes: Process) -> Iterator[None]:
    """Whatever happens inside, none of the processes outlives it; after a failure their logs are printed."""
    try:
        yield
    except BaseException:
        for process in processes:
            sys.stdout.write(process.tail() + "\n")
        raise
    finally:
        for process in processes:
            process.kill()


@contextlib.contextmanager
def device(program: str, *options: str, log: Path) -> Iterator[Device]:
    """A program of `firmware_mocks`, ready to obey."""
    running = Device(program, [sys.executable, "-m", f"firmware_mocks.{program}", *options], log=log)
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


@contextlib.contextmanager
def pty_link(link: Path) -> Iterator[int]:
    """A pseudo-terminal behind `link`, as a serial adapter is behind its by-id name; the device's end is yielded."""
    import pty  # noqa: PLC0415  not on every system
    import tty  # noqa: PLC0415  the same

    ours, theirs = pty.openpty()
    # Raw from the first byte, and without an echo that would look like an answer.
    tty.setraw(theirs)
    link.symlink_to(os.ttyname(theirs))
    try:
        yield ours
    finally:
        link.unlink()
        os.close(ours)
        os.close(theirs)
