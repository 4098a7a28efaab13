"""The passport's page in Chromium, opened from disk: it judges as the verifier in Python does, with either Ed25519."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ledger.core import kinds, passport
from ledger.core.completeness import Auditors
from ledger.core.ids import din_of
from ledger.core.isbt128.check import check_character
from ledger.core.note import format_vkey
from ledger.core.policy import Policy
from ledger.core.signing import verify_ed25519
from ledger.core.verify import verify
from ledger.passport_page import empty_page, page_of
from tests.browser import passport_stories as stories
from tests.browser.passport_stories import GOOD, POLICIES, POLICY, VECTORS, written
from tests.support.golden import FOLDER, NURSE, RED, SECOND, story
from tests.support.golden_map import AUDITOR, AUDITORS

pytestmark = pytest.mark.browser

PARTS = Path("ledger/passport_page")
EDGES = json.loads(Path("tests/vectors/ed25519/edges.json").read_text("utf-8"))["vectors"]
MUTATIONS, SEED = 60, 20260302
WITHOUT_ED25519 = """
const importKey = SubtleCrypto.prototype.importKey;
SubtleCrypto.prototype.importKey = function (format, data, algorithm, ...rest) {
  if (algorithm.name === "Ed25519") return Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"));
  return importKey.call(this, format, data, algorithm, ...rest);
};
"""
"""What a browser before Chromium 137 does."""

WAYS = ("webcrypto", "own")


@contextmanager
def reading(
    browser: Browser, *, way: str = "webcrypto", language: str = "en-GB", theme: str = "light", width: int = 1280
) -> Iterator[tuple[Page, list[str]]]:
    """A page in a browser without network, and what it complained about."""
    dark = "dark" if theme == "dark" else "light"
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=dark, locale=language, offline=True
    )
    if way == "own":
        context.add_init_script(WITHOUT_ED25519)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith("file:") else None)
    yield page, complaints
    context.close()


def judged(page: Page) -> tuple[str | None, str | None]:
    page.wait_for_selector("html[data-verdict]")
    return page.get_attribute("html", "data-verdict"), page.get_attribute("html", "data-failed-step")


def opened(page: Page, chooser: str, raw: bytes) -> tuple[str | None, str | None]:
    """What the page says once a person has opened a file in it."""
    page.evaluate("document.documentElement.removeAttribute('data-verdict')")
    page.set_input_files(chooser, {"name": "some.file", "mimeType": "application/octet-stream", "buffer": raw})
    return judged(page)


def in_python(raw: bytes, policy: Policy | None = None, auditors: Auditors | None = None) -> tuple[str, str]:
    verification = verify(raw, policy=policy, auditors=auditors)
    return verification.verdict, verification.failed.step if verification.failed else ""


@pytest.mark.parametrize("way", WAYS)
def test_every_golden_passport_is_judged_alike_in_its_own_page(browser: Browser, tmp_path: Path, way: str) -> None:
    with reading(browser, way=way) as (page, complaints):
        for name, raw in VECTORS.items():
            page.goto(written(tmp_path, name, page_of(raw)))
            assert judged(page) == in_python(raw), name
            step = name.partition("_")[0]
            assert judged(page)[1] == ("" if step in {"good", "undecidable"} else step), name
        assert complaints == []


@pytest.mark.parametrize("way", WAYS)
def test_every_golden_passport_is_judged_alike_under_a_policy_and_an_auditor(
    browser: Browser, tmp_path: Path, way: str
) -> None:
    with reading(browser, way=way) as (page, complaints):
        for name, raw in VECTORS.items():
            page.goto(written(tmp_path, name, page_of(raw)))
            judged(page)
            page.fill("#policy-text", POLICY.decode())
            page.fill("#auditors-text", f"# whom we believe\n{format_vkey(AUDITOR.verifier)}\n")
            page.evaluate("document.documentElement.removeAttribute('data-verdict')")
            page.click("#use-policy")
            expected = in_python(raw, stories.is_a_policy(POLICY), AUDITORS)
            assert judged(page) == expected, name
            assert (name == "good_complete") == (expected[0] == "valid"), name
        assert complaints == []


def test_odd_maps_are_judged_alike_under_a_policy_and_an_auditor(browser: Browser, tmp_path: Path) -> None:
    trusted = stories.is_a_policy(POLICY)
    with reading(browser) as (page, complaints):
        page.goto(written(tmp_path, "verifier", empty_page()))
        judged(page)
        page.fill("#policy-text", POLICY.decode())
        page.fill("#auditors-text", format_vkey(AUDITOR.verifier))
        page.click("#use-policy")
        told = dict(stories.odd_maps())
        found = {name: opened(page, "#passport-file", raw) for name, raw in told.items()}
        expected = {name: in_python(raw, trusted, AUDITORS) for name, raw in told.items()}
        assert found == expected
        assert {verdict for verdict, _ in expected.values()} == {"valid", "warnings", "invalid"}
        assert complaints == []


@pytest.mark.parametrize(
    ("language", "words"), [("en-GB", "the site says that 1 were erased"), ("zh-CN", "站点声明已擦除 1 个")]
)
def test_what_the_site_says_that_it_erased_is_told(browser: Browser, tmp_path: Path, language: str, words: str) -> None:
    with reading(browser, language=language) as (page, _):
        page.goto(written(tmp_path, "erased", page_of(VECTORS["good_erased-as-the-site-says"])))
        judged(page)
        expect(page.locator("body")).to_contain_text(words)
        page.goto(written(tmp_path, "absent", page_of(VECTORS["good_event-that-cannot-travel"])))
        judged(page)
        expect(page.locator("body")).not_to_contain_text(words)


def test_an_auditors_key_that_is_none_is_said(browser: Browser, tmp_path: Path) -> None:
    with reading(browser) as (page, _):
        page.goto(written(tmp_path, "complete", page_of(VECTORS["good_complete"])))
        judged(page)
        page.fill("#auditors-text", "nobody")
        page.evaluate("document.documentElement.removeAttribute('data-verdict')")
        page.click("#use-policy")
        assert judged(page) == ("undecidable", "")
        expect(page.locator(".compare").first).to_contain_text("Expected a verifier key")


@pytest.mark.parametrize("way", WAYS)
def test_altered_and_odd_passports_are_judged_alike(browser: Browser, tmp_path: Path, way: str) -> None:
    told = [*stories.mutations(MUTATIONS, SEED), *stories.odd_passports(), *stories.key_stories(), *stories.reshaped()]
    with reading(browser, way=way) as (page, complaints):
        page.goto(written(tmp_path, "verifier", empty_page()))
        assert judged(page) == ("undecidable", "")
        differing = {
            name: (found, expected)
            for name, raw in told
            if (found := opened(page, "#passport-file", raw)) != (expected := in_python(raw))
        }
        assert differing == {}
        assert complaints == []


NOTES = {name: raw for name, raw in VECTORS.items() if b'"subject":"consignment:' in raw}


def test_each_bag_of_a_dispatch_note_is_judged_alike(browser: Browser, tmp_path: Path) -> None:
    with reading(browser) as (page, complaints):
        for name, raw in NOTES.items():
            page.goto(written(tmp_path, name, page_of(raw)))
            judged(page)
            rows = page.locator("tr[data-unit]").all()
            shown = [(row.get_attribute("data-unit"), row.get_attribute("data-unit-verdict")) for row in rows]
            assert shown == [(found.unit, found.verdict) for found in verify(raw, policy=None).units], name
        assert complaints == []


def test_a_dispatch_note_is_told_with_a_line_a_bag(browser: Browser, tmp_path: Path) -> None:
    with reading(browser, language="zh-CN") as (page, _):
        page.goto(written(tmp_path, "note", page_of(VECTORS["exposure_one-unit-of-two"])))
        assert judged(page) == ("invalid", "exposure")
        expect(page.locator("#note")).to_have_text("N-1")
        expect(page.locator(f"tr[data-unit='{RED}']")).to_contain_text("冷链合格")
        bad = page.locator(f"tr[data-unit='{SECOND}']")
        expect(bad).to_contain_text("不成立")
        expect(bad).to_contain_text("引用了更大的日志")
        expect(bad).to_contain_text("O\u2212")
        page.emulate_media(media="print")
        expect(page.locator("table.bags")).to_be_visible()


HAND_OVERS = {name: raw for name, raw in VECTORS.items() if "hand" in name}
TWO_SITES = (FOLDER / "policy-two-sites.txt").read_bytes()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("policy", [POLICY, TWO_SITES], ids=["one-log", "every-log"])
def test_hand_overs_are_judged_alike_under_a_policy(browser: Browser, tmp_path: Path, way: str, policy: bytes) -> None:
    trusted = stories.is_a_policy(policy)
    with reading(browser, way=way) as (page, complaints):
        page.goto(written(tmp_path, "verifier", empty_page()))
        judged(page)
        opened(page, "#policy-file", policy)
        verdicts = {}
        for name, raw in HAND_OVERS.items():
            verdicts[name] = opened(page, "#passport-file", raw)
            assert verdicts[name] == in_python(raw, trusted), name
        assert verdicts["good_handed-over"] == ("undecidable" if policy == POLICY else "warnings", "")
        assert complaints == []


def test_what_earlier_logs_stated_stands_before_and_is_not_added(browser: Browser, tmp_path: Path) -> None:
    raw = VECTORS["good_handed-over-three-times"]
    with reading(browser) as (page, _):
        page.goto(written(tmp_path, "handed-over", page_of(raw)))
        judged(page)
        shown = [each.get_attribute("data-earlier") for each in page.locator("[data-earlier]").all()]
        told = verify(raw, policy=None).units[0].before
        assert shown == [each.origin for each in told]
        assert len(shown) == 3
        expect(page.locator("[data-earlier]").first).to_contain_text("Cold chain in range")
        expect(page.locator(".stated")).to_contain_text("Cold chain cannot be judged")


def test_the_stories_reach_every_step() -> None:
    told = [*VECTORS.items(), *stories.odd_passports(), *stories.key_stories()]
    reached = {in_python(raw)[1] for _, raw in told}
    steps = ["format", "checkpoint", "batch-notes", "log-proof", "event-proofs", "events", "keys", "signatures"]
    assert reached == {"", *steps, "subject", "exposure", "completeness", "hand-over"}


@pytest.mark.parametrize("way", WAYS)
def test_every_policy_is_read_alike(browser: Browser, tmp_path: Path, way: str) -> None:
    raw = stories.witnessed()
    with reading(browser, way=way) as (page, _):
        page.goto(written(tmp_path, "witnessed", page_of(raw)))
        judged(page)
        for name, text in POLICIES.items():
            policy = stories.is_a_policy(text)
            expected = in_python(raw, policy) if policy else ("undecidable", "")
            assert opened(page, "#policy-file", text) == expected, name
            if policy and expected[0] == "warnings":
                shown = page.get_attribute("[data-step=witnesses]", "data-status")
                assert shown == verify(raw, policy=policy).steps[2].status, name


@pytest.mark.parametrize("way", WAYS)
def test_ed25519_at_its_edges_is_judged_alike(browser: Browser, tmp_path: Path, way: str) -> None:
    source = "\n".join((PARTS / f"{part}.js").read_text("utf-8") for part in ("canonical", "ed25519"))
    ask = f"""async (vectors) => {{
        {source}
        const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
        const ask = (each) => verifyEd25519(bytes(each.public), bytes(each.message), bytes(each.signature));
        const refused = await Promise.all(vectors.map(ask));
        return [await hasWebCryptoEd25519(), refused.map((each) => each === null)];
    }}"""
    with reading(browser, way=way) as (page, _):
        page.goto(written(tmp_path, "verifier", empty_page()))
        has_webcrypto, verified = page.evaluate(ask, EDGES)
    assert has_webcrypto == (way == "webcrypto")
    for vector, found in zip(EDGES, verified, strict=True):
        parts = (bytes.fromhex(vector[name]) for name in ("public", "message", "signature"))
        assert found == (verify_ed25519(*parts) is None) == (vector["verdict"] == "verified"), vector["name"]


def test_a_policy_that_is_typed_in_makes_the_log_a_trusted_one(browser: Browser, tmp_path: Path) -> None:
    with reading(browser) as (page, _):
        page.goto(written(tmp_path, "good", page_of(GOOD)))
        expect(page.locator("#verdict")).to_contain_text("who signed it is yours to compare")
        expect(page.locator("#fingerprint")).to_have_attribute("data-fingerprint", _fingerprint())
        page.fill("#policy-text", POLICY.decode())
        page.click("#use-policy")
        expect(page.locator("#verdict")).to_contain_text("signed by a log that you trust")
        expect(page.locator("[data-step=checkpoint]")).to_have_attribute("data-status", "ok")
        page.click("#language")
        expect(page.locator("#verdict")).to_contain_text("由您信任的日志签署")
        assert page.input_value("#policy-text") == POLICY.decode()


def _fingerprint() -> str:
    return verify(GOOD, policy=None).steps[1].detail.rpartition(" ")[2]


def test_a_page_opened_in_a_page_gives_its_passport_and_not_its_program(browser: Browser, tmp_path: Path) -> None:
    altered = page_of(VECTORS["event-proofs_altered-event"]).replace(b'"invalid"', b'"valid"')
    with reading(browser) as (page, complaints):
        page.goto(written(tmp_path, "verifier", empty_page()))
        judged(page)
        assert opened(page, "#passport-file", altered) == ("invalid", "event-proofs")
        assert opened(page, "#passport-file", page_of(GOOD)) == ("warnings", "")
        with page.expect_download() as saved:
            page.click("#save")
        assert Path(saved.value.path()).read_bytes() == GOOD
        assert complaints == []


def test_a_script_or_style_of_another_hand_does_not_run(browser: Browser, tmp_path: Path) -> None:
    planted = page_of(GOOD).replace(b"</body>", b"<script>document.documentElement.id = 'planted'</script></body>")
    with reading(browser) as (page, complaints):
        page.goto(written(tmp_path, "planted", planted))
        assert judged(page) == ("warnings", "")
        assert page.get_attribute("html", "id") is None
        assert "Content Security Policy" in complaints[0]


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("zh-CN", "light", 1280), ("zh-CN", "dark", 390), ("en-GB", "dark", 1280), ("en-GB", "light", 390)],
)
def test_every_verdict_is_accessible_and_fits(
    browser: Browser, tmp_path: Path, language: str, theme: str, width: int
) -> None:
    shown = {
        "good": "warnings",
        "good_consignment": "warnings",
        "keys_first-batch-missing": "invalid",
        "undecidable_version-2": "undecidable",
    }
    with reading(browser, language=language, theme=theme, width=width) as (page, complaints):
        for name, verdict in shown.items():
            page.goto(written(tmp_path, name, page_of(VECTORS[name])))
            assert judged(page)[0] == verdict
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.get_attribute("html", "lang") == {"zh-CN": "zh-CN", "en-GB": "en"}[language]
        assert complaints == []


def test_what_is_refused_is_not_shown_as_a_fact(browser: Browser, tmp_path: Path) -> None:
    with reading(browser) as (page, _):
        page.goto(written(tmp_path, "altered", page_of(VECTORS["event-proofs_altered-event"])))
        expect(page.locator("#verdict")).to_contain_text("Step 6 does not hold")
        assert page.locator(".group, table").count() == 0


def test_the_unit_is_told_with_its_cold_chain_and_that_it_is_a_demo(browser: Browser, tmp_path: Path) -> None:
    with reading(browser, language="zh-CN") as (page, _):
        page.goto(written(tmp_path, "good", page_of(GOOD)))
        head = page.locator(".unit-head")
        expect(head.locator(".group b")).to_have_text("A+")
        expect(head.locator(".check")).to_have_text(check_character("A999926000001"))
        expect(head).to_contain_text("冷链合格")
        expect(head).to_contain_text("演示站点")
        expect(page.locator("table.history tbody tr")).to_have_count(6)


def test_what_was_corrected_stands_beside_its_correction_and_what_is_right_counts(
    browser: Browser, tmp_path: Path
) -> None:
    log = story()
    wrong = {"of_stream": "web", "of_seq": 4, "reason": "mistyped", "about": [din_of(RED)]}
    tested = {"din": din_of(RED), "overall": "fit", "abo": "O", "rhd": "positive", "by": NURSE}
    late = {"time": "2026-03-02T00:10:00.000Z", "recorded_at": "2026-03-02T00:50:00.000Z", "entered_by": NURSE}
    log.seal("web", [(kinds.Corrected, wrong | {"instead": 7}), (kinds.Tested, tested | late)], "web")
    raw = passport.format(log.passport(RED))
    expected = verify(raw, policy=None)
    with reading(browser) as (page, complaints):
        page.goto(written(tmp_path, "corrected", page_of(raw)))
        assert judged(page)[0] == expected.verdict == "warnings"
        expect(page.locator(".unit-head .group b")).to_have_text("O+")
        struck = page.locator("table.history tr.struck")
        expect(struck).to_have_count(1)
        expect(struck.locator("s")).to_contain_text("A+")
        expect(struck).to_contain_text("struck out by correction web #6")
        expect(page.locator("table.history")).to_contain_text("stands for web #4, which was wrong")
        expect(page.locator("table.history")).to_contain_text("web #4: mistyped")
        expect(page.locator("table.history")).to_contain_text("entered 2026-03-02")
    assert complaints == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en-GB", "may it go back: persons decide (pack uk, version 2026.1)"),
        ("en-GB", "how warm it was out of control is not known, seal intact, out of control 1 time, 20 min"),
        ("zh-CN", "重新入库；可否退回库存：由人决定（判定标准 uk，版本 2026.1）"),
        ("zh-CN", "封口完好，脱离温控 1 次，20 min"),
    ],
)
def test_what_was_decided_of_a_return_is_told(browser: Browser, tmp_path: Path, language: str, words: str) -> None:
    with reading(browser, language=language) as (page, complaints):
        page.goto(written(tmp_path, "returned", page_of(VECTORS["good_return"])))
        judged(page)
        expect(page.locator("table.history")).to_contain_text(words)
    assert complaints == []


def test_print_leaves_the_statement_and_drops_the_controls(browser: Browser, tmp_path: Path) -> None:
    with reading(browser) as (page, _):
        page.goto(written(tmp_path, "good", page_of(GOOD)))
        judged(page)
        page.emulate_media(media="print")
        expect(page.locator("#policy-text")).to_be_hidden()
        expect(page.locator("#controls")).to_be_hidden()
        expect(page.locator("#fingerprint")).to_be_visible()
        expect(page.locator("table.history")).to_be_visible()


def test_on_paper_no_card_is_cut_by_a_grid_and_what_is_to_be_typed_is_left_out(
    browser: Browser, tmp_path: Path
) -> None:
    with reading(browser) as (page, complaints):
        page.goto(written(tmp_path, "paper", page_of(stories.witnessed())))
        judged(page)
        page.emulate_media(media="print")
        layout = "all => [...new Set(all.map(one => getComputedStyle(one).display))]"
        assert page.locator(".page, .two, .column").evaluate_all(layout) == ["block"]
        for hidden in ("#policy-text", "#trust-key", "#printed-text", "[aria-labelledby=compare] > h3"):
            expect(page.locator(hidden)).to_be_hidden()
        expect(page.locator(".fingerprint").first).to_be_visible()
        assert complaints == []
