"""The file of a policy pack: wrong files that name their key, components alike, and packs derived from others."""

import pytest

from ledger.core.errors import ConfigError
from ledger.rules.files import PACKS, pack_text
from ledger.rules.pack import Pack
from ledger.rules.pack_file import base_of, parse_pack

WRONG = [
    ("high = 600", 'high = "6"', "policy pack cn: components.WB.store.high: expected"),
    ("low = 200", "lo = 200", "policy pack cn: components.WB.store: object contains unknown field `lo`"),
    ("low = 200, high = 600, ", "", "components.WB.store: expected low, high or both"),
    ("low = 200", "low = 700", "components.WB.store.low: expected at most high (600), came 700"),
    ("store = {", "fridge = {", "components.WB.fridge: expected one of store, transport"),
    ('"ws400", verified', '"ws4", verified', "WB.transport.source: expected one of gb18469, practice, ws399, ws400"),
    ("verified = false }", "verified = false, minutes = 3 }", "ward: expected minutes, low, high and times only"),
    ("600, source", "600, max_gap_minutes = 0, source", "WB.store.max_gap_minutes: expected 1 to 30, came 0"),
    ("600, source", "600, max_gap_minutes = 31, source", "WB.store.max_gap_minutes: expected 1 to 30, came 31"),
    ("600, source", "600, tolerated_out_minutes = -1, source", "tolerated_out_minutes: expected 0 or more, came -1"),
    ("600, source", "600, confirmed = true, source", "components.WB.store: object contains unknown field `confirmed`"),
    ("max_gap_minutes = 10", "max_gap_minutes = 0", "policy pack cn: max_gap_minutes: expected 1 to 30, came 0"),
    ("days = 35", "days = 35, hours = 2", "WB.dating: expected exactly one of years, days, hours, came 2"),
    ("irradiated = {", "irradiated = 14\nrelabelled = {", "components.WB.irradiated: expected `object`, got `int`"),
    ("days = 35", "days = true", "components.WB.dating.days: expected `int | null`, got `bool`"),
    ("days = 35", "days = 0", "components.WB.dating: expected 1 or more"),
    ("days = 35, ", "", "WB.dating: expected exactly one of years, days, hours, came 0"),
    ("days = 35", "days = 35, irradiated_days = 9", "WB.dating: object contains unknown field `irradiated_days`"),
    ("days = 35", "days = 35, confirmed = true", "components.WB.dating: object contains unknown field `confirmed`"),
    ("days = 14", "days = 0", "components.WB.irradiated.days: expected 1 or more"),
    ("irradiated = { days = 14", "agitation = { minutes = 0", "components.WB.agitation.minutes: expected 1 or more"),
    ('component = "FP"', 'component = "XY"', "components.FFP.relabelled: expected a component of this pack, came 'XY'"),
    ('rule = "never"', 'rule = "perhaps"', "policy pack cn: returns.ward.rule: invalid enum value"),
    ('rule = "never"', 'rule = "within"', "policy pack cn: returns.ward: expected minutes, low or high"),
    ("ward = {", "store = {", "policy pack cn: returns.store: expected uncontrolled or ward"),
    ('source = "practice"', 'source = "hearsay"', "policy pack cn: returns.ward.source: expected one of"),
    ('jurisdiction = "', "jurisdiction = ", "policy pack: expected TOML"),
    ('jurisdiction = "中华人民共和国"', "", "jurisdiction: expected, as the pack derives from no other"),
    ('pack = "cn"', 'pack = "CN!"', "policy pack .pack: expected at most 16 of a-z, 0-9 and -, came 'CN!'"),
    ('version = "2026.1"', 'version = "one two"', "policy pack cn: version: expected at most 32"),
    ("[components.WB]", "[components.wb]", "components.wb: expected at most 24 of A-Z, 0-9 and _"),
    ("[components.WB]", "[components]\nWB = 3\n[components.XX]", "components.WB: expected a table, came int"),
    ('zh = "全血"', "zh = 3", "components.WB.zh: expected `str`"),
    ('like = "WB"', 'like = "WB_LR"', "components.WB_LR.like: expected a component of this pack that is like no other"),
    ('like = "WB"', 'like = "QQ"', "components.WB_LR.like: expected a component of this pack that is like no other"),
    ('pack = "cn"', 'pack = "cn"\nderives = "us"', "derives: expected a pack that stands by itself, came one of 'us'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), WRONG)
def test_a_wrong_pack_names_the_key(old: str, new: str, says: str) -> None:
    text = pack_text("cn")
    assert old in text
    with pytest.raises(ConfigError) as refused:
        parse_pack(text.replace(old, new, 1))
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("minutes = 300", "minutes = 0", "components.RBC_AS.allowances[0].minutes: expected 1 or more"),
        ("times = 1", "times = 0", "components.RBC_AS.allowances[0].times: expected 1 or more"),
        ('phase = "store", low', 'phase = "fridge", low', "components.RBC_AS.allowances[0].phase"),
        ('phase = "store", low = 100', 'phase = "store", low = 1100', "allowances[0].low: expected at most high"),
        ('"within", low = 100', '"within", low = 1100', "RBC_AS.returns.ward.low: expected at most high (1000)"),
        ('1000, minutes = 300, times = 1, source = "uk_guidelines", verified = true }\nunc',
         '1000, minutes = 0, source = "uk_guidelines", verified = true }\nunc', "returns.ward.minutes: expected 1"),
    ],
)  # fmt: skip
def test_a_wrong_allowance_or_return_names_the_key(old: str, new: str, says: str) -> None:
    assert old in pack_text("uk")
    with pytest.raises(ConfigError) as refused:
        parse_pack(pack_text("uk").replace(old, new, 1))
    assert says in str(refused.value)


def test_a_pack_of_nothing_is_none() -> None:
    head = 'pack = "x"\nversion = "1"\njurisdiction = "X"\n[sources]\na = "A"\n[returns]\n'
    rule = 'ward = { rule = "never", source = "a", verified = false }\n'
    with pytest.raises(ConfigError, match="policy pack x: components: expected at least one"):
        parse_pack(head + rule)


OURS = """
pack = "fuzhou"
version = "1"
derives = "cn"

[sources]
sop12 = "Station procedure 12, transport of red cells"

[components.RBC_AS]
transport = { low = 200, high = 800, tolerated_out_minutes = 5, source = "sop12", verified = true }
[components.RBC_AS.returns]
uncontrolled = { rule = "within", minutes = 30, source = "sop12", verified = true }

[components.RBC_RARE]
like = "RBC_FROZEN"
zh = "稀有血型冰冻红细胞"
"""


def ours(text: str = OURS) -> Pack:
    return parse_pack(text, pack_text)


def test_a_derived_pack_says_only_what_differs() -> None:
    pack, base = ours(), parse_pack(pack_text("cn"))
    assert (base_of(OURS), base_of(pack_text("cn"))) == ("cn", None)
    assert (pack.name, pack.version, pack.derives, pack.jurisdiction) == ("fuzhou", "1", "cn", "中华人民共和国")
    assert pack.two_persons_release
    transport, store = pack.limits("RBC_AS", "transport"), pack.limits("RBC_AS", "store")
    assert transport is not None
    assert (transport.value, transport.figure, transport.tolerated_out_ms) == (
        "200..800", "fuzhou/RBC_AS.transport", 300_000,
    )  # fmt: skip
    assert store == base.limits("RBC_AS", "store")
    assert pack.components["RBC_AS"].zh == "悬浮红细胞"
    assert pack.components["PLT"] == base.components["PLT"]


def test_what_is_like_a_changed_component_changes_with_it() -> None:
    limits = ours().limits("RBC_AS_LR", "transport")
    assert limits is not None
    assert limits.high == 800


def test_a_derived_pack_may_add_a_component_and_a_rule_for_returns() -> None:
    pack = ours()
    rare = pack.limits("RBC_RARE", "store")
    assert rare is not None
    assert (rare.high, pack.components["RBC_RARE"].zh, pack.components["RBC_RARE"].en) == (
        -6500, "稀有血型冰冻红细胞", "RBC_RARE",
    )  # fmt: skip
    rule = pack.return_rule("RBC_AS", "uncontrolled")
    assert rule is not None
    assert rule.value == "within 30 minutes"
    never = pack.return_rule("RBC_AS", "ward")
    assert never is not None
    assert (never.value, never.figure) == ("never", "cn/returns.ward")


def test_a_derived_pack_may_choose_how_long_readings_stand() -> None:
    pack = ours(OURS.replace('derives = "cn"', 'derives = "cn"\nmax_gap_minutes = 5\ntwo_persons_release = false'))
    limits = pack.limits("PLT", "store")
    assert limits is not None
    assert (limits.max_gap_ms, pack.max_gap_ms, pack.two_persons_release) == (300_000, 300_000, False)


@pytest.mark.parametrize("minutes", [1, 30])
def test_a_reading_stands_for_a_minute_at_least_and_half_an_hour_at_most(minutes: int) -> None:
    pack = ours(OURS.replace('derives = "cn"', f'derives = "cn"\nmax_gap_minutes = {minutes}'))
    assert pack.max_gap_ms == minutes * 60_000


def test_the_figures_of_an_allowance_are_counted_from_one() -> None:
    allowances = parse_pack(pack_text("uk")).components["RBC_AS"].allowances
    assert [each.figure.rpartition(".")[2] for each in allowances] == ["1", "2"]
    row = (
        '{ phase = "store", low = 400, high = 400, minutes = 1, times = 1, source = "uk_guidelines", verified = true }'
    )
    three = parse_pack(pack_text("uk").replace("allowances = [\n", f"allowances = [\n  {row},\n", 1))
    named = next(rules.allowances for rules in three.components.values() if len(rules.allowances) == 3)
    assert [each.figure.rpartition(".")[2] for each in named] == ["1", "2", "3"]
    assert (named[0].low, named[0].high) == (400, 400), "one temperature is a range, too"


@pytest.mark.parametrize("bound", ["low = 200", "high = 800"])
def test_a_rule_for_returns_may_have_one_bound(bound: str) -> None:
    pack = ours(OURS.replace('rule = "within", minutes = 30', f'rule = "within", {bound}, times = 1'))
    rule = pack.return_rule("RBC_AS", "uncontrolled")
    assert rule is not None
    assert f"{rule.low}..{rule.high}" in {"200..None", "None..800"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("sop12 =", "ws399 =", "policy pack fuzhou: sources.ws399: expected another name; cn has its own ws399"),
        ('pack = "fuzhou"', 'pack = "cn"', "policy pack cn: derives: expected a pack 'cn' that derives from no other"),
        ('like = "RBC_FROZEN"', 'like = "RBC_AS_LR"', "policy pack fuzhou: components.RBC_RARE.like: expected"),
        ("high = 800", "high = 100", "policy pack fuzhou: components.RBC_AS.transport.low: expected at most"),
    ],
)
def test_a_wrong_derived_pack_names_the_key(old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        ours(OURS.replace(old, new))
    assert says in str(refused.value)


def test_a_pack_derives_from_one_that_stands_by_itself() -> None:
    again = OURS.replace('"fuzhou"', '"xiamen"').replace('derives = "cn"', 'derives = "fuzhou"')
    with pytest.raises(ConfigError, match="expected a pack 'fuzhou' that derives from no other"):
        parse_pack(again, lambda _: OURS)
    with pytest.raises(ConfigError, match="expected a pack 'cn' that derives from no other"):
        parse_pack(OURS, lambda _: pack_text("us"))


def test_the_same_source_may_be_named_again_with_the_same_words() -> None:
    text = OURS.replace(
        "[sources]", '[sources]\nws399 = "WS 399-2023 血液储存标准 (数值来自二手资料; figures from secondary sources)"'
    )
    assert ours(text).name == "fuzhou"


@pytest.mark.parametrize("name", PACKS)
def test_every_shipped_pack_stands_by_itself(name: str) -> None:
    assert (parse_pack(pack_text(name)).name, parse_pack(pack_text(name)).derives) == (name, None)
