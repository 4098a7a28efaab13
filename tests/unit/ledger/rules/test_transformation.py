"""One bag becomes another: how many, which, in what bag, and until when."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.rules.files import pack_text
from ledger.rules.pack import ComponentRules, Dating, Pack, Relabelling
from ledger.rules.pack_file import parse_pack
from ledger.rules.refused import Refused
from ledger.rules.transformation import BOUND, NUMBERS, SAME_BAG, Child, Parent, latest_expiry, may_make, too_late

DIN, OTHER = "A999926000001", "A999926000002"
SHANGHAI = ZoneInfo("Asia/Shanghai")
SOURCE = {"source": "test", "verified": True}
PACK = Pack(
    "test",
    "1",
    "nowhere",
    {},
    {
        "RBC": ComponentRules({}, Dating(days=42, ends="end_of_day", irradiated_days=28, **SOURCE)),
        "WASHED": ComponentRules({}, Dating(hours=24, ends="exact", counted_from="making", **SOURCE)),
        "FFP": ComponentRules(
            {}, Dating(years=1, ends="end_of_day", **SOURCE), relabelling=Relabelling(component="FP", **SOURCE)
        ),
        "FP": ComponentRules({}, Dating(years=4, ends="end_of_day", **SOURCE)),
        "SILENT": ComponentRules({}),
    },
)


def unit(product: str, din: str = DIN) -> str:
    return f"unit:{din}.{product}"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()) * 1000


def local(instant_ms: int | None) -> str | None:
    if instant_ms is None:
        return None
    return datetime.fromtimestamp(instant_ms / 1000, tz=UTC).astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


RED = Parent(unit=unit("A0002V00"), component="RBC", expires_ms=at("2026-02-12T23:59"), container="container:1")
PLASMA = Parent(unit=unit("A0003V00"), component="FFP", expires_ms=at("2027-01-01T23:59"))
MADE = Child(unit=unit("A0012V00"), component="RBC")


def rule(answer: Refused | None) -> str | None:
    return None if answer is None else answer.rule


def parents(count: int) -> list[Parent]:
    return [Parent(unit=unit("A0004V00", f"A99992600000{n}")) for n in range(count)]


def children(count: int) -> list[Child]:
    return [Child(unit=unit(f"A0005V{n:02d}", "A999926000000")) for n in range(count)]


ONE_OF_ONE = ("washed", "irradiated", "frozen", "thawed", "inactivated", "relabelled")
FEWEST_AND_MOST = {
    "prepared": ((1, 1), (1, 99)),
    "pooled": ((2, 100), (1, 1)),
    "split": ((1, 1), (2, 99)),
    **dict.fromkeys(ONE_OF_ONE, ((1, 1), (1, 1))),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_no_fewer_and_no_more(kind: str) -> None:
    (fewest_of, most_of), (fewest, most) = FEWEST_AND_MOST[kind]
    assert may_make(kind, parents(most_of), children(most), pack=PACK) is None
    assert rule(may_make(kind, parents(most_of + 1), children(most), pack=PACK)) == "transformation.parents"
    assert rule(may_make(kind, parents(most_of), children(most + 1), pack=PACK)) == "transformation.children"
    assert rule(may_make(kind, parents(fewest_of - 1), children(fewest), pack=PACK)) == "transformation.parents"
    assert rule(may_make(kind, parents(fewest_of), children(fewest - 1), pack=PACK)) == "transformation.children"


@pytest.mark.parametrize("kind", NUMBERS)
def test_of_how_many_how_many_are_made(kind: str) -> None:
    of, made = NUMBERS[kind]
    assert may_make(kind, parents(of.start), children(made.start), pack=PACK) is None
    assert rule(may_make(kind, parents(of.start - 1), children(made.start), pack=PACK)) == "transformation.parents"
    assert rule(may_make(kind, parents(of.start), children(made.start - 1), pack=PACK)) == "transformation.children"
    beyond = may_make(kind, parents(of.start), children(made.stop), pack=PACK)
    assert rule(beyond) == "transformation.children"


@pytest.mark.parametrize("kind", sorted(set(NUMBERS) - {"pooled"}))
def test_only_a_pool_is_made_of_several(kind: str) -> None:
    assert rule(may_make(kind, parents(2), children(2), pack=PACK)) == "transformation.parents"


def test_a_refused_number_says_what_was_expected() -> None:
    refused = may_make("pooled", parents(1), children(1), pack=PACK)
    assert refused is not None
    assert refused.reason == "pooled: expected 2 units or more to start from, came 1"
    refused = may_make("washed", parents(1), children(2), pack=PACK)
    assert refused is not None
    assert refused.reason == "washed: expected 1 unit to be made, came 2"


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        (MADE, None),
        (replace(MADE, unit=RED.unit), "transformation.child-is-parent"),
        (replace(MADE, exists=True), "transformation.child-exists"),
        (replace(MADE, unit=unit("A0012V00", OTHER)), "transformation.donation"),
        (replace(MADE, unit=unit("A0002VA0")), None),
        (replace(MADE, expires_ms=1000, latest_ms=999), "dating.too-late"),
        (replace(MADE, expires_ms=999, latest_ms=999), None),
        (replace(MADE, container="container:2"), "container.same"),
        (replace(MADE, container="container:1", held_by=RED.unit), None),
        (replace(MADE, container="container:1", held_by=unit("A0009V00")), "container.in-use"),
    ],
)
def test_an_irradiated_unit_is_a_new_one_of_the_same_donation_in_the_same_bag(
    child: Child, expected: str | None
) -> None:
    assert rule(may_make("irradiated", [RED], [child], pack=PACK)) == expected


def test_of_several_children_each_is_looked_at() -> None:
    halves = [Child(unit=unit(f"A0002V{letter}0")) for letter in "AB"]
    assert may_make("split", [RED], halves, pack=PACK) is None
    assert rule(may_make("split", [RED], [halves[0], halves[0]], pack=PACK)) == "transformation.child-twice"
    late = replace(halves[1], expires_ms=2, latest_ms=1)
    assert rule(may_make("split", [RED], [halves[0], late], pack=PACK)) == "dating.too-late"
    elsewhere = replace(halves[0], container="container:9")
    assert may_make("split", [RED], [elsewhere, halves[1]], pack=PACK) is None, "a split goes into other bags"
    taken = replace(halves[1], container="container:8", held_by=unit("A0009V00"))
    assert rule(may_make("split", [RED], [halves[0], taken], pack=PACK)) == "container.in-use"


def test_a_pool_may_have_a_number_of_its_own_and_is_none_of_what_went_in() -> None:
    donors = [RED, replace(RED, unit=unit("A0002V00", OTHER))]
    assert may_make("pooled", donors, [Child(unit=unit("A0007V00", "A999926009999"))], pack=PACK) is None
    assert rule(may_make("pooled", donors, [Child(unit=donors[1].unit)], pack=PACK)) == "transformation.child-is-parent"


@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        ("FFP", "FP", None),
        ("FFP", "FFP", None),
        ("FFP", "RBC", "transformation.relabelling"),
        ("RBC", "FP", "transformation.relabelling"),
        ("RBC", None, "transformation.relabelling"),
        ("SILENT", "SILENT", None),
        (None, "FP", None),
        ("GONE", "GONE", None),
    ],
)
def test_a_label_makes_another_component_only_where_the_pack_says_so(
    parent: str | None, child: str | None, expected: str | None
) -> None:
    made = Child(unit=unit("A0006V00"), component=child)
    answer = may_make("relabelled", [replace(PLASMA, component=parent)], [made], pack=PACK)
    assert rule(answer) == expected
    assert may_make("frozen", [replace(PLASMA, component=parent)], [made], pack=PACK) is None


def test_what_it_may_be_relabelled_as_is_said() -> None:
    made = Child(unit=unit("A0006V00"), component="RBC")
    for component, said in (("FFP", "FFP may be relabelled as FP, came RBC"), ("FP", "as nothing else, came RBC")):
        refused = may_make("relabelled", [replace(PLASMA, component=component)], [made], pack=PACK)
        assert refused is not None
        assert said in refused.reason


@pytest.mark.parametrize(
    ("kind", "component", "parent", "irradiated", "expected"),
    [
        ("prepared", "RBC", None, None, "2026-02-12T23:59"),  # 42 days after 1 January
        ("prepared", "RBC", Parent(unit=unit("A0001V00"), component="WB", expires_ms=at("2026-01-22T23:59")), None,
         "2026-02-12T23:59"),
        ("irradiated", "RBC", RED, "2026-01-05T10:00", "2026-02-02T23:59"),  # 28 days after irradiation
        ("irradiated", "RBC", RED, "2026-02-01T10:00", "2026-02-12T23:59"),  # the original end is earlier
        ("irradiated", "RBC", replace(RED, expires_ms=at("2026-01-31T23:59")), "2026-01-05T10:00", "2026-01-31T23:59"),
        ("washed", "WASHED", RED, None, "2026-01-06T10:30"),  # exactly 24 hours after it was made
        ("washed", "WASHED", replace(RED, expires_ms=at("2026-01-05T23:59")), None, "2026-01-05T23:59"),
        ("split", "WASHED", Parent(unit=RED.unit, component="WASHED", expires_ms=at("2026-01-05T12:00")), None,
         "2026-01-05T12:00"),
        ("split", "RBC", RED, None, "2026-02-12T23:59"),
        ("frozen", "FFP", RED, None, "2027-01-01T23:59"),  # a red cell's end does not bound what is frozen
        ("relabelled", "FP", PLASMA, None, "2030-01-01T23:59"),  # 4 years from the same collection
        ("relabelled", "FFP", replace(PLASMA, expires_ms=at("2026-12-01T23:59")), None, "2026-12-01T23:59"),
        ("washed", "SILENT", RED, None, "2026-02-12T23:59"),
        ("washed", None, RED, None, "2026-02-12T23:59"),
        ("thawed", "SILENT", RED, None, None),
        ("prepared", None, None, None, None),
        ("washed", "SILENT", replace(RED, expires_ms=None), None, None),
    ],
)  # fmt: skip
def test_the_earliest_end_counts(
    kind: str, component: str | None, parent: Parent | None, irradiated: str | None, expected: str | None
) -> None:
    found = latest_expiry(
        kind,
        component,
        pack=PACK,
        zone=SHANGHAI,
        made_ms=at("2026-01-05T10:30"),
        collected_ms=at("2026-01-01T09:00"),
        irradiated_ms=None if irradiated is None else at(irradiated),
        parents=[] if parent is None else [parent],
    )
    assert local(found) == expected


def test_of_a_pool_the_first_to_expire_counts_and_an_unknown_collection_says_nothing() -> None:
    pooled = [replace(RED, expires_ms=at("2026-01-20T23:59")), RED]
    common = {"pack": PACK, "zone": SHANGHAI, "made_ms": at("2026-01-05T10:30"), "collected_ms": None}
    assert local(latest_expiry("pooled", "RBC", **common, parents=pooled)) == "2026-01-20T23:59"  # type: ignore[arg-type]
    assert latest_expiry("collected", "RBC", **common) is None  # type: ignore[arg-type]


def test_a_later_expiry_is_refused_and_the_latest_is_named() -> None:
    refused = too_late(at("2026-02-13T23:59"), latest_ms=at("2026-02-12T23:59"), unit=RED.unit)
    assert refused is not None
    assert refused.rule == "dating.too-late"
    assert "2026-02-12T15:59:00.000Z at the latest, came 2026-02-13T15:59:00.000Z" in refused.reason
    assert too_late(None, latest_ms=1, unit=RED.unit) is None
    assert too_late(at("2099-01-01T00:00"), latest_ms=None, unit=RED.unit) is None


def test_every_word_of_the_rule_is_a_transformation() -> None:
    assert set(NUMBERS) > SAME_BAG | BOUND


def test_the_shipped_packs_date_what_they_make() -> None:
    """Plasma frozen in China, relabelled at its end, lives four years from its collection."""
    pack = parse_pack(pack_text("cn"))
    collected = at("2028-02-29T09:00")
    found = latest_expiry(
        "relabelled", "FP", pack=pack, zone=SHANGHAI, made_ms=at("2029-02-20T09:00"), collected_ms=collected,
        parents=[replace(PLASMA, expires_ms=at("2029-02-28T23:59"))],
    )  # fmt: skip
    assert local(found) == "2032-02-29T23:59"
