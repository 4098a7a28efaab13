"""The composition root: the ledger's application, and the pages on it."""

from collections.abc import Mapping
from pathlib import Path

import flask_babel
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

import ledger.app
from ledger.accounts import Accounts
from ledger.append import Ledger
from ledger.clock import Clock
from ledger.config import Site
from ledger.core.errors import ConfigError
from ledger.core.ids import parse_instant
from ledger.rules.lifecycle import ENDS
from web import (
    cold_chain_words,
    context,
    event_words,
    present,
    proof_words,
    recall_words,
    return_words,
    security,
    verdict_words,
)
from web.advice import advice
from web.blueprint import pages
from web.error_words import error_words
from web.lateness import Shows, late_words
from web.speech import LANGUAGES
from web.views import (  # noqa: F401  imported for their routes
    agitation,
    batches,
    boxes,
    consignment,
    corrections,
    cover,
    discards,
    erasures,
    fates,
    find,
    gateways,
    home,
    keys,
    logger,
    materials,
    orders,
    packs,
    paper,
    passports,
    people,
    places,
    probes,
    recall,
    receipt,
    returns,
    sessions,
    steps,
    stock,
    stocktake,
    unit,
)

__all__ = ["create_app"]

_TRANSLATIONS = Path(__file__).parent / "translations"


def create_app(
    site: Site, writer: Ledger, clock: Clock, *, wall: Clock | None = None, accounts: Accounts | None = None
) -> Flask:
    """The whole web application of a site: API, log and pages.

    Args:
        site: the site's configuration.
        writer: the one writer, open; whoever opened it closes it.
        clock: the ledger's time.
        wall: real time, for sessions; the machine's clock if not given.
        accounts: the accounts' database, open; the site's if not given.

    Raises:
        ConfigError: a route has no declared permission, the session key is unsafe, or the catalogues are not compiled.
    """
    require_catalogues(_TRANSLATIONS)
    app = ledger.app.create_app(site, writer, clock, wall=wall, accounts=accounts)
    flask_babel.Babel(
        app,
        default_translation_directories=str(_TRANSLATIONS),
        default_locale=LANGUAGES[0],
        locale_selector=context.language,
    )
    security.install(app, site.session_key_file)
    app.register_blueprint(pages)
    ledger.app.join_policy(app, security.POLICY)
    app.context_processor(_for_templates)
    return app


def require_catalogues(directory: Path) -> None:
    """Refuse to start without the compiled catalogues: a page half in English would be worse than none.

    Raises:
        ConfigError: one is missing.
    """
    for language in LANGUAGES:
        compiled = directory / language / "LC_MESSAGES" / "messages.mo"
        if not compiled.is_file():
            raise ConfigError(f"expected {compiled}; run: pybabel compile -d {directory}")


@pages.app_errorhandler(HTTPException)
def refused(error: HTTPException) -> Response | tuple[str, int, Mapping[str, str]]:
    """An error as a page for people, as problem+json for programs."""
    if (request.endpoint or "pages.").startswith("pages.") and _is_browser():
        code = error.code or 500
        headers = {"Allow": allow} if (allow := error.get_response().headers.get("Allow")) else {}
        return render_template("error.html", code=code, words=error_words(code, context.speech())), code, headers
    return ledger.app.problem_of(error)


def _is_browser() -> bool:
    """Whether pages are asked for by name; `*/*` is what programs send."""
    return any(mimetype == "text/html" for mimetype, _ in request.accept_mimetypes)


def _late(shows: Shows, before_ms: int | None = None) -> list[tuple[str, str]]:
    """What a page that shows such data says of gateways, asked where a page does so."""
    return late_words(context.shared().late(), shows, context.speech(), before_ms=before_ms)


def _for_templates() -> dict[str, object]:
    user, say = context.maybe_user(), context.speech().say
    navigation = [
        ("pages.home", say("Home")),
        ("pages.units", say("Units")),
        ("pages.stock", say("Stock")),
        ("pages.orders", say("Orders")),
        ("pages.fates", say("Fates")),
    ]
    if user is not None:
        if any(user.may_assert(kind) for kind in steps.KINDS):
            navigation.append(("pages.steps", say("Record a step")))
            navigation.append(("pages.discards", say("Discards")))
            navigation.append(("pages.returns", say("Returns")))
        for endpoint, word in (
            ("pages.recall", say("Recall")),
            ("pages.passports", say("Partners")),
            ("pages.places", say("Places")),
            ("pages.probes", say("Probes")),
            ("pages.agitation", say("Agitation")),
            ("pages.logger", say("Logger files")),
            ("pages.packs", say("Packs")),
            ("pages.gateways", say("Gateways")),
            ("pages.keys", say("Keys")),
            ("pages.erasures", say("Erasures")),
            ("pages.people", say("People")),
        ):
            if security.POLICY.allows(endpoint, user):
                navigation.append((endpoint, word))
    return {
        "speech": context.speech(),
        "present": present,
        "verdict_words": verdict_words,
        "cold_chain_words": cold_chain_words,
        "event_words": event_words,
        "proof_words": proof_words,
        "advice": advice,
        "late_words": _late,
        "recalling": recall_words,
        "return_words": return_words,
        "ended": ENDS,
        "user": user,
        "site_mode": context.shared().site.mode,
        "standstill": context.shared().ledger.standstill,
        "site_name": context.shared().site.name,
        "now_of_page": context.now_ms(),
        "at": parse_instant,
        "navigation": navigation,
        "here": request.endpoint,
    }
