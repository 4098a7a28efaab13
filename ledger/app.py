"""The API as one Flask application: what `xuemai serve` runs, and what `web.app` adds the pages to.

Puts the parts of `ledger.api` together and decides nothing that they decide. An application with a route that has no
declared permission does not start.
"""

from functools import partial

from flask import Flask
from typing_extensions import override
from werkzeug.exceptions import HTTPException

from ledger.accounts import Accounts, Policy
from ledger.api import (
    audits,
    batches,
    bedside,
    boxes,
    cases,
    corrections,
    discards,
    documents,
    edge,
    erasures,
    evidence,
    fates,
    guard,
    labels,
    log,
    logger_files,
    logkeys,
    lookback,
    monitoring,
    operations,
    orders,
    packs,
    passports,
    problems,
    receipts,
    releases,
    returns,
    routes,
    steps,
    stock,
    stocktakes,
    units,
    withheld,
    witness,
)
from ledger.api.intake import BATCHES_PATH, Answer, Intake
from ledger.api.metrics import Metrics
from ledger.api.services import EXTENSION, Services, services, services_of
from ledger.append import Ledger
from ledger.clock import Clock, SystemClock
from ledger.config import Site
from ledger.read.labels import catalogue_of, reading_of
from ledger.read.reader import reading
from ledger.witness import open_witness

__all__ = [
    "BATCHES_PATH",
    "Answer",
    "Intake",
    "Services",
    "create_app",
    "join_policy",
    "problem_of",
    "services",
    "services_of",
]

problem_of = problems.problem_of
"""Any HTTP error as a problem, for pages that pass on an error of the API."""


class Application(Flask):
    """Flask, whose log of a failure carries the id that the answer shows."""

    @override
    def log_exception(self, exc_info: object) -> None:
        error = exc_info[1] if isinstance(exc_info, tuple) else None
        if isinstance(error, BaseException):
            problems.log_failure(error)


def create_app(
    site: Site, ledger: Ledger, clock: Clock, *, wall: Clock | None = None, accounts: Accounts | None = None
) -> Flask:
    """The API alone.

    Args:
        site: the site's configuration.
        ledger: the one writer, open; whoever opened it closes it.
        clock: the ledger's time.
        wall: real time, for sessions and tokens; the machine's clock if not given.
        accounts: the accounts' database; the site's if not given.

    Raises:
        ConfigError: the accounts' or the witness's database, or a table of the site's labels, cannot be used, or a
            route has no declared permission.
    """
    catalogue_of(site)
    app = Application("xuemai", static_folder=None, template_folder=None)
    app.extensions[EXTENSION] = Services(
        site=site,
        ledger=ledger,
        clock=clock,
        wall=wall or SystemClock(),
        accounts=accounts or Accounts(site.accounts_db),
        reading=partial(reading, site),
        metrics=Metrics(),
        policy=routes.POLICY,
        labels=reading_of(site),
        witness=open_witness(site),
    )
    edge.install(app, site)
    guard.install(app)
    app.register_error_handler(HTTPException, problems.problem_of)
    documents.describe(
        app,
        audits.blueprint,
        batches.blueprint,
        units.units,
        units.inventory_routes,
        discards.discards,
        orders.orders,
        receipts.receipts,
        returns.returns,
        withheld.blueprint,
        stock.stock_routes,
        stocktakes.stocktakes,
        boxes.box_routes,
        monitoring.monitoring,
        evidence.files,
        steps.steps,
        corrections.corrections_routes,
        releases.releases,
        fates.fates,
        packs.packs,
        labels.labels,
        bedside.blueprint,
        logger_files.logger_routes,
        lookback.lookback_routes,
        cases.cases_routes,
        passports.blueprint,
        erasures.blueprint,
        logkeys.blueprint,
    )
    app.register_blueprint(log.blueprint)
    app.register_blueprint(witness.blueprint)
    app.register_blueprint(operations.blueprint)
    join_policy(app, Policy({}))
    return app


def join_policy(app: Flask, pages: Policy) -> None:
    """Add the pages' routes to the policy; call it once, after every route is registered.

    Raises:
        ConfigError: names every route without a declared permission, or one that stands in both tables.
    """
    shared = services_of(app)
    shared.policy = shared.policy.joined(pages)
    shared.policy.require_all(rule.endpoint for rule in app.url_map.iter_rules())
