"""What readers, scanners and hands found at a hospital's bench, as the units that it leads to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.append import Draft
from ledger.core import kinds
from ledger.read.reader import reading
from ledger.read.sweeping import Swept, sighted, typed
from ledger.rules.receiving import Sighted
from tests.support.consignments import FRIDGE, GATE, HOSPITAL, Day, consign
from tests.support.producers import Gateway, declare, introduce
from tests.support.wide import wide

BENCH = "place:hospital/bench"
BY = {"device": "device:bench", "place": BENCH}
OWN = "unit:A999926000077.A0002V00"


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    """Three bags on the road, and a bench at the hospital where one bag lies that is the hospital's own."""
    for told in consign(tmp_path / "site", 3):
        bench = {"place": BENCH, "organisation": HOSPITAL, "name_zh": "台", "name_en": "Bench"}
        declare(told.ledger, Draft(kinds.PlaceAdded, bench))
        told.claim(kinds.Opening, {"unit": OWN, "place": BENCH})
        told.claim(kinds.TagAssociated, {"unit": OWN, "tag": "tag:E280A99900000077"})
        told.gateway = Gateway("gw-hospital")
        introduce(told.ledger, told.gateway)
        yield told


def seen(day: Day, since_ms: int = 0) -> list[Sighted]:
    with reading(day.site) as reader:
        return list(sighted(reader, BENCH, day.red_cells, since_ms=since_ms, now_ms=day.clock.at_ms))


def told(day: Day, *texts: str, scope: str | None = None) -> list[tuple[str | None, str]]:
    """What each text leads to, and as what it was taken."""
    with reading(day.site) as reader:
        return [(each.unit, each.source) for each in typed(reader, Swept(texts=texts, scope=scope))]


def scan(unit: str) -> str:
    return f"=+03000={unit[5:18]}00=%6200=<{unit[19:]}"


def test_readers_and_scanners_at_the_bench_lead_to_bags(day: Day) -> None:
    one, two, three = day.red_cells
    arrived = {"tag": day.tag(0), "antenna": 1, "reads": 2, **BY}
    day.seen((kinds.TagArrived, arrived), (kinds.UnknownTagSeen, {**arrived, "tag": "tag:E280000000000001"}))
    day.seen((kinds.LabelScanned, {**BY, "unit": two, "abo": "B", "rhd": "positive"}))
    day.seen(
        (kinds.LabelScanned, {**BY, "din": f"din:{three[5:18]}"}),
        (kinds.TagLeft, {"tag": day.tag(0), "reads": 1, **BY}),
    )
    assert seen(day) == [
        Sighted(text=day.tag(0), unit=one, source="tag"),
        Sighted(text="tag:E280000000000001", unit=None, source="tag"),
        Sighted(text=two, unit=two, source="device", says=("B", "positive")),
    ]


def test_only_what_is_seen_at_that_place_and_from_that_instant_on_counts(day: Day) -> None:
    arrived = {"tag": day.tag(0), "antenna": 1, "reads": 2}
    day.seen((kinds.TagArrived, arrived | BY))
    day.seen((kinds.TagArrived, {**arrived, "tag": day.tag(1), **BY, "place": GATE}))
    assert [each.unit for each in seen(day)] == day.red_cells[:1]
    assert seen(day, since_ms=day.clock.at_ms) == []
    with reading(day.site) as reader:
        assert list(sighted(reader, None, day.red_cells, since_ms=0, now_ms=day.clock.at_ms)) == []


def test_the_hospitals_own_bag_that_lies_there_is_no_matter_of_the_consignment(day: Day) -> None:
    day.seen((kinds.TagArrived, {"tag": "tag:E280A99900000077", "antenna": 1, "reads": 2, **BY}))
    assert seen(day) == []


@pytest.mark.parametrize(
    ("says", "beside"),
    [({}, 0), ({"product": "A0002V00"}, 0), ({"product": "A0003V00"}, None), ({"din": "din:A999926000001"}, 1)],
    ids=["the donation alone", "the bag", "another product", "another donation"],
)
def test_a_tags_memory_may_name_another_bag(day: Day, says: dict[str, str], beside: int | None) -> None:
    one = day.red_cells[0]
    memory = kinds.MemorySays(**{"din": f"din:{one[5:18]}", "abo": "A", "rhd": "negative", **says})
    read = {**BY, "tag": day.tag(0), "outcome": "read", "says": memory}
    day.seen((kinds.TagMemoryRead, read))
    (found,) = seen(day)
    assert (found.unit, found.source, found.says) == (one, "device", ("A", "negative"))
    assert (found.beside == one) is (beside == 0)


def test_a_memory_that_cannot_be_relied_on_says_nothing(day: Day) -> None:
    memory = kinds.MemorySays(din="din:A999926000001")
    read = {**BY, "tag": day.tag(0), "outcome": "read", "says": memory, "crc": "differs"}
    day.seen((kinds.TagMemoryRead, read), (kinds.TagMemoryRead, {**BY, "tag": day.tag(0), "outcome": "blank"}))
    assert seen(day) == []


def test_a_hand_scans_a_bag_in_one_scan_or_two_or_its_tag(day: Day) -> None:
    one, two, _ = day.red_cells
    assert told(day, scan(one)) == [(one, "hand")]
    assert told(day, f"={one[5:18]}00", "=<A0002V00", two, day.tag(1)) == [(one, "hand"), (two, "hand"), (two, "tag")]
    assert told(day, "", "  ") == []


def test_a_hand_scans_with_any_scanner_and_any_input_method(day: Day) -> None:
    one, two, _ = day.red_cells
    assert told(day, f"]C0{scan(one)}\r", wide(f"={one[5:18]}00"), "=《A0002V00") == [(one, "hand"), (one, "hand")]
    assert told(day, f"{day.tag(0)[4:]}，]d2{scan(two)}") == [(one, "tag"), (two, "hand")]


@pytest.mark.parametrize(
    "text", ["=A99992600000000", "=<A0002V00", "=>026045", "=?", "nonsense", "E28000000000FFFF", "=A99992600000099"]
)
def test_what_names_no_bag_leads_to_none(day: Day, text: str) -> None:
    assert [unit for unit, _ in told(day, text)] == [None]


def test_a_half_does_not_wait_for_the_bag_after_the_next(day: Day) -> None:
    one = day.red_cells[0]
    assert told(day, f"={one[5:18]}00", scan(day.red_cells[1]), "=<A0002V00")[0] == (day.red_cells[1], "hand")


def test_after_a_tag_and_a_comma_comes_the_label_of_the_same_bag(day: Day) -> None:
    one, two, _ = day.red_cells
    with reading(day.site) as reader:
        tagged, labelled = typed(reader, Swept(texts=[f"{day.tag(0)[4:]}, {scan(two)}"]))
    assert (tagged.unit, tagged.beside, tagged.source) == (one, two, "tag")
    assert (labelled.unit, labelled.says, labelled.source) == (two, ("A", "positive"), "hand")
    assert told(day, f"{day.tag(0)[4:]}, rubbish") == [(one, "tag"), (None, "hand")]


def test_what_is_typed_leads_to_what_its_reader_may_see(day: Day) -> None:
    foreign = {"unit": "unit:A999926000088.A0002V00", "place": FRIDGE}
    day.claim(kinds.Opening, foreign)
    day.claim(kinds.TagAssociated, {"unit": foreign["unit"], "tag": "tag:E280A99900000088"})
    for text in ("E280A99900000088", str(foreign["unit"])):
        assert [unit for unit, _ in told(day, text)] == [foreign["unit"]]
        assert [unit for unit, _ in told(day, text, scope=HOSPITAL)] == [None]
