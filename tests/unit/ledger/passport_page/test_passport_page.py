"""The page as a file: whole in itself, fenced in, and written in a script that older browsers read."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from ledger import passport_page
from ledger.core import passport
from ledger.core.verify import STEP_NAMES
from ledger.passport_page import empty_page, page_of
from web.return_words import ANSWERS, OUTCOMES, WHY
from web.words.fields import CHOICES
from web.words.kinds import KINDS

ROOM = Path("ledger/passport_page")
GOOD = Path("tests/vectors/format/passport/good.json").read_bytes()
TOO_NEW = re.compile(
    r"\.at\(|hasOwn\(|\.findLast|\.toSorted|\.toReversed|\.toSpliced|structuredClone|fromAsync|\.fromHex|\.fromBase64"
    r"|\.toHex\(|\.toBase64|randomUUID|\.isWellFormed|groupBy|static \{|\bthis\.#|^\s*#\w+|/[a-z]*[vd][a-z]*\.test"
    r"|^(?:await|import|export)\b|\bcause:|\(\?[imsx]+:",
    re.MULTILINE,
)
"""What came to Chromium after version 86, as far as a look at the text shows it."""
TOO_NEW_STYLE = re.compile(
    r":has\(|:is\(|:where\(|color-mix|\binset:|aspect-ratio|@layer|@container|accent-color|[0-9]dvh|^\s*&", re.MULTILINE
)


def text_of(page: bytes) -> str:
    return page.decode("utf-8")


def test_a_page_carries_its_passport_verbatim() -> None:
    assert passport.out_of_page(page_of(GOOD)) == GOOD
    assert passport.out_of_page(GOOD) == GOOD
    assert passport.out_of_page(empty_page()) == b""
    hostile = b'</script><script>alert(1)</script>\xff{"passport"}'
    assert passport.out_of_page(page_of(hostile)) == hostile
    assert b"alert(1)" not in page_of(hostile)


def test_a_broken_page_is_no_passport() -> None:
    broken = page_of(GOOD).replace(b'id="passport">', b'id="passport">=')
    assert passport.out_of_page(broken) == broken


def test_the_policy_names_the_one_script_and_the_one_style_by_their_hash() -> None:
    page = text_of(page_of(GOOD))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = {
        name: base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        for name, part in (("script", script), ("style", style))
    }
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; style-src 'sha256-{hashes['style']}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_the_page_loads_nothing_and_makes_no_markup_of_text() -> None:
    page = text_of(empty_page())
    assert re.findall(r'\b(?:src|href)="|@import|url\(|https?://(?!www\.w3\.org/2000/svg)', page) == []
    script = passport_page.script()
    asked = re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|fetch\(|XMLHttp", script
    )
    assert asked == []
    assert page.count("{script") == page.count("{passport}") == 0


def test_the_script_stays_within_chromium_86() -> None:
    assert TOO_NEW.findall(passport_page.script()) == []
    assert TOO_NEW_STYLE.findall((ROOM / "page.css").read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line", ["x = list.at(-1);", "Object.hasOwn(a, b)", "await check();", "class A {\n  #secret = 1;"]
)
def test_a_line_that_is_too_new_is_seen(line: str) -> None:
    assert TOO_NEW.search(f"{passport_page.script()}\n{line}\n")


def test_no_part_is_long() -> None:
    lengths = {part: len((ROOM / f"{part}.js").read_text("utf-8").splitlines()) for part in passport_page.SOURCES}
    assert {part for part, length in lengths.items() if length > 400} == set()


def test_kinds_and_choices_are_called_as_on_the_pages() -> None:
    said = json.loads((ROOM / "words.json").read_text("utf-8"))
    with Path("web/translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        chinese = read_po(file)
    for table, mine in ((KINDS, said["kinds"]), (CHOICES, said["choices"])):
        assert mine == {name: [str(word), chinese.get(str(word)).string] for name, word in table.items()}


def test_a_return_is_told_in_the_words_of_the_unit_page() -> None:
    said = json.loads((ROOM / "words.json").read_text("utf-8"))["returned"]
    with Path("web/translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        chinese = read_po(file)
    told = {"outcomes": OUTCOMES, "answers": ANSWERS, "why": WHY}
    told["seals"] = {"intact": "seal intact", "broken": "seal broken"}
    assert said == {
        name: {value: [word, chinese.get(word).string] for value, word in table.items()} for name, table in told.items()
    }


def test_what_the_script_calls_steps_are_the_steps() -> None:
    source = (ROOM / "verify.js").read_text("utf-8")
    assert re.findall(r'^  \["([a-z-]+)", check', source, re.MULTILINE) == list(STEP_NAMES[1:])
