"""A site served on a port of this machine, as `xuemai serve` serves it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask

from ledger.app import services_of
from web.cli import Listen, open_server

_STOP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Served:
    """Where an application answers, and the server that lets it."""

    server: Any

    @property
    def port(self) -> int:
        return int(self.server.effective_port)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(app: Flask, port: int = 0, proxy: str | None = None) -> Iterator[Served]:
    """The application behind the product's server, in a thread of its own."""
    server = open_server(app, Listen("127.0.0.1", port, proxy))
    running = threading.Thread(target=server.run)
    running.start()
    try:
        yield Served(server)
    finally:
        server.task_dispatcher.shutdown()  # first, as `serve` does: the lane wakes the server when it closes one
        server.trigger.pull_trigger(lambda: server.asyncore.close_all(server._map))
        running.join(_STOP_SECONDS)
        services_of(app).accounts.close()
