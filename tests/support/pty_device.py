"""A serial device within the test's own process: it answers each burst that it hears."""

import os
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import pty_link

_OUTPUT_SPEED = 5
_SPEEDS = {9600: termios.B9600, 38400: termios.B38400, 57600: termios.B57600, 115200: termios.B115200}
_GARBLED = bytes(octet ^ 0xA5 for octet in range(256))


@contextmanager
def device(link: Path, answer: Callable[[bytes], bytes], *, baud: int | None = None) -> Iterator[None]:
    """A device behind `link`; `answer` is what it says to what it heard.

    `baud` is its own speed: at any other, each side hears garbage from the other. None: it understands every speed.
    """
    with pty_link(link) as ours:

        def serve() -> None:
            while True:
                try:
                    # Asked each time: a terminal's speed is the host's, who opens it anew to try another.
                    heard = os.read(ours, 4096)
                    alike = baud is None or termios.tcgetattr(ours)[_OUTPUT_SPEED] == _SPEEDS[baud]
                    said = answer(heard if alike else heard.translate(_GARBLED))
                    os.write(ours, said if alike else said.translate(_GARBLED))
                except OSError:
                    return
                except termios.error:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield
