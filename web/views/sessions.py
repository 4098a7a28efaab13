"""Signing in and out, the first password, the language, and one's own account: sessions and API tokens."""

from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from ledger.accounts import AccountError, SignedIn, TurnedAway
from web.blueprint import pages
from web.context import actor, address, asking, maybe_user, shared, speech, wall_ms
from web.security import is_local_path, open_session, present_session
from web.speech import LANGUAGES
from web.words.people import ROLES, TURNED_AWAY

_DAY = 86_400_000
_TOKEN_DAYS = (7, 30, 90, 365)


@pages.get("/sign-in")
def sign_in() -> str | Response:
    """The door."""
    if maybe_user() is not None:
        return redirect(url_for("pages.home"))
    return render_template("sign_in.html", login="", turned_away=None, target=request.args.get("next", ""))


@pages.post("/sign-in")
def sign_in_post() -> Response | tuple[str, int]:
    """Open a session under a new id."""
    login, target = request.form.get("login", ""), request.form.get("next", "")
    answer = shared().accounts.sign_in(
        login,
        request.form.get("password", ""),
        address=address(),
        now_ms=wall_ms(),
        previous=present_session(),
    )
    if isinstance(answer, TurnedAway):
        said = _turned_away(answer)
        status = 429 if answer.retry_after_seconds else 422
        return render_template("sign_in.html", login=login, turned_away=said, target=target), status
    assert isinstance(answer, SignedIn)  # noqa: S101  for the type checker
    open_session(answer.session_id)
    return redirect(target if is_local_path(target) else url_for("pages.home"), 303)


@pages.post("/sign-out")
def sign_out() -> Response:
    """Close the session on the server."""
    present = present_session()
    if present is not None:
        shared().accounts.sign_out(present, actor(), now_ms=wall_ms())
    session.clear()
    return redirect(url_for("pages.sign_in"), 303)


@pages.get("/enrol")
def enrol() -> str:
    """Choose the first password, with a one-time code."""
    return render_template("enrol.html", turned_away=None)


@pages.post("/enrol")
def enrol_post() -> Response | tuple[str, int]:
    """Redeem the code."""
    password = request.form.get("password", "")
    if password != request.form.get("again", password):
        said = speech().say("The two passwords are not the same.")
        return render_template("enrol.html", turned_away=("password", said)), 422
    code = request.form.get("code", "").strip()
    answer = shared().accounts.redeem(code, password, address=address(), now_ms=wall_ms())
    if isinstance(answer, TurnedAway):
        return render_template("enrol.html", turned_away=_turned_away(answer)), 422
    flash(speech().say("The password is set. Sign in as %(login)s.", login=answer.login))
    return redirect(url_for("pages.sign_in"), 303)


@pages.post("/language")
def language() -> Response:
    """Speak Chinese or English from now on."""
    chosen, back = request.form.get("language", ""), request.form.get("back", "/")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(back if is_local_path(back) else "/", 303)


@pages.get("/account")
def own() -> str:
    """One's own roles, sessions and tokens."""
    return _own(None)


@pages.post("/account/sessions/<handle>/end")
def end_session(handle: str) -> Response:
    """Close one of one's own sessions."""
    shared().accounts.revoke_session(asking().person, handle, actor(), now_ms=wall_ms())
    return redirect(url_for("pages.own"), 303)


@pages.post("/account/tokens")
def issue_token() -> str | tuple[str, int]:
    """An API token, shown once."""
    days = request.form.get("days", type=int, default=30)
    try:
        text = shared().accounts.issue_token(
            asking().person,
            label=request.form.get("label", "").strip(),
            roles=request.form.getlist("roles") or asking().roles,
            expires_ms=wall_ms() + min(max(days, 1), 365) * _DAY,
            actor=actor(),
            now_ms=wall_ms(),
        )
    except AccountError:
        say = speech().say
        said = say("Not accepted"), say("A token needs a name, and roles that are your own.")
        return render_template("error.html", code=422, words=said), 422
    return _own(text)


@pages.post("/account/tokens/<handle>/revoke")
def revoke_token(handle: str) -> Response:
    """Revoke one of one's own tokens."""
    shared().accounts.revoke_token(asking().person, handle, actor(), now_ms=wall_ms())
    return redirect(url_for("pages.own"), 303)


def _own(token: str | None) -> str:
    accounts, me = shared().accounts, asking()
    with shared().reading() as reader:
        organisation = reader.organisations.get(me.organisation or "")
    return render_template(
        "account.html",
        sessions=accounts.sessions_of(me.person, now_ms=wall_ms()),
        tokens=accounts.tokens_of(me.person),
        token=token,
        now_ms=wall_ms(),
        days=_TOKEN_DAYS,
        organisation=speech().name(organisation) if organisation else me.organisation,
        role_words=[(role, speech().say(ROLES[role])) for role in sorted(me.roles)],
        every_role={role: speech().say(word) for role, word in ROLES.items()},
    )


def _turned_away(answer: TurnedAway) -> tuple[str, str]:
    said = TURNED_AWAY.get(answer.step)
    return answer.step, speech().say(said) if said else answer.reason
