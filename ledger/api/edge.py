"""The edge of the application: which hosts it answers for, how much it reads, which headers every answer carries."""

import ipaddress
import re
from time import perf_counter

from flask import Flask, Response, abort, g, request

from ledger.api.services import services_of
from ledger.config import Site
from ledger.core.passport import MAX_PASSPORT_BYTES

MAX_BODY_BYTES = 1024 * 1024
MAX_INGEST_BYTES = 4 * 1024 * 1024
"""A hard limit, before a byte is read; what is a batch at all is for `ledger.core.batch`, and smaller."""

INGEST = "batches.accept"
MAX_UPLOAD_BYTES = MAX_PASSPORT_BYTES // 3 * 4 + 1024 * 1024
"""A passport in the page that carries it, in the form that sends it."""

MAX_STEP_BYTES = 2 * 1024 * 1024
"""A step with a file beside it, in base64 or in a form."""

LIMITS = {
    INGEST: MAX_INGEST_BYTES,
    "passports.accept": MAX_UPLOAD_BYTES,
    "pages.accept_passport": MAX_UPLOAD_BYTES,
    "steps.record": MAX_STEP_BYTES,
    "pages.step_post": MAX_STEP_BYTES,
    "pages.judge_logger": MAX_STEP_BYTES,
}
"""Routes that take more than `MAX_BODY_BYTES`."""

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
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


def moment() -> float:
    """Seconds from nowhere in particular, to tell how long an answer took."""
    return perf_counter()


def answers_for(site: Site, host: str) -> bool:
    """Whether a `Host` header names this site.

    Where the server listens on every address, any address will do, but no other name: a name could be another site's
    that was pointed here (DNS rebinding), an address cannot.
    """
    name = host_name(host)
    own = f"[{site.host}]" if ":" in site.host else site.host
    if name in {site.name, own} | LOOPBACK_NAMES:
        return True
    return site.host in _EVERY_ADDRESS and _is_address(name.strip("[]"))


def host_name(host: str) -> str:
    """The name or address of a `Host` header, without its port."""
    return _PORT.sub("", host.lower())


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def install(app: Flask, site: Site) -> None:
    """Put limits, trusted hosts and headers around every route of `app`."""
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=500_000,
        MAX_FORM_PARTS=1000,
        PROPAGATE_EXCEPTIONS=False,
    )

    # Not Flask's TRUSTED_HOSTS: werkzeug 3.1 cuts an entry at its first colon, so that no IPv6 address can be one.
    @app.before_request
    def _limit() -> None:
        g.begun = moment()
        if not answers_for(site, request.host):
            abort(400, "expected a host name of this site")
        if request.endpoint in LIMITS:
            request.max_content_length = LIMITS[request.endpoint]

    @app.after_request
    def _finish(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", HSTS)
        begun = g.get("begun")
        if begun is not None:
            endpoint = request.endpoint or "none"
            services_of(app).metrics.count_request(endpoint, response.status_code, moment() - begun)
        return response
