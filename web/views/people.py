"""People: who has an account, with which roles, and the one-time codes with which they choose a password."""

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.accounts import AccountError
from web.blueprint import pages
from web.context import actor, shared, speech, wall_ms
from web.words.people import NOT_DONE, ROLES


@pages.get("/people")
def people() -> str:
    """Everyone."""
    return _page()


@pages.post("/people")
def add_person() -> str | tuple[str, int]:
    """Enrol someone and show their one-time code, once."""
    form = request.form
    try:
        user = shared().accounts.add_user(
            form.get("login", ""),
            printed_name=form.get("printed_name", ""),
            organisation=form.get("organisation") or None,
            roles=form.getlist("roles"),
            actor=actor(),
            now_ms=wall_ms(),
        )
    except AccountError as error:
        return _page(wrong=error), 422
    return _page(code=(user.login, shared().accounts.issue_code(user.person, actor(), now_ms=wall_ms())))


@pages.post("/people/<person>/code")
def issue_code(person: str) -> str:
    """A new one-time code for someone who forgot the password."""
    user = shared().accounts.user(person)
    if user is None:
        abort(404)
    return _page(code=(user.login, shared().accounts.issue_code(person, actor(), now_ms=wall_ms())))


@pages.post("/people/<person>/enabled")
def set_enabled(person: str) -> Response | tuple[str, int]:
    """Keep someone out, or let them in again."""
    accounts = shared().accounts
    act = accounts.enable if request.form.get("enabled") == "yes" else accounts.disable
    try:
        act(person, actor(), now_ms=wall_ms())
    except AccountError as error:
        return _page(wrong=error), 422
    return redirect(url_for("pages.people"), 303)


def _page(*, code: tuple[str, str] | None = None, wrong: AccountError | None = None) -> str:
    with shared().reading() as reader:
        organisations = reader.organisations
    said = speech()
    return render_template(
        "people.html",
        people=shared().accounts.users(),
        organisations=sorted(organisations.values(), key=lambda each: each.id),
        organisation_names={each.id: said.name(each) for each in organisations.values()},
        roles=[(role, said.say(word)) for role, word in ROLES.items()],
        role_words={role: said.say(word) for role, word in ROLES.items()},
        code=code,
        wrong=wrong,
        wrong_words=None if wrong is None else said.say(NOT_DONE[wrong.rule]),
        typed=request.form,
    )
