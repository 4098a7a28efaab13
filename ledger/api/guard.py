"""Who is asking, and may they: bearer tokens only, never a cookie; an undeclared route is nobody's."""

from typing import NoReturn

from flask import Flask, Response, abort, g, request
from werkzeug.datastructures import WWWAuthenticate

from ledger.accounts import Actor, User
from ledger.accounts.permissions import STATEMENTS
from ledger.api import routes
from ledger.api.edge import LOOPBACK_NAMES, host_name
from ledger.api.problems import problem
from ledger.api.services import services, services_of

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


def install(app: Flask) -> None:
    """Ask before every request. Routes of the pages are left to the pages' own guard, if the policy names them."""

    @app.before_request
    def _ask() -> Response | None:
        endpoint = request.endpoint
        if endpoint is None:
            return None  # no such address or method: the answer is a 404 or 405
        need = services_of(app).policy.states(endpoint)
        if need is None:
            return problem(403, "this address has no declared permission")
        if need in STATEMENTS or endpoint not in routes.POLICY.routes:
            return None
        return _admit(endpoint, need)


def bearer() -> User | None:
    """The user that the request's bearer token speaks for."""
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        return None
    shared = services()
    return shared.accounts.bearer(given.token, address=address(), now_ms=shared.wall.now_ms())


def address() -> str:
    """Where the request comes from."""
    return request.remote_addr or "unknown"


def is_local() -> bool:
    """Whether the request was made on this machine, to this machine's own name, and not passed on by a proxy on it."""
    passed_on = any(name in request.headers for name in _FORWARDED)
    return request.remote_addr in _LOOPBACK and host_name(request.host) in LOOPBACK_NAMES and not passed_on


def unauthorised() -> Response:
    """Nobody is asking, or with a token that does not hold: both alike."""
    challenge = WWWAuthenticate("bearer", {"realm": services().site.origin}).to_header()
    detail = "expected an API token that holds, as `Authorization: Bearer xm_…`"
    return problem(401, detail, headers={"WWW-Authenticate": challenge})


def refuse(user: User, need: str, subject: str | None = None) -> None:
    """Write down that `user` was kept from something."""
    shared = services()
    actor = Actor(user.person, address())
    shared.accounts.record_denial(actor, need, now_ms=shared.wall.now_ms(), subject=subject, detail=request.path[:200])


def scope() -> str | None:
    """The organisation whose units the asking user may see; None: the whole site."""
    user = asking()
    if user.organisation is None and not user.sees_whole_site:
        refuse(user, "scope")
        abort(403, "this account has no organisation, and its roles are not those of the whole site")
    return user.organisation


def asking() -> User:
    """The user who was admitted."""
    user = g.user
    assert isinstance(user, User)  # noqa: S101  for the type checker; `_admit` put it there
    return user


def no_such_unit(unit: str) -> NoReturn:
    """The same answer for a unit that does not exist and for one that is not the asking user's to see."""
    refuse(asking(), "unit.read", subject=unit[:80])
    abort(404, "there is no such unit, or it is not yours to see")


def _admit(endpoint: str, need: str) -> Response | None:
    user = bearer()
    if user is None:
        return unauthorised()
    if not services().policy.allows(endpoint, user):
        refuse(user, need)
        return problem(403, f"expected a role with the permission {need}")
    g.user = user
    return None
