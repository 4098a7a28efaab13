"""The edge of the application: which hosts it answers for, how much it reads, which headers every answer carries."""

import re
from time import perf_counter

from flask import Flask, Response, abort, g, request

from ledger.api.services import services_of
from ledger.config import Site

MAX_BODY_BYTES = 1024 * 1024
MAX_INGEST_BYTES = 4 * 1024 * 1024
"""A hard limit, before a byte is read; what is a batch at all is for `ledger.core.batch`, and smaller."""

INGEST = "batches.accept"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_PORT = re.compile(r":[0-9]{1,5}\Z")
_EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104  a name to compare with, nothing is bound

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""Set where a view did not say otherwise."""

HSTS = "max-age=31536000"


def trusted_hosts(site: Site) -> frozenset[str] | None:
    """The host names that the site answers for; None (any) only where a demo listens on every address of a network."""
    if site.host in _EVERY_ADDRESS and site.mode == "demo":
        return None
    host = f"[{site.host}]" if ":" in site.host else site.host
    return frozenset({site.name, host, *_LOOPBACK})


def install(app: Flask, site: Site) -> None:
    """Put limits, trusted hosts and headers around every route of `app`."""
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=500_000,
        MAX_FORM_PARTS=1000,
        PROPAGATE_EXCEPTIONS=False,
    )

    # Not TRUSTED_HOSTS: werkzeug 3.1 cuts an entry at its first colon, so that no IPv6 address can be one.
    hosts = trusted_hosts(site)

    @app.before_request
    def _limit() -> None:
        g.begun = perf_counter()
        if hosts is not None and _PORT.sub("", request.host.lower()) not in hosts:
            abort(400, "expected a host name of this site")
        if request.endpoint == INGEST:
            request.max_content_length = MAX_INGEST_BYTES

    @app.after_request
    def _finish(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", HSTS)
        begun = g.get("begun")
        if begun is not None:
            endpoint = request.endpoint or "none"
            services_of(app).metrics.count_request(endpoint, response.status_code, perf_counter() - begun)
        return response
