"""Makes the demo site once, the way people do it: `xuemai init`, then everything else on the pages.

The administrator enrols with the one-time code, registers organisations and places, adds people, and approves the key
of every gateway after comparing its fingerprint. Passwords are random, made here, and kept in `demo-accounts.txt`,
which only the owner of the folder can read.
"""

import json
import os
import re
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path

from firmware_mocks.addresses import Addresses, readdressed
from firmware_mocks.browser_forms import Browser, FormError, Page
from firmware_mocks.cast import xuemai
from firmware_mocks.clock import write_clock
from firmware_mocks.site_plan import (
    ADMINISTRATOR,
    GATEWAYS,
    ORGANISATIONS,
    PEOPLE,
    PLACES,
    RESERVES,
    SITE_NAME,
    TIME_ZONE,
    Person,
    gateway_configuration,
)

ACCOUNTS_NAME = "demo-accounts.txt"
TARGETS_NAME = "stock-targets.toml"
_INIT_SECONDS = 60.0


class SetupError(Exception):
    """The site could not be made; says which step failed and what was answered."""


class Accounts:
    """Logins and passwords of the demo's people, kept in one file of mode 0600."""

    def __init__(self, directory: Path) -> None:
        """Read the file, if there is one."""
        self._path = directory / ACCOUNTS_NAME
        self.passwords: dict[str, str] = {}
        if self._path.exists():
            rows = (line.split() for line in self._path.read_text("utf-8").splitlines() if line.startswith("  "))
            self.passwords = {row[0]: row[1] for row in rows}

    def make(self, login: str) -> str:
        """A new random password for a login, kept before it is used."""
        self.passwords[login] = secrets.token_urlsafe(12)
        self._write()
        return self.passwords[login]

    def _write(self) -> None:
        known = {each.login: _described(each) for each in PEOPLE}
        lines = ["Sign in at the address that the demo prints. One account a line: login, password, who.", ""]
        lines += [
            f"  {login:<10} {password:<20} {known.get(login, 'administrator of the whole site')}"
            for login, password in self.passwords.items()
        ]
        aside = self._path.with_suffix(".new")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join([*lines, ""]))
        aside.replace(self._path)


def make_folder(directory: Path, *, start_ms: int, port: int) -> None:
    """Run `xuemai init`, and set the reserves; the clock is there first: the site's first events carry its time.

    Raises:
        SetupError: init refused, or something else is in the folder.
    """
    directory.mkdir(parents=True, exist_ok=True)
    write_clock(directory / "sim-clock", start_ms)
    command = xuemai(
        "init", str(directory), "--demo", "--name", SITE_NAME, "--timezone", TIME_ZONE, "--port", str(port)
    )
    _run(command)
    (directory / TARGETS_NAME).write_text(stock_targets(), "utf-8")


def stock_targets() -> str:
    """`stock-targets.toml`: the reserves that the site's people have set themselves."""
    tables = []
    for each in RESERVES:
        wanted = [f'name = "{each.name}"', f"bags = {each.bags}", f'holder = "{each.holder}"']
        wanted += [f'component = "{each.component}"', *([f'abo = "{each.abo}"'] if each.abo else [])]
        tables.append("\n".join(("[[target]]", *wanted, "")))
    return "\n".join(tables)


def sign_in(url: str, login: str, password: str) -> Browser:
    """A browser in which a person is signed in.

    Raises:
        SetupError: the password was not accepted.
    """
    browser = Browser(url)
    page = browser.submit(browser.get("/sign-in"), {"login": login, "password": password})
    if page.status != 303:
        raise SetupError(f"{login} could not sign in: HTTP {page.status} {_why(page)}")
    return browser


class Setup:
    """Everything that is done on the pages of a site that was just made."""

    def __init__(self, directory: Path, *, addresses: Addresses, accounts: Accounts) -> None:
        """Prepare.

        Args:
            directory: the site's folder.
            addresses: where ledger, broker and local pages are found.
            accounts: where passwords are kept.
        """
        self._directory, self._addresses, self._accounts = directory, addresses, accounts
        self._url = addresses.url

    def run(self) -> dict[str, Browser]:
        """Do all of it; everybody's browser, in which they have signed in meanwhile, by login.

        Raises:
            SetupError: a page refused.
        """
        code = (self._directory / "first-admin-code").read_text("ascii").strip()
        admin = self._enrol(ADMINISTRATOR, code)
        browsers = {ADMINISTRATOR: admin}
        for organisation in ORGANISATIONS:
            values = {"organisation": organisation.id, "role": organisation.role}
            self._submit(admin, "/places", values | _names(organisation.name_zh, organisation.name_en), having="role")
        for place in PLACES:
            values = {"place": place.id, "organisation": place.organisation, "phase": place.phase, "use": place.use}
            self._submit(admin, "/places", values | _names(place.name_zh, place.name_en), having="phase")
        for person in PEOPLE:
            values = {"login": person.login, "printed_name": person.printed_name, "organisation": person.organisation}
            shown = self._submit(admin, "/people", values | {"roles": "\n".join(person.roles)}, having="printed_name")
            browsers[person.login] = self._enrol(person.login, _one(shown.marked("data-code"), "one-time code", shown))
        for gateway in GATEWAYS:
            self._approve(admin, gateway)
        return browsers

    def _enrol(self, login: str, code: str) -> Browser:
        password = self._accounts.make(login)
        browser = Browser(self._url)
        page = browser.submit(browser.get("/enrol"), {"code": code, "password": password, "again": password})
        _expect(page, 303, f"the enrolment of {login}")
        return sign_in(self._url, login, password)

    def _approve(self, admin: Browser, gateway: str) -> None:
        configure_gateway(self._directory, gateway, addresses=self._addresses, admin=admin)
        folder = self._directory / "gateways" / gateway
        enrolment = _run(xuemai("gateway", "enroll", "--site", str(folder)))
        said = json.loads(enrolment)
        shown = self._submit(admin, "/gateways", {"enrolment": enrolment.strip()}, having="enrolment")
        told = "".join(re.sub(r"<[^>]*>", "", shown.body).split())
        if said["key"].removeprefix("key:") not in told:
            raise SetupError(f"the page shows another fingerprint than {gateway} says: {said['key']}")
        _expect(admin.submit(shown, {"approve": "yes"}), 303, f"the approval of {gateway}")

    def _submit(self, browser: Browser, path: str, values: Mapping[str, str], *, having: str) -> Page:
        page = browser.submit(browser.get(path), values, having=having)
        if page.status not in {200, 303}:
            raise SetupError(f"{path} did not take {dict(values)}: HTTP {page.status} {_why(page)}")
        return page


def configure_gateway(directory: Path, gateway: str, *, addresses: Addresses, admin: Browser) -> None:
    """Write a gateway's `gateway.toml`: where the ledger is, whose receipts and whose checkpoints count."""
    folder = directory / "gateways" / gateway
    folder.mkdir(parents=True, exist_ok=True)
    text = gateway_configuration(
        gateway, addresses=addresses, pinned=pinned_keys(admin), origin=f"{SITE_NAME}/ledger/1"
    )
    (folder / "gateway.toml").write_text(text, "utf-8")


def readdress_gateways(directory: Path, addresses: Addresses) -> None:
    """Point every gateway at the addresses of this start; nothing else of its configuration changes."""
    for gateway in GATEWAYS:
        path = directory / "gateways" / gateway / "gateway.toml"
        path.write_text(readdressed(path.read_text("utf-8"), addresses.values(gateway)), "utf-8")


def pinned_keys(admin: Browser) -> tuple[str, str]:
    """The verifier keys of the ledger's receipts and checkpoints, as the administrator reads them on the page."""
    page = admin.get("/gateways")
    receipts = _one(page.marked("data-receipt-key"), "verifier key of receipts", page)
    return receipts, _one(page.marked("data-log-key"), "verifier key of checkpoints", page)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_INIT_SECONDS, check=False)
    if done.returncode:
        raise SetupError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def _described(person: Person) -> str:
    return f"{person.printed_name}, {' and '.join(person.roles)}, {person.organisation or 'the whole site'}"


def _names(name_zh: str, name_en: str) -> dict[str, str]:
    return {"name_zh": name_zh, "name_en": name_en}


def _expect(page: Page, status: int, what: str) -> None:
    if page.status != status:
        raise SetupError(f"{what} was not taken: HTTP {page.status} {_why(page)}")


def _one(found: list[str], what: str, page: Page) -> str:
    if len(found) != 1:
        raise FormError(f"{page.url}: expected one {what}, found {len(found)}")
    return found[0]


def _why(page: Page) -> str:
    return "; ".join(" ".join(mark[""].split()) for mark in page.marks if "data-rule" in mark) or page.body[:300]
