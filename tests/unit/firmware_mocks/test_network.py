"""The relay between a gateway and its centre: what each weather does to what passes."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

WORDS = b"from vein to patient " * 40


@contextlib.contextmanager
def echo() -> Iterator[int]:
    """A server that says everything back; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(ConnectionError):  # the weather may break it at any byte
                    while heard := connection.recv(4096):
                        connection.sendall(heard)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def told(port: int) -> bytes:
    """What comes back of the words before the connection ends or everything is there."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(WORDS)
            while len(heard) < len(WORDS) and (piece := connection.recv(4096)):
                heard += piece
        except ConnectionError:
            pass
    return heard


def said(running: "subprocess.Popen[str]") -> dict[str, dict[str, int]]:
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write("\n")
    running.stdin.flush()
    answer: dict[str, dict[str, int]] = json.loads(running.stdout.readline())
    return answer


@pytest.mark.parametrize("weather", ["perfect", "bytes", "delayed", "lossy"])
def test_what_comes_through_is_what_was_said_or_its_beginning(weather: str) -> None:
    with echo() as port:
        command = [sys.executable, "-m", "firmware_mocks.network", "--to", f"127.0.0.1:{port}", "--weather", weather]
        with subprocess.Popen([*command, "--seed", "3"], stdin=-1, stdout=-1, text=True) as running:
            assert running.stdout is not None
            relayed = json.loads(running.stdout.readline())["port"]
            heard = [told(relayed) for _ in range(12 if weather == "lossy" else 2)]
            injected = said(running)["injected"]
            running.communicate(timeout=10)
    assert all(WORDS.startswith(each) for each in heard), "nothing is invented"
    broken = sum(number for name, number in injected.items() if name.startswith("broken"))
    assert broken == len([each for each in heard if each != WORDS])
    assert (broken > 0) == (weather == "lossy")
