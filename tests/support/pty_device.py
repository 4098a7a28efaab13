"""A serial device within the test's own process: it answers each burst that it hears."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import pty_link


@contextmanager
def device(link: Path, answer: Callable[[bytes], bytes]) -> Iterator[None]:
    """A device behind `link`; `answer` is what it says to what it heard."""
    with pty_link(link) as ours:

        def serve() -> None:
            while True:
                try:
                    os.write(ours, answer(os.read(ours, 4096)))
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield
