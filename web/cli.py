"""`xuemai serve`: the ledger, its publisher and its pages in one process, stopped cleanly."""

import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import click
import structlog
import waitress  # type: ignore[import-untyped]  # it has no types
from flask import Flask

from ledger import config
from ledger.app import BATCHES_PATH, Intake, services_of
from ledger.append import Ledger
from ledger.clock import clock_of
from ledger.commands.site_option import site_option
from ledger.config import Site
from ledger.core.errors import XuemaiError
from ledger.cosigning import Cosigning
from ledger.garbage import look_seldom
from ledger.judge import Judging
from ledger.publish import Publisher
from web.app import create_app
from web.lane import Door, Lane

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_THREADS = 16
_log = structlog.get_logger("xuemai.serve")


class _Stop(SystemExit):
    """SIGTERM or SIGINT came.

    It may come while the server's loop looks after a connection, which holds whatever else is raised there for that
    connection's trouble and goes on.
    """


@click.command()
@site_option
@click.option("--host", help="address to listen on; default: server.host of xuemai.toml")
@click.option("--port", type=click.IntRange(1, 65535), help="default: server.port of xuemai.toml")
@click.option("--lan", is_flag=True, help="allow plain http beyond this machine, without a TLS proxy in front")
@click.option("--proxy", metavar="ADDRESS", help="believe X-Forwarded-For and -Proto of the TLS proxy at this address")
def serve(site: Path, host: str | None, port: int | None, proxy: str | None, *, lan: bool) -> None:
    """Serve a site: API, log and pages. Stops cleanly on SIGTERM and Ctrl-C."""
    try:
        loaded = config.load(site)
        listen = Listen(host or loaded.host, port or loaded.port, proxy)
        if listen.host not in _LOOPBACK and not lan:
            raise click.UsageError(f"{listen.host} is not this machine: listen on 127.0.0.1 behind TLS, or add --lan")
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(sys.stderr))
        _serve(replace(loaded, host=listen.host, port=listen.port), listen)
    except XuemaiError as error:
        raise click.ClickException(str(error)) from error


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen, and the TLS proxy whose headers are believed; None: nobody's."""

    host: str
    port: int
    proxy: str | None


def _serve(site: Site, listen: Listen) -> None:
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    with suppress(_Stop):  # the server's loop, once it runs, ends by it as well
        clock = clock_of(site)
        with Ledger(site, clock) as writer:
            # Before anything is signed: what witnesses saw of this log.
            cosigning = Cosigning(writer)
            cosigning.begin()
            with Publisher(writer), Judging(writer), cosigning:
                app = create_app(site, writer, clock)
                services_of(app).cosigning = cosigning
                _run(app, listen)
    _log.info("stopped", site=site.name)


def open_server(app: Flask, listen: Listen) -> Any:
    """A server that listens and answers once it is `run`; when that has ended, `close` it and `shutdown` it."""
    lane = Lane(Intake(services_of(app)), BATCHES_PATH)
    lane.set_thread_count(_THREADS)
    return waitress.create_server(
        Door(app),
        _dispatcher=lane,
        host=listen.host,
        port=listen.port,
        ident=None,
        # Stock settings serve 3 of 6 good requests while 200 slow connections are open; these serve all.
        connection_limit=2000,
        channel_timeout=10,
        cleanup_interval=5,
        asyncore_use_poll=True,
        recv_bytes=128 * 1024,  # a batch in one or two turns of the loop; stock settings take eleven for 80 KiB
        max_request_header_size=16 * 1024,
        max_request_body_size=4 * 1024 * 1024,
        clear_untrusted_proxy_headers=True,
        trusted_proxy=listen.proxy,
        trusted_proxy_headers={"x-forwarded-for", "x-forwarded-proto"} if listen.proxy else set(),
    )


def _run(app: Flask, listen: Listen) -> None:
    server = open_server(app, listen)
    look_seldom()
    _log.info("serving", address=f"http://{listen.host}:{listen.port}/")
    try:
        server.run()
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        services_of(app).accounts.close()


def _stop(_number: int, _frame: FrameType | None) -> None:
    # A second signal must not tear the clean stop apart: until the database is sealed there is nothing left to stop.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise _Stop
