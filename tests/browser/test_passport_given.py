"""What a person brings to the passport's page, a trust note or a line on paper, counts as it does in Python."""

from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ledger.core import checkpoint, passport, printed
from ledger.core.errors import FormatError
from ledger.core.note import format_vkey
from ledger.core.printed import Printed
from ledger.core.signing import sign_note
from ledger.core.trust import verify_under
from ledger.core.verify import verify
from ledger.passport_page import empty_page, page_of
from ledger.verifier import held_against
from tests.browser.passport_stories import GOOD, VECTORS, written
from tests.browser.test_passport_page import WAYS, judged, opened, reading
from tests.support.golden import FOLDER, NOTE, ORIGIN, RED, signer
from tests.support.golden_keys import all_rotated, overlap
from tests.support.golden_trust import DAY_MS, ISSUED_MS, ROOT, TRUST, odd_notes
from tests.support.golden_trust import NOTE as TRUST_NOTE

pytestmark = pytest.mark.browser

NOW = ISSUED_MS + DAY_MS
KEY = format_vkey(ROOT.verifier)
SENT = VECTORS["good_consignment"]
HEAD, _ = checkpoint.parse_signed(passport.parse(SENT).checkpoint)
LINE = Printed(NOTE, ORIGIN, HEAD.size, HEAD.root)
PAPERS = {
    "as printed": LINE,
    "later": replace(LINE, size=9),
    "as large as any": replace(LINE, size=2**64 - 1),
    "another note": replace(LINE, note="consignment:N-2"),
    "another log": replace(LINE, origin="other.example/ledger/1"),
    "another history": replace(LINE, root=bytes(32)),
}
MISPRINTS = (
    *("xuemai:unit:N-1", "xuemai:consignment:N-1 log 011 ", f"{LINE.format()}=", LINE.format().upper(), "N-1"),
    replace(LINE, size=2**64).format(),
    *(f"{space}{LINE.format()}" for space in ("\ufeff", "\u3000", "\u00a0", "\x85", "\x1c")),
)


def told(page: Page) -> tuple[str | None, str | None, str | None]:
    """The verdict, the step that failed, and the step at which a trust note was not believed."""
    problem = page.locator("#not-believed")
    return *judged(page), problem.get_attribute("data-step") if problem.count() else None


def in_python(raw: bytes, note: bytes, now_ms: int = NOW) -> tuple[str, str, str | None]:
    found = verify_under(raw, trust_note=note, key=ROOT.verifier, now_ms=now_ms)
    step = found.steps[-1].step
    return found.verdict, found.failed.step if found.failed else "", step if step.startswith("trust") else None


def given(page: Page, note: bytes) -> tuple[str | None, str | None, str | None]:
    opened(page, "#trust-file", note)
    return told(page)


@pytest.mark.parametrize("way", WAYS)
def test_every_trust_note_is_believed_or_not_as_in_python(browser: Browser, tmp_path: Path, way: str) -> None:
    with reading(browser, way=way) as (page, complaints):
        page.clock.set_fixed_time(NOW / 1000)
        page.goto(written(tmp_path, "verifier", page_of(VECTORS["good_complete"])))
        judged(page)
        page.fill("#trust-key", KEY)
        notes = {"golden": TRUST_NOTE, "cut short": TRUST_NOTE[:-1], "nothing": b"", "no text": b"\xff", **odd_notes()}
        notes["altered"] = TRUST_NOTE.replace(b"expires 2026-05", b"expires 2026-06")
        found = {name: given(page, note) for name, note in notes.items()}
        expected = {name: in_python(VECTORS["good_complete"], note) for name, note in notes.items()}
        assert found == expected
        steps = {step for _, _, step in expected.values()}
        assert steps == {None, "trust-note", "trust-key"}
        assert {verdict for verdict, _, _ in expected.values()} >= {"warnings", "invalid", "undecidable"}
        assert complaints == []


def test_every_golden_passport_is_judged_alike_under_a_trust_note(browser: Browser, tmp_path: Path) -> None:
    rotated = {name: passport.format(log().passport(RED)) for name, log in (("overlap", overlap), ("all", all_rotated))}
    with reading(browser) as (page, complaints):
        page.clock.set_fixed_time(NOW / 1000)
        page.goto(written(tmp_path, "verifier", empty_page()))
        judged(page)
        page.fill("#trust-key", KEY)
        opened(page, "#trust-file", TRUST_NOTE)
        for name, raw in {**VECTORS, **rotated}.items():
            opened(page, "#passport-file", raw)
            assert told(page) == in_python(raw, TRUST_NOTE), name
        assert complaints == []


def test_a_trust_note_holds_for_its_time_and_under_the_pinned_key_alone(browser: Browser, tmp_path: Path) -> None:
    forged = sign_note(TRUST.format(), [signer("regulator.example/trust")])
    with reading(browser) as (page, _):
        page.goto(written(tmp_path, "good", page_of(GOOD)))
        judged(page)
        page.fill("#trust-key", KEY)
        for now_ms in (TRUST.issued_ms - 1, TRUST.issued_ms, TRUST.expires_ms - 1, TRUST.expires_ms):
            page.clock.set_fixed_time(now_ms / 1000)
            assert given(page, TRUST_NOTE) == in_python(GOOD, TRUST_NOTE, now_ms), now_ms
        expect(page.locator("#not-believed")).to_contain_text("has expired")
        page.clock.set_fixed_time(NOW / 1000)
        assert given(page, forged) == ("undecidable", "", "trust-key")
        page.fill("#trust-key", "")
        page.click("#use-trust")
        expect(page.locator("#not-believed")).to_contain_text("Give the key that signs the trust note")
        page.fill("#trust-key", format_vkey(signer("regulator.example/trust").verifier))
        page.click("#use-trust")
        expect(page.locator(".compare .ok")).to_contain_text("In force until")


def test_a_policy_and_a_trust_note_take_each_others_place(browser: Browser, tmp_path: Path) -> None:
    policy = (FOLDER / "policy.txt").read_bytes()
    with reading(browser) as (page, _):
        page.clock.set_fixed_time(NOW / 1000)
        page.goto(written(tmp_path, "good", page_of(GOOD)))
        judged(page)
        opened(page, "#policy-file", policy)
        page.fill("#trust-key", KEY)
        assert given(page, TRUST_NOTE)[:2] == ("invalid", "completeness")
        assert page.input_value("#policy-text") == ""
        assert opened(page, "#policy-file", policy) == ("warnings", "")
        expect(page.locator("#use-trust")).to_have_count(0)


def test_the_line_on_paper_is_held_against_the_passport_as_in_python(browser: Browser, tmp_path: Path) -> None:
    with reading(browser) as (page, complaints):
        page.goto(written(tmp_path, "verifier", empty_page()))
        judged(page)
        for name, line in PAPERS.items():
            page.fill("#printed-text", f"  {line.format()}\n")
            page.click("#use-printed")
            for which in ("good_consignment", "good", "exposure_one-unit-of-two", "undecidable_version-2"):
                found = held_against(line, verify(VECTORS[which], policy=None), VECTORS[which])
                shown = opened(page, "#passport-file", VECTORS[which])
                assert shown == (found.verdict, found.failed.step if found.failed else ""), (name, which)
                status = next((step.status for step in found.steps if step.step == "printed"), None)
                step = page.locator("[data-step=printed]")
                assert (step.get_attribute("data-status") if step.count() else None) == status, (name, which)
        assert complaints == []


def test_a_line_that_nobody_printed_decides_nothing(browser: Browser, tmp_path: Path) -> None:
    with reading(browser) as (page, _):
        page.goto(written(tmp_path, "note", page_of(SENT)))
        judged(page)
        for line in MISPRINTS:
            with pytest.raises(FormatError):
                printed.parse(line)
            page.evaluate("document.documentElement.removeAttribute('data-verdict')")
            page.fill("#printed-text", line)
            page.click("#use-printed")
            assert judged(page) == ("undecidable", ""), line
            expect(page.locator("#verdict")).to_contain_text("the line as printed")


def test_two_histories_are_said_in_chinese(browser: Browser, tmp_path: Path) -> None:
    with reading(browser, language="zh-CN") as (page, _):
        page.goto(written(tmp_path, "note", page_of(SENT)))
        judged(page)
        page.fill("#printed-text", PAPERS["another history"].format())
        page.click("#use-printed")
        expect(page.locator("#verdict")).to_contain_text("第 14 步不成立")
        expect(page.locator("[data-step=printed]")).to_contain_text("两种历史")


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("zh-CN", "light", 390), ("zh-CN", "dark", 1280), ("en-GB", "dark", 390), ("en-GB", "light", 1280)],
)
def test_what_a_person_brings_is_accessible_and_fits(
    browser: Browser, tmp_path: Path, language: str, theme: str, width: int
) -> None:
    with reading(browser, language=language, theme=theme, width=width) as (page, complaints):
        page.clock.set_fixed_time(NOW / 1000)
        page.goto(written(tmp_path, "note", page_of(SENT)))
        judged(page)
        page.fill("#printed-text", LINE.format())
        page.click("#use-printed")
        page.fill("#trust-key", KEY)
        for note in (odd_notes()["without auditors"], TRUST_NOTE[:-1]):
            opened(page, "#trust-file", note)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints == []
