"""The world of `world.py` as fixtures, on disk and behind a test client.

It is built once; every test gets its own copy of the folder.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from ledger.accounts import Accounts, Passwords
from ledger.api.services import Services, services_of
from ledger.app import create_app
from ledger.append import Ledger
from ledger.config import Site
from ledger.core.signing import NoteSigner, SigningKey
from ledger.init import make_site
from tests.unit.ledger.api.world import GATEWAY, Bearers, FixedClock, GatewayKey, add_people, add_units, open_places

SITE = Site(Path("site"), "a9999.example", "production", 1, "Asia/Shanghai", "cn", "127.0.0.1", 8080)


@pytest.fixture(scope="session")
def gateway() -> GatewayKey:
    return GatewayKey(SITE.origin, NoteSigner(f"{SITE.name}/{GATEWAY}", SigningKey(bytes([7]) * 32)))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, gateway: GatewayKey) -> tuple[Path, dict[str, str]]:
    """A site's folder, closed, and the tokens of its people."""
    directory, clock = tmp_path_factory.mktemp("world") / "site", FixedClock()
    site = make_site(replace(SITE, directory=directory), clock=clock).site
    with Ledger(site, clock) as ledger:
        open_places(ledger, gateway)
        add_units(ledger)
        ledger.sign_checkpoint()
    accounts = Accounts(site.accounts_db)
    tokens = add_people(accounts)
    accounts.close()
    return directory, tokens


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def site(tmp_path: Path, built: tuple[Path, dict[str, str]]) -> Site:
    shutil.copytree(built[0], tmp_path / "site")
    return replace(SITE, directory=tmp_path / "site")


@pytest.fixture
def ledger(site: Site, clock: FixedClock) -> Iterator[Ledger]:
    opened = Ledger(site, clock)
    yield opened
    opened.close()


@pytest.fixture
def accounts(site: Site) -> Iterator[Accounts]:
    opened = Accounts(site.accounts_db, passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    yield opened
    opened.close()


@pytest.fixture
def tokens(built: tuple[Path, dict[str, str]]) -> dict[str, str]:
    """Who → an API token with all their roles."""
    return built[1]


@pytest.fixture
def as_user(tokens: dict[str, str]) -> Bearers:
    return Bearers(tokens)


@pytest.fixture
def app(site: Site, ledger: Ledger, clock: FixedClock, accounts: Accounts) -> Flask:
    return create_app(site, ledger, clock, wall=clock, accounts=accounts)


@pytest.fixture
def shared(app: Flask) -> Services:
    return services_of(app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
