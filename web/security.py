"""The guard of the pages: server-side sessions, CSRF, one policy for every route, and the headers of every answer.

The cookie is signed and holds a 256-bit session id and the CSRF secret; the session itself lives in `ledger.accounts`,
which keeps only a hash of the id and can end it at any moment. Signing in makes a new cookie. Routes that the policy
does not name do not exist; what a route needs stands in `POLICY`, beside nothing else.
"""

import re
import secrets
from pathlib import Path

from flask import Flask, Response, abort, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect
from typing_extensions import override
from werkzeug.wrappers import Response as AnyResponse

from ledger.accounts import Policy
from ledger.accounts.permissions import PUBLIC, VALUE_OPEN
from ledger.core.errors import ConfigError
from web.context import actor, maybe_user, shared, wall_ms

POLICY = Policy(
    {
        "pages.static": PUBLIC,
        "pages.sign_in": PUBLIC,
        "pages.sign_in_post": PUBLIC,
        "pages.enrol": PUBLIC,
        "pages.enrol_post": PUBLIC,
        "pages.language": PUBLIC,
        "pages.sign_out": "session.own",
        "pages.own": "session.own",
        "pages.end_session": "session.own",
        "pages.issue_token": "token.own",
        "pages.revoke_token": "token.own",
        "pages.home": "site.read",
        "pages.find": "unit.read",
        "pages.units": "inventory.read",
        "pages.stock": "inventory.read",
        "pages.stock_cover": "inventory.read",
        "pages.stock_list": "inventory.read",
        "pages.stock_wall": "inventory.read",
        "pages.stock_take": "event.assert.stocktaking",
        "pages.stock_take_post": "event.assert.stocktaking",
        "pages.fates": "inventory.read",
        "pages.orders": "unit.read",
        "pages.new_order": "event.assert.ordering",
        "pages.place_order": "event.assert.ordering",
        "pages.order": "unit.read",
        "pages.pick_list": "event.assert.dispatch",
        "pages.cancel_order": "event.assert.order_cancelling",
        "pages.allocate_order": "event.assert.dispatch",
        "pages.check_order": "event.assert.dispatch",
        "pages.send_order": "event.assert.dispatch",
        "pages.hand_over": "event.assert.handing_over",
        "pages.unit": "unit.read",
        "pages.open_withheld": VALUE_OPEN,
        "pages.evidence_file": "unit.read",
        "pages.material": "unit.read",
        "pages.release_batch": "event.assert.quality",
        "pages.release_batch_post": "event.assert.quality",
        "pages.recall_material": "event.assert.quality",
        "pages.recall": "case.read",
        "pages.recall_post": "lookback.read",
        "pages.case": "case.read",
        "pages.case_file": "lookback.read",
        "pages.withdraw_case": "event.assert.recalling",
        "pages.close_case": "event.assert.recalling",
        "pages.note_case": "event.assert.recalling",
        "pages.acknowledge_case": "event.assert.acknowledging",
        "pages.passport": "passport.export",
        "pages.passport_page": "passport.export",
        "pages.passports": "passport.accept",
        "pages.accept_passport": "passport.accept",
        "pages.consignment": "unit.read",
        "pages.discards": "inventory.read",
        "pages.request_discard": "event.assert.discard_request",
        "pages.open_reasons": "value.open",
        "pages.approve_discard": "event.assert.quality",
        "pages.hand_over_discards": "event.assert.discarding",
        "pages.returns": "inventory.read",
        "pages.boxes": "inventory.read",
        "pages.send_back": "event.assert.return",
        "pages.take_back": "unit.read",
        "pages.take_back_post": "event.assert.receipt",
        "pages.receipt": "unit.read",
        "pages.receipt_post": "event.assert.receipt",
        "pages.consignment_passport": "passport.export",
        "pages.consignment_passport_page": "passport.export",
        "pages.steps": "unit.read",
        "pages.step": "unit.read",
        "pages.step_post": "unit.read",
        "pages.correction": "event.assert.correcting",
        "pages.correct": "event.assert.correcting",
        "pages.comment": "event.assert.correcting",
        "pages.paper": "event.assert.correcting",
        "pages.enter_paper": "event.assert.correcting",
        "pages.probes": "probe.place",
        "pages.say_where": "probe.place",
        "pages.agitation": "agitation.report",
        "pages.say_of_agitation": "agitation.report",
        "pages.logger": "unit.read",
        "pages.judge_logger": "unit.read",
        "pages.places": "place.manage",
        "pages.add_organisation": "organisation.manage",
        "pages.add_place": "place.manage",
        "pages.gateways": "key.approve",
        "pages.approve_gateway": "key.approve",
        "pages.keys": "key.approve",
        "pages.change_key": "key.approve",
        "pages.key": "key.approve",
        "pages.revoke_key": "key.approve",
        "pages.resume_gateway": "stream.resume",
        "pages.packs": "site.read",
        "pages.pack": "site.read",
        "pages.enforce_pack": "pack.enforce",
        "pages.confirm_figures": "pack.confirm",
        "pages.erasures": "erasure.read",
        "pages.erase": "erasure.read",
        "pages.people": "account.manage",
        "pages.add_person": "account.manage",
        "pages.issue_code": "account.manage",
        "pages.set_enabled": "account.manage",
    }
)
"""Every page and what it needs. Which kinds of step a person may record is asked again in `web.actions`."""

_SESSION_ID = "sid"
_KEY = re.compile(r"[0-9a-f]{64}\n?\Z")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PAGE_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

csrf = CSRFProtect()


class _Cookie(SecureCookieSessionInterface):
    """`__Host-` and Secure under TLS; a plain name on http, which a browser keeps from TLS sites' cookies."""

    @override
    def get_cookie_name(self, app: Flask) -> str:
        return "__Host-xuemai" if request.is_secure else "xuemai"

    @override
    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def install(app: Flask, key_file: Path) -> None:
    """Guard the pages of `app`.

    Raises:
        ConfigError: the session key is missing, weak or readable by others.
    """
    app.secret_key = _session_key(key_file)
    app.session_interface = _Cookie()
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    csrf.init_app(app)
    app.before_request(_guard)
    app.after_request(_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def open_session(session_id: str) -> None:
    """Start over with the cookie: a new session id, a new CSRF secret, the same language."""
    chosen = session.get("language")
    session.clear()
    session[_SESSION_ID] = session_id
    if chosen:
        session["language"] = chosen


def present_session() -> str | None:
    """The session id that the browser came with."""
    found = session.get(_SESSION_ID)
    return found if isinstance(found, str) else None


def csp_nonce() -> str:
    """This answer's nonce for scripts."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def is_local_path(target: str) -> bool:
    """Whether a redirect to `target` stays on this site."""
    return target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()


def _guard() -> AnyResponse | None:
    """Who is it, may they, and did the form come from here?"""
    endpoint = request.endpoint
    if endpoint is None or endpoint not in POLICY.routes or endpoint == "pages.static":
        return None
    g.language = session.get("language")
    found = present_session()
    opened = shared().accounts.session(found, now_ms=wall_ms()) if found else None
    if opened is not None:
        g.session, g.user = opened
    if not POLICY.allows(endpoint, maybe_user()):
        return _turn_away(endpoint)
    if request.method not in _SAFE:
        if not _same_origin():
            abort(400, "this form was sent from another site")
        try:
            csrf.protect()
        except CSRFError:
            abort(400, "this page was open too long; load it again and repeat the step")
    return None


def _turn_away(endpoint: str) -> AnyResponse:
    if maybe_user() is not None:
        need = POLICY.states(endpoint) or ""
        shared().accounts.record_denial(actor(), need, now_ms=wall_ms(), detail=request.path[:200])
        abort(403)
    if request.method in _SAFE:
        return redirect(url_for("pages.sign_in", next=request.full_path.rstrip("?")))
    return redirect(url_for("pages.sign_in"), 303)


def _same_origin() -> bool:
    """A browser says where a form came from; a program that says nothing carries the token and no one's cookie."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin == request.host_url.rstrip("/")
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}


def _headers(response: Response) -> Response:
    endpoint = request.endpoint or ""
    if endpoint == "pages.static":
        response.headers["Cache-Control"] = "no-cache"
    elif response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = _PAGE_POLICY.format(nonce=csp_nonce())
        response.headers["Cache-Control"] = "no-store"
        # Not `no-referrer`: under it a browser's own forms come with `Origin: null`, and `_same_origin` could not tell
        # them from another site's. Nothing is sent beyond this site either way.
        response.headers["Referrer-Policy"] = "same-origin"
    return response


def _session_key(path: Path) -> bytes:
    try:
        mode, text = path.stat().st_mode, path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: expected the key of the web sessions; {error}") from error
    if mode & 0o077:
        raise ConfigError(f"{path}: expected a file that only its owner can read; run: chmod 600 {path}")
    if not _KEY.match(text) or len(set(text.strip())) < 8:
        raise ConfigError(f"{path}: expected 64 lower-case hex digits of 32 random bytes")
    return bytes.fromhex(text.strip())
