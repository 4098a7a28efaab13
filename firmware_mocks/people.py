"""What people do at the demo site, done: on the pages, each in a browser of their own, and by the hospital's system.

Whatever is refused though it should not be, or taken though it should be refused, ends the performance.
"""

import hashlib
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from firmware_mocks.browser_forms import Browser, FormError, Page
from firmware_mocks.script import Compare, Correct, Fill, Record, Refusal, Report, Said
from firmware_mocks.site_plan import HOSPITAL_SYSTEM

_ANSWER_SECONDS = 30.0


class ScriptError(Exception):
    """The world did not do what the script says."""


class People:
    """Everybody who acts at the site."""

    def __init__(self, browser_of: Callable[[str], Browser], *, password_of: Callable[[str], str]) -> None:
        """Nobody is signed in before they act.

        Args:
            browser_of: login to a browser in which that person is signed in.
            password_of: login to password, for signatures.
        """
        self._browser_of, self._password_of = browser_of, password_of
        self._token = ""
        self._asked: dict[str, Any] | None = None

    def act(self, said: Said) -> str:
        """Do it; the rule that refused it, where it had to be refused.

        Raises:
            ScriptError: it had another effect than the script says.
        """
        rule = ""
        try:
            match said:
                case Record() | Fill() | Correct():
                    self._taken(said)
                case Report() as report:
                    self._report(report)
                case Compare() as compare:
                    self._compare(compare)
                case Refusal(attempt, expected):
                    rule = self._refused(attempt, expected)
        except FormError as error:
            raise ScriptError(f"{said}: {error}") from error
        return rule

    def _taken(self, said: Record | Fill | Correct) -> None:
        page = self._posted(said)
        if page.status != 303:
            raise ScriptError(f"{said} was not taken: {told_by(page)}")

    def _posted(self, said: Record | Fill | Correct) -> Page:
        browser = self._browser_of(said.who)
        match said:
            case Record():
                return self._step(browser, said)
            case Fill(_, path, values, having, passwords):
                signed = {name: self._password_of(login) for name, login in passwords.items()}
                return browser.submit(browser.get(path), {**values, **signed}, having=having)
            case Correct(_, unit, values, why, second):
                signed = {"why": why, "signs": second, "second_password": self._password_of(second)}
                # A unit's page has its events newest first: its last link leads to what was said first.
                links = [each for each in browser.get(f"/units/{unit}").links if each.startswith("/correction?")]
                if not links:
                    raise FormError(f"{said.who} finds nothing to correct on the page of {unit}")
                return browser.submit(browser.get(links[-1]), {**values, **signed}, having="why")

    def _step(self, browser: Browser, record: Record) -> Page:
        values = dict(record.fields)
        if record.second:
            values |= {"second": record.second, "second_password": self._password_of(record.second)}
        if record.kind == "issued":
            values["collector_password"] = self._password_of(record.fields["collector"])
        return browser.submit(browser.get(f"/steps/{record.kind}"), values)

    def _refused(self, attempt: Record, rule: str) -> str:
        page = self._posted(attempt)
        rules = page.marked("data-rule")
        if page.status != 422 or not any(name.startswith(rule) for name in rules):
            raise ScriptError(f"{attempt.kind} should have been refused by {rule}…: {told_by(page)}")
        return rules[0]

    def _compare(self, compare: Compare) -> None:
        browser = self._browser_of(compare.who)
        page = browser.submit(browser.get(compare.path), compare.values, having="texts")
        if set(page.marked("data-difference")) != compare.differs:
            found = ", ".join(page.marked("data-difference")) or "nothing"
            raise ScriptError(f"{compare.path} should differ in {sorted(compare.differs)}; differs in {found}")

    def _report(self, report: Report) -> None:
        browser = self._browser_of(HOSPITAL_SYSTEM)
        self._token = self._token or token_of(browser, label="his")
        # Named after what it says: if the demo is stopped before it knows the answer, the same report goes out again.
        key = uuid.UUID(bytes=hashlib.sha256(f"{report.unit} {report.kind}".encode()).digest()[:16], version=4)
        answered = _post_json(
            f"{browser.base}/v1/units/{report.unit}/bedside",
            {"kind": report.kind, **report.fields, **self._checklist(browser.base, report.kind)},
            {"Authorization": f"Bearer {self._token}", "Idempotency-Key": str(key)},
        )
        if answered:
            raise ScriptError(f"the report of {report.kind} for {report.unit} was not taken: {answered}")

    def _checklist(self, base: str, step: str) -> Mapping[str, object]:
        """The site's list for a step, every item met, as a program answers it; nothing where the site asks nothing."""
        if self._asked is None:
            bearer = {"Authorization": f"Bearer {self._token}"}
            request = urllib.request.Request(f"{base}/v1/checklists", headers=bearer)  # noqa: S310  our own server
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=_ANSWER_SECONDS) as answer:
                self._asked = {each["step"]: each for each in json.loads(answer.read())["checklists"]}
        asked = self._asked.get(step)
        if asked is None:
            return {}
        met = [{"item": each["code"], "finding": "met"} for each in asked["items"]]
        return {"checklist": {"version": asked["version"], "sha256": asked["sha256"], "answers": met}}


def token_of(browser: Browser, *, label: str) -> str:
    """A token for the API, as who is signed in gets it on the page of the own account.

    Raises:
        FormError: the page showed none.
    """
    token = browser.submit(browser.get("/account"), {"label": label}).marked("data-token")
    if not token:
        raise FormError("expected an API token on /account")
    return token[0]


def told_by(page: Page) -> str:
    """What a page that says no says, for a message."""
    said = [f"{mark['data-rule']}: {' '.join(mark[''].split())}" for mark in page.marks if "data-rule" in mark]
    wrong = [" ".join(mark[""].split()) for mark in page.marks if "data-wrong" in mark or "data-field-error" in mark]
    return f"HTTP {page.status} at {page.url}; " + ("; ".join(said + wrong) or "no reason is marked on the page")


def _post_json(url: str, said: Mapping[str, object], headers: Mapping[str, str]) -> str:
    """Post an object; why it was not taken, empty if it was."""
    content = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, json.dumps(said).encode(), content)  # noqa: S310  our own server
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=_ANSWER_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        with error:
            return f"HTTP {error.code} {error.read(2000).decode(errors='replace')}"
