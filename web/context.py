"""What every view of the pages shares: the services, who is asking, and how the page speaks to them."""

from zoneinfo import ZoneInfo

import flask_babel
from flask import abort, current_app, g, request

from ledger.accounts import Actor, User
from ledger.app import Services, services_of
from web.speech import LANGUAGES, Speech


def shared() -> Services:
    """The services of this application."""
    return services_of(current_app)


def maybe_user() -> User | None:
    """Who is signed in; None: nobody."""
    found = g.get("user")
    return found if isinstance(found, User) else None


def asking() -> User:
    """Who is signed in, in a view that the policy opens to signed-in people only."""
    user = maybe_user()
    if user is None:
        abort(403)
    return user


def scope() -> str | None:
    """The organisation whose units the asking user may see; None: the whole site."""
    user = asking()
    if user.organisation is None and not user.sees_whole_site:
        abort(403)
    return user.organisation


def actor() -> Actor:
    """Who does something, for the audit."""
    user = maybe_user()
    return Actor(user.person if user else None, address())


def record_denial(subject: str) -> None:
    """Write down that someone was kept from something that is not theirs."""
    shared().accounts.record_denial(actor(), "unit.read", now_ms=wall_ms(), subject=subject[:80])


def address() -> str:
    """Where the request comes from."""
    return request.remote_addr or "unknown"


def wall_ms() -> int:
    """Real time, by which sessions, codes and tokens end even on a demo site."""
    return shared().wall.now_ms()


def now_ms() -> int:
    """The ledger's time, simulated on a demo site."""
    return shared().clock.now_ms()


def language() -> str:
    """The reader's language: their choice, else what their browser prefers."""
    chosen = g.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def speech() -> Speech:
    """How this request's page speaks."""
    if "speech" not in g:
        zone = ZoneInfo(shared().site.timezone)
        g.speech = Speech(language(), zone, flask_babel.get_translations())
    found = g.speech
    assert isinstance(found, Speech)  # noqa: S101  for the type checker
    return found


def printed_names() -> dict[str, str]:
    """Pseudonym to name, as this reader may see it: names of the own organisation, else whose person it was."""
    me, said = asking(), speech()
    with shared().reading() as reader:
        organisations = reader.organisations
    names = {}
    for user in shared().accounts.users():
        if me.organisation in {None, user.organisation}:
            names[user.person] = user.printed_name
        elif user.organisation in organisations:
            theirs = said.name(organisations[user.organisation])
            names[user.person] = said.say("a person of %(organisation)s", organisation=theirs)
    return names
