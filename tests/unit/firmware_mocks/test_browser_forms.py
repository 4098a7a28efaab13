"""The screenless browser against a real server: it can post what a person could, and nothing else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl

import pytest
from typing_extensions import override

from firmware_mocks.browser_forms import Browser, FormError, forms_in

PAGE = """<!doctype html><p data-rule="release.tests-final">not <b>yet</b></p><a href="/first">1</a><a id="here">
<form method="post" action="/other"><input type="hidden" name="language" value="zh"></form>
<form method="post" action="/step"><input type="hidden" name="csrf_token" value="t&amp;1"><br>
<textarea name="unit">\nold</textarea>
<select name="place"><option value="">Choose</option><option value="place:a" selected>A</option></select>
<select name="first"><option value="one">1</option><option value="two">2</option></select>
<input type="checkbox" name="roles" value="technician"><input type="checkbox" name="roles" value="quality" checked>
<button>Record</button></form><a href="/second">2</a>"""


class Site(BaseHTTPRequestHandler):
    posted: list[dict[str, list[str]]] = []  # noqa: RUF012  the server makes an object a request

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Set-Cookie", "sid=abc; HttpOnly; Secure; SameSite=Lax; Path=/")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        said: dict[str, list[str]] = {"path": [self.path], "cookie": [self.headers.get("Cookie", "")]}
        said["origin"] = [self.headers.get("Origin", "")]
        for name, value in parse_qsl(body, keep_blank_values=True):
            said.setdefault(name, []).append(value)
        Site.posted.append(said)
        self.send_response(303)
        self.send_header("Location", "/units")
        self.end_headers()

    @override
    def log_message(self, format: str, *arguments: object) -> None:
        del format, arguments


@pytest.fixture
def url() -> Iterator[str]:
    Site.posted.clear()
    with HTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_form_is_posted_with_its_hidden_fields_and_cookies(url: str) -> None:
    browser = Browser(url)
    answer = browser.submit(browser.get("/steps"), {"unit": "a\nb"})
    (said,) = Site.posted
    assert (answer.status, answer.location) == (303, f"{url}/units")
    assert said == {
        "path": ["/step"],
        "cookie": ["sid=abc"],
        "origin": [url],
        "csrf_token": ["t&1"],
        "unit": ["a\nb"],
        "place": ["place:a"],
        "first": ["one"],
        "roles": ["quality"],
    }


def test_a_choice_of_several_goes_into_several_fields(url: str) -> None:
    browser = Browser(url)
    browser.submit(browser.get("/steps"), {"roles": "technician\nquality"})
    assert Site.posted[0]["roles"] == ["technician", "quality"]


def test_what_the_page_does_not_offer_cannot_be_filled_in(url: str) -> None:
    browser = Browser(url)
    page = browser.get("/steps")
    with pytest.raises(FormError, match="no field override"):
        browser.submit(page, {"unit": "a", "override": "please"})
    with pytest.raises(FormError, match="no form with a field 'password'"):
        browser.submit(page, {"password": "x"})
    assert Site.posted == []


def test_marks_are_read_with_their_text(url: str) -> None:
    page = Browser(url).get("/steps")
    assert page.marked("data-rule") == ["release.tests-final"]
    assert [mark[""] for mark in page.marks] == ["not yet"]


def test_forms_are_read_off_a_text_with_what_the_page_put_into_them() -> None:
    text = '<form method="post" action="/x"><input name="a" value="1"><textarea name="b">\n2</textarea></form>'
    (form,) = forms_in(text)
    assert (form.action, form.method, form.values) == ("/x", "post", [("a", "1"), ("b", "2")])


def test_links_are_read_in_order(url: str) -> None:
    assert Browser(url).get("/form").links == ("/first", "/second")
