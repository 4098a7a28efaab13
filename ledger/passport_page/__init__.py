"""The passport as one HTML file that verifies itself offline, in any browser since Chromium 86.

The page carries the passport's bytes, a verifier in JavaScript with the steps and verdicts of `ledger.core.verify`, and
the shapes of the event kinds, made from `ledger.core.kinds` as the page is made. It loads nothing and sends nothing:
its content security policy allows this one script and this one style sheet by their SHA-256, and nothing else.

What it deliberately leaves to the reader: whether the program in the file can be believed. A page that came with a
passport was made by whoever made the passport; the verifier that a hospital keeps, `xuemai passport verify` or a page
of its own, in which any passport can be opened, is the one that decides.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files

import msgspec

from ledger.passport_page.shapes import shapes as event_shapes

SOURCES = (
    *("canonical", "ed25519", "notes", "events", "merkle", "handover", "keys", "verify", "completeness"),
    *("trust", "printed", "corrected", "returned", "view", "note", "given", "page"),
)
"""The parts of the page's one script, in their order."""

PAGE_TYPE = "text/html; charset=utf-8"


def page_of(passport: bytes) -> bytes:
    """The page that carries a passport.

    Args:
        passport: the passport's bytes; carried verbatim, as base64, and judged only where the page is opened.

    Returns:
        HTML in UTF-8: some 100 kB and four thirds of the passport.
    """
    return _frame().replace("{passport}", base64.b64encode(passport).decode("ascii"), 1).encode()


def empty_page() -> bytes:
    """The page without a passport: a verifier to keep, in which passports are opened."""
    return page_of(b"")


@cache
def script() -> str:
    """The page's one script, which leaves no name behind in the page."""
    parts = "\n".join(_part(f"{name}.js") for name in SOURCES)
    return f'\n"use strict";\n(() => {{\n{parts}\n}})();\n'


@cache
def _frame() -> str:
    """The page with everything but the passport."""
    style = _part("page.css")
    filled = {
        "script_hash": _hash(script()),
        "style_hash": _hash(style),
        "style": style,
        "shapes": _embedded(msgspec.json.encode(event_shapes()).decode()),
        "words": _embedded(_part("words.json")),
        "script": script(),
    }
    page = _part("page.html")
    for name, value in filled.items():
        page = page.replace(f"{{{name}}}", value, 1)
    return page


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _embedded(json: str) -> str:
    """JSON that no HTML parser can take for the end of its element."""
    return json.replace("<", "\\u003c")


def _part(name: str) -> str:
    return (files("ledger.passport_page") / name).read_text(encoding="utf-8")
