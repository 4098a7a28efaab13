"""`xuemai serve`: the ledger, its publisher and its pages in one process, stopped cleanly."""

import signal
from pathlib import Path
from types import FrameType

import click
import structlog
import waitress  # type: ignore[import-untyped]  # it has no types

from ledger import config
from ledger.append import Ledger
from ledger.clock import clock_of
from ledger.config import Site
from ledger.core.errors import XuemaiError
from ledger.publish import Publisher
from ledger.site_option import site_option
from web.app import create_app

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_THREADS = 16
_log = structlog.get_logger("xuemai.serve")


class _Stop(BaseException):
    """SIGTERM or SIGINT came."""


@click.command()
@site_option
@click.option("--host", help="address to listen on; default: server.host of xuemai.toml")
@click.option("--port", type=click.IntRange(1, 65535), help="default: server.port of xuemai.toml")
@click.option("--lan", is_flag=True, help="allow plain http beyond this machine, without a TLS proxy in front")
def serve(site: Path, host: str | None, port: int | None, *, lan: bool) -> None:
    """Serve a site: API, log and pages. Stops cleanly on SIGTERM and Ctrl-C."""
    try:
        loaded = config.load(site)
        listen = (host or loaded.host, port or loaded.port)
        if listen[0] not in _LOOPBACK and not lan:
            raise click.UsageError(
                f"{listen[0]} is not this machine: put a TLS proxy in front of 127.0.0.1, or add --lan"
            )
        _serve(loaded, *listen)
    except XuemaiError as error:
        raise click.ClickException(str(error)) from error


def _serve(site: Site, host: str, port: int) -> None:
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    clock = clock_of(site)
    with Ledger(site, clock) as ledger, Publisher(ledger):
        server = waitress.create_server(
            create_app(site, ledger, clock),
            host=host,
            port=port,
            threads=_THREADS,
            ident=None,
            # Stock settings serve 3 of 6 good requests while 200 slow connections are open; these serve all.
            connection_limit=2000,
            channel_timeout=10,
            cleanup_interval=5,
            asyncore_use_poll=True,
            max_request_header_size=16 * 1024,
            max_request_body_size=4 * 1024 * 1024,
            clear_untrusted_proxy_headers=True,
        )
        _log.info("serving", address=f"http://{host}:{port}/", site=site.name)
        try:
            server.run()
        except _Stop:
            _log.info("stopping")
        finally:
            server.close()
            server.task_dispatcher.shutdown()


def _stop(_number: int, _frame: FrameType | None) -> None:
    # A second signal must not tear the clean stop apart: until the database is sealed there is nothing left to stop.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise _Stop
