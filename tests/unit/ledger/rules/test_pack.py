"""Policy packs: the shipped figures with their standing, and wrong files that name their key."""

import pytest

from ledger.core.errors import ConfigError
from ledger.rules.files import PACKS, pack_text
from ledger.rules.pack import Pack
from ledger.rules.pack_file import parse_pack


@pytest.fixture(params=PACKS)
def pack(request: pytest.FixtureRequest) -> Pack:
    return parse_pack(pack_text(request.param))


def test_every_shipped_pack_is_read_under_its_name() -> None:
    assert [parse_pack(pack_text(name)).name for name in PACKS] == list(PACKS)


def test_no_chinese_figure_is_verified() -> None:
    assert "verified = true" not in pack_text("cn").split("\npack =")[1]


def test_a_figure_from_memory_is_never_verified(pack: Pack) -> None:
    for rules in pack.components.values():
        figures = [*rules.limits.values(), *rules.allowances, *([rules.dating] if rules.dating else [])]
        assert all(not figure.verified for figure in figures if figure.source == "practice")


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
        ("uk", "RBC_AS", "transport", None, 1000),
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


def test_a_pack_is_verified_when_every_figure_is() -> None:
    assert not parse_pack(pack_text("us")).verified
    assert parse_pack(pack_text("us").replace("verified = false", "verified = true")).verified


WRONG = [
    ("high = 600", 'high = "6"', "policy pack cn: components.WB.store.high: expected"),
    ("low = 200", "lo = 200", "policy pack cn: components.WB.store: object contains unknown field `lo`"),
    ("low = 200, high = 600, ", "", "components.WB.store: expected low, high or both"),
    ("low = 200", "low = 700", "components.WB.store.low: expected at most high (600), came 700"),
    ("store = {", "fridge = {", "components.WB.fridge: expected one of store, transport"),
    ('"ws400", verified', '"ws4", verified', "components.WB.transport.source: expected one of practice, ws399, ws400"),
    ("verified = false }", "verified = false, max_gap_minutes = 0 }", "WB.store.max_gap_minutes: expected 1"),
    ("verified = false }", "verified = false, tolerated_out_minutes = -1 }", "tolerated_out_minutes: expected 0"),
    ("max_gap_minutes = 10", "max_gap_minutes = 0", "policy pack cn: max_gap_minutes: expected 1 or more, came 0"),
    ("days = 35", "days = 35, hours = 2", "RBC_AS.dating: expected exactly one of years, days, hours, came 2"),
    ("days = 35", "days = 0", "components.RBC_AS.dating: expected 1 or more"),
    ("days = 35", "days = 35, irradiated_days = 0", "components.RBC_AS.dating.irradiated_days: expected 1 or more"),
    ('from_ward = "never"', 'from_ward = "perhaps"', "policy pack .returns.from_ward: invalid enum value"),
    ('source = "practice"', 'source = "hearsay"', "policy pack cn: returns.source: expected one of"),
    ('jurisdiction = "', "jurisdiction = ", "policy pack: expected TOML"),
    ("[components.WB]", "[components]\nWB = 3\n[components.XX]", "components.WB: expected a table, came int"),
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
        ('phase = "store", low', 'phase = "fridge", low', "components.RBC_AS.allowances[0].phase"),
    ],
)
def test_a_wrong_allowance_names_the_key(old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_pack(pack_text("uk").replace(old, new, 1))
    assert says in str(refused.value)
