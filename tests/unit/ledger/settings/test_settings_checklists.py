"""The checklists of a site, as its configuration says."""

import tomllib

import pytest

from ledger.core.checklist import Checklist, Wording
from ledger.core.errors import ConfigError
from ledger.settings.checklists import MAX_ITEMS, format_lines, parse

LISTS = (
    Checklist("received", "2026-1", (Wording("seal", "封口", 'Seal "tight"'),), (Wording("leak", "渗漏", "Leaks"),)),
    Checklist("received", "2026-2", (Wording("seal", "封口", "Seal"),), (Wording("leak", "渗漏", "Leaks"),)),
    Checklist("issued", "1", (Wording("a", "外观", "A"), Wording("b", "标签", "B")), (Wording("leak", "渗漏", "L"),)),
)
WORDS = '[{ code = "a", zh = "外观", en = "A" }]'
GOOD = f'[[checklist]]\nstep = "issued"\nversion = "1"\nitems = {WORDS}\nrefusals = {WORDS}\n'


def test_what_is_written_is_read_back() -> None:
    assert parse(tomllib.loads("\n".join(format_lines(LISTS)))) == LISTS
    assert parse({}) == ()
    assert format_lines(()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("checklist = 1", r"expected \[\[checklist\]\]"),
        ("checklist = [1]", "expected a table"),
        (GOOD + GOOD, "each version once; got 1 for issued"),
        (GOOD + "steps = 1", "checklist.steps: unknown"),
        (GOOD.replace('"1"', "1"), "checklist.version: expected a word"),
        (GOOD.replace('"1"', '"a b"'), "checklist.version: expected a word"),
        (GOOD.replace('"issued"', '"stored"'), "checklist.step: expected received or issued"),
        (GOOD.replace(f"items = {WORDS}\n", ""), "checklist.items: expected 1 to 30"),
        (GOOD.replace(f"refusals = {WORDS}", "refusals = []"), "checklist.refusals: expected 1 to 30"),
        (GOOD.replace(f"refusals = {WORDS}", "refusals = [1]"), "checklist.refusals: expected { code, zh, en }"),
        (GOOD.replace(', en = "A"', "", 1), "checklist.items: expected { code, zh, en }"),
        (GOOD.replace('code = "a"', "code = 1", 1), "checklist.items: expected a code"),
        (GOOD.replace('code = "a"', 'code = "a b"', 1), "checklist.items: expected a code"),
        (GOOD.replace('"外观"', '""', 1), "zh and en of 1 to 200 characters for a"),
        (GOOD.replace('"A"', "7", 1), "zh and en of 1 to 200 characters for a"),
        (GOOD.replace('"A"', r'"a\u0007"', 1), "zh and en of 1 to 200 characters for a"),
        (GOOD.replace('"A"', f'"{"a" * 201}"', 1), "zh and en of 1 to 200 characters for a"),
        (GOOD.replace(WORDS, f"[{WORDS[1:-1]}, {WORDS[1:-1]}]", 1), "checklist.items: expected each code once"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse(tomllib.loads(text))


def test_a_list_has_an_end() -> None:
    many = ", ".join(f'{{ code = "i{n}", zh = "外观", en = "A" }}' for n in range(MAX_ITEMS + 1))
    with pytest.raises(ConfigError, match=r"checklist.items: expected 1 to 30"):
        parse(tomllib.loads(GOOD.replace(WORDS, f"[{many}]", 1)))
