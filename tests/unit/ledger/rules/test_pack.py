"""Policy packs: the shipped figures with their standing, and wrong files that name their key."""

import pytest

from ledger.rules.figures import figures
from ledger.rules.files import PACKS, pack_text
from ledger.rules.pack import Limits, Pack, ReturnRule
from ledger.rules.pack_file import parse_pack


@pytest.fixture(params=PACKS)
def pack(request: pytest.FixtureRequest) -> Pack:
    return parse_pack(pack_text(request.param))


def test_every_shipped_pack_is_read_under_its_name() -> None:
    assert [parse_pack(pack_text(name)).name for name in PACKS] == list(PACKS)


def test_no_chinese_figure_is_verified() -> None:
    assert "verified = true" not in pack_text("cn").split("\npack =")[1]


def test_a_figure_from_memory_is_never_verified(pack: Pack) -> None:
    assert all(not figure.row.verified for figure in figures(pack) if figure.row.source == "practice")


@pytest.mark.parametrize(
    ("name", "component", "phase", "low", "high"),
    [
        ("cn", "RBC_AS", "store", 200, 600),
        ("cn", "RBC_AS", "transport", 200, 1000),
        ("cn", "PLT", "store", 2000, 2400),
        ("cn", "FFP", "store", None, -1800),
        ("us", "RBC_AS", "store", 100, 600),
        ("us", "RBC_AS", "transport", 100, 1000),
        ("eu", "RBC_AS", "store", 200, 600),
        ("uk", "RBC_AS", "transport", 100, 1000),
        ("uk", "RBC_AS", "uncontrolled", 100, 1000),
        ("cn", "RBC_FROZEN", "store", None, -6500),
        ("cn", "RBC_FROZEN_20", "store", None, -12000),
        ("us", "PLASMA_LIQUID", "store", 100, 600),
        ("us", "PLASMA_LIQUID", "transport", 100, 1000),
    ],
)
def test_the_limits_of_each_jurisdiction(name: str, component: str, phase: str, low: int | None, high: int) -> None:
    limits = parse_pack(pack_text(name)).limits(component, phase)  # type: ignore[arg-type]  # the words are checked
    assert limits is not None
    assert (limits.low, limits.high, limits.max_gap_ms) == (low, high, 600_000)


def test_a_silent_pack_says_nothing() -> None:
    eu = parse_pack(pack_text("eu"))
    assert eu.limits("RBC_AS", "transport") is None
    assert eu.limits("CRYO_X", "store") is None
    assert eu.dating("CRYO_X") is None
    assert eu.dating("PLT") is not None


@pytest.mark.parametrize(
    ("name", "component", "value"),
    [
        ("cn", "RBC_AS", "35 days end_of_day collection"),
        ("cn", "RBC_WASHED", "24 hours exact making"),
        ("cn", "FFP", "1 years end_of_day collection"),
        ("cn", "FP_VI", "4 years end_of_day collection"),
        ("us", "RBC_AS", "42 days end_of_day collection"),
        ("us", "RBC_CPDA1", "35 days end_of_day collection"),
        ("us", "RBC_WASHED", "24 hours exact making"),
        ("us", "RBC_FROZEN", "10 years end_of_day collection"),
        ("us", "PLASMA_LIQUID_CPDA1", "40 days end_of_day collection"),
        ("eu", "PLT_BACTERIAL_DETECTION", "7 days end_of_day collection"),
        ("uk", "CRYO", "3 years end_of_day collection"),
    ],
)
def test_how_long_a_component_lasts(name: str, component: str, value: str) -> None:
    dating = parse_pack(pack_text(name)).dating(component)
    assert dating is not None
    assert dating.value == value


@pytest.mark.parametrize(("name", "component", "days"), [("us", "RBC_AS", 28), ("us", "RBC_CPD", 28), ("cn", "WB", 14)])
def test_irradiated_red_cells_last_so_many_days(name: str, component: str, days: int) -> None:
    dating = parse_pack(pack_text(name)).dating(component)
    assert dating is not None
    assert dating.irradiated_days == days


@pytest.mark.parametrize("component", ["WB", "RBC_AS", "RBC_WASHED", "RBC_FROZEN", "PLT", "FFP", "CRYO", "RBC_CPDA1"])
def test_every_pack_stores_the_usual_components(pack: Pack, component: str) -> None:
    assert pack.limits(component, "store") is not None


def test_the_chinese_components() -> None:
    cn = parse_pack(pack_text("cn"))
    assert {"WB_LR", "RBC_AS_LR", "PLT_APHERESIS", "PLT_POOLED", "FFP_VI", "FP", "GRAN_APHERESIS"} <= set(cn.components)
    assert all(rules.zh and rules.en != name for name, rules in cn.components.items())


def test_fresh_frozen_plasma_becomes_frozen_plasma_at_its_end() -> None:
    cn = parse_pack(pack_text("cn"))
    assert (cn.relabelled_as("FFP"), cn.relabelled_as("FFP_VI"), cn.relabelled_as("FFP_APHERESIS")) == (
        "FP", "FP_VI", "FP",
    )  # fmt: skip
    assert cn.relabelled_as("FP") is None
    assert cn.relabelled_as("CRYO_X") is None


def test_platelets_are_kept_moving(pack: Pack) -> None:
    limits = pack.limits("PLT", "store")
    assert limits is not None
    assert (limits.agitation, limits.value) == (True, "2000..2400 agitated")


def test_what_is_like_another_component_shares_its_figures() -> None:
    cn = parse_pack(pack_text("cn"))
    assert cn.limits("RBC_AS_LR", "store") == cn.limits("RBC_AS", "store")
    own, shared = cn.dating("PLT_24H"), cn.limits("PLT_24H", "store")
    assert own is not None
    assert shared is not None
    assert (own.figure, own.value, shared.figure) == (
        "cn/PLT_24H.dating", "24 hours exact collection", "cn/PLT.store",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "component", "phase", "value"),
    [
        ("cn", "RBC_AS", "ward", "never"),
        ("cn", "PLT", "uncontrolled", "unstated"),
        ("us", "RBC_AS", "ward", "validated"),
        ("uk", "RBC_AS", "ward", "within 100..1000 300 minutes 1 times"),
        ("uk", "RBC_WASHED", "uncontrolled", "within 100..1000 300 minutes 1 times"),
        ("uk", "PLT", "ward", "unstated"),
        ("cn", "NOBODY_KNOWS", "ward", "never"),
    ],
)
def test_how_units_come_back(name: str, component: str, phase: str, value: str) -> None:
    rule = parse_pack(pack_text(name)).return_rule(component, phase)  # type: ignore[arg-type]  # the words are checked
    assert rule is not None
    assert rule.value == value


def test_a_pack_is_silent_about_returns_to_a_store() -> None:
    assert parse_pack(pack_text("cn")).return_rule("RBC_AS", "store") is None


def test_a_pack_is_verified_when_every_figure_is() -> None:
    assert not parse_pack(pack_text("us")).verified
    assert "verified = false" in pack_text("us")
    assert parse_pack(pack_text("us").replace("verified = false", "verified = true")).verified


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({}, "within"),
        ({"minutes": 30}, "within 30 minutes"),
        ({"high": 1000}, "within ..1000"),
        ({"low": 100}, "within 100.."),
        ({"low": 100, "high": 1000, "minutes": 300, "times": 1}, "within 100..1000 300 minutes 1 times"),
    ],
)
def test_a_return_rule_is_said_in_one_line_with_what_it_bounds(bounds: dict[str, int], said: str) -> None:
    assert ReturnRule(rule="within", source="a", verified=True, **bounds).value == said  # type: ignore[arg-type]  # its own fields


def test_what_a_pack_does_not_say_is_ten_minutes_no_tolerance_no_agitation_and_one_person() -> None:
    limits = Limits(low=200, high=600, max_gap_ms=1, source="a", verified=True)
    assert (limits.tolerated_out_ms, limits.agitation, limits.value) == (0, False, "200..600")
    bare = Pack("ours", "1", "nowhere", {}, {})
    assert (bare.max_gap_ms, bare.two_persons_release) == (600_000, False)
