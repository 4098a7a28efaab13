"""A browser without a screen: fetches a page, fills in its form, posts it back with its cookies and its token.

It knows nothing of the product but HTML and HTTP: whatever a person could not post, it cannot post either. A form's
hidden fields travel along as they are; a field that the page does not offer cannot be filled in.
"""

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from http.client import HTTPResponse

ANSWER_SECONDS = 30.0
_MOST_OCTETS = 8 * 1024 * 1024
# HTML elements that have no end tag.
_VOID = {"input", "br", "img", "meta", "link", "hr", "source", "col", "wbr"}
Attributes: TypeAlias = dict[str, str]


class FormError(Exception):
    """A page without the expected form or field, or an answer that no person would be content with."""


@dataclass(slots=True)
class Form:
    """One form of a page.

    Attributes:
        action: where it is posted to; empty: the page's own address.
        method: `get` or `post`.
        values: name and value of every field as the page set them.
        options: name to the values that a select offers.
        multiple: names of the fields that take several values.
        buttons: (name, value) of its submit buttons that have a name.
    """

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)
    multiple: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """The fields that can be filled in."""
        return {name for name, _ in self.values} | set(self.options)


@dataclass(frozen=True, slots=True)
class Page:
    """What came back.

    Attributes:
        url: its address.
        status: the HTTP status.
        location: where a redirect leads; empty without one.
        body: the page's text.
        forms: its forms, in order.
        marks: every element that carries `data-` attributes: its attributes, with its text under the empty name.
        links: where its links lead, in order.
    """

    url: str
    status: int
    location: str
    body: str
    forms: tuple[Form, ...]
    marks: tuple[Attributes, ...]
    links: tuple[str, ...] = ()

    def form(self, *, having: str) -> Form:
        """The first form that posts a field of this name.

        Raises:
            FormError: there is none.
        """
        for form in self.forms:
            if having in form.names and form.method == "post":
                return form
        offered = "; ".join(", ".join(sorted(form.names)) for form in self.forms)
        raise FormError(f"{self.url} ({self.status}): no form with a field {having!r}; it offers {offered or 'none'}")

    def marked(self, attribute: str) -> list[str]:
        """The values of a `data-` attribute, in order."""
        return [mark[attribute] for mark in self.marks if attribute in mark]


def forms_in(body: str) -> tuple[Form, ...]:
    """The forms of a page's text, in order, filled as the page sets them."""
    return tuple(_read(body).forms)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:  # type: ignore[explicit-override]  # its decorator is not in Python 3.11
        """Redirects are answers here, to be looked at."""


class Browser:
    """One person's browser: its own cookies."""

    def __init__(self, base: str) -> None:
        """A browser that was just opened.

        Args:
            base: the site's address, e.g. `http://127.0.0.1:8080`.
        """
        self.base = base
        # As browsers do on the loopback interface, cookies marked Secure travel without TLS too.
        policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("https", "wss", "http"))
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar(policy))
        self._opener = urllib.request.build_opener(_NoRedirect, cookies, urllib.request.ProxyHandler({}))

    def get(self, path: str) -> Page:
        """Fetch a page, following redirects."""
        page = self._fetch(urllib.request.Request(urllib.parse.urljoin(self.base, path)))  # noqa: S310  our own server
        for _ in range(5):
            if not page.location:
                break
            page = self._fetch(urllib.request.Request(page.location))  # noqa: S310  the same
        return page

    def submit(self, page: Page, values: Mapping[str, str], *, having: str | None = None) -> Page:
        """Fill in a form of the page and post it; a redirect is not followed.

        Args:
            page: where the form is.
            values: field to value; several values go on lines of their own where the field takes lines, and into
                several fields where it takes a choice of several.
            having: a field that tells which form; else the first of the values does.

        Raises:
            FormError: the page offers no such form or field.
        """
        form = page.form(having=having or next(iter(values)))
        if unknown := values.keys() - form.names - {name for name, _ in form.buttons}:
            raise FormError(
                f"{page.url}: no field {', '.join(sorted(unknown))}; it offers {', '.join(sorted(form.names))}"
            )
        filled = [(name, value) for name, value in form.values if name not in values]
        for name, value in values.items():
            lines = value.split("\n") if name in form.multiple else [value]
            filled += [(name, line) for line in lines]
        target = urllib.parse.urljoin(page.url, form.action or page.url)
        request = urllib.request.Request(target, urllib.parse.urlencode(filled).encode(), method="POST")  # noqa: S310  the same
        request.add_header("Content-Type", "application/x-www-form-urlencoded")
        request.add_header("Origin", self.base)
        request.add_header("Referer", page.url)
        request.add_header("Sec-Fetch-Site", "same-origin")
        return self._fetch(request)

    def _fetch(self, request: urllib.request.Request) -> Page:
        request.add_header("Accept-Language", "en")
        request.add_header("Accept", "text/html,application/xhtml+xml")
        try:
            answer: HTTPResponse = self._opener.open(request, timeout=ANSWER_SECONDS)
        except urllib.error.HTTPError as error:
            answer = error  # type: ignore[assignment]  # an HTTPError is the answer itself
        with answer:
            body = answer.read(_MOST_OCTETS).decode(errors="replace")
            location = answer.headers.get("Location", "")
            status = answer.status
        reader = _read(body)
        target = urllib.parse.urljoin(request.full_url, location) if location else ""
        return Page(
            request.full_url, status, target, body, tuple(reader.forms), tuple(reader.marks), tuple(reader.links)
        )


def _read(body: str) -> "_Reader":
    reader = _Reader()
    reader.feed(body)
    reader.close()
    return reader


class _Reader(HTMLParser):
    """Collects forms and marked elements."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.marks: list[Attributes] = []
        self.links: list[str] = []
        self._open: list[tuple[str, Attributes | None]] = []
        self._form: Form | None = None
        self._area: list[str] | None = None
        self._named = ""

    def handle_starttag(  # type: ignore[explicit-override]  # its decorator is not in Python 3.11
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        attributes = {name: value or "" for name, value in attrs}
        mark = attributes | {"": ""} if any(name.startswith("data-") for name in attributes) else None
        if mark is not None:
            self.marks.append(mark)
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag not in _VOID:
            self._open.append((tag, mark))
        if tag == "form":
            self._form = Form(attributes.get("action", ""), attributes.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, attributes)

    def handle_endtag(self, tag: str) -> None:  # type: ignore[explicit-override]  # its decorator is not in Python 3.11
        if tag == "form":
            self._form = None
        elif tag == "textarea" and self._form is not None and self._area is not None:
            self._form.values.append((self._named, "".join(self._area).removeprefix("\n")))
            self._area = None
        elif tag == "select" and self._form is not None:
            self._choose_first(self._form)
        while self._open and any(name == tag for name, _ in self._open):
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:  # type: ignore[explicit-override]  # its decorator is not in Python 3.11
        if self._area is not None:
            self._area.append(data)
        for _, mark in self._open:
            if mark is not None:
                mark[""] += data

    def _field(self, form: Form, tag: str, attributes: Attributes) -> None:
        name = attributes.get("name", "")
        if tag == "textarea" and name:
            self._named, self._area = name, []
        elif tag == "select" and name:
            self._named = name
            form.options.setdefault(name, [])
            if "multiple" in attributes:
                form.multiple.add(name)
        elif tag == "option" and self._named in form.options:
            value = attributes.get("value", "")
            form.options[self._named].append(value)
            if "selected" in attributes:
                form.values.append((self._named, value))
        elif tag == "button" and name:
            form.buttons.append((name, attributes.get("value", "")))
        elif tag == "input" and name:
            self._input(form, name, attributes)

    @staticmethod
    def _input(form: Form, name: str, attributes: Attributes) -> None:
        kind, value = attributes.get("type", "text"), attributes.get("value", "")
        if kind == "submit":
            form.buttons.append((name, value))
        elif kind in {"checkbox", "radio"}:
            form.options.setdefault(name, []).append(value or "on")
            if kind == "checkbox":
                form.multiple.add(name)
            if "checked" in attributes:
                form.values.append((name, value or "on"))
        else:
            form.values.append((name, value))

    def _choose_first(self, form: Form) -> None:
        """A select without a selected option shows, and sends, its first."""
        offered = form.options.get(self._named, [])
        if offered and self._named not in form.multiple and all(name != self._named for name, _ in form.values):
            form.values.append((self._named, offered[0]))
        self._named = ""
