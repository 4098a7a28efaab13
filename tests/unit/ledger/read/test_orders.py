"""Orders as the log has them: seen by their two parties, filled by what was sent, picked by place."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.append import Draft
from ledger.core import kinds
from ledger.core.errors import ConfigError
from ledger.core.ids import format_instant
from ledger.core.kinds import OrderLine
from ledger.read import orders
from ledger.read.orders import Order
from ledger.read.reader import Reader, reading
from ledger.rules.ordering import OrderState
from tests.browser.world import BANK, BOX, CENTRE, FRIDGE, HOSPITAL, HOUR_MS, LAB, World, opened
from tests.support.producers import NOON_MS, declare

DX1, DX2 = "order:DX-2026-000001", "order:DX-2026-000002"
LINES = [
    OrderLine(component="RBC_AS", abo="A", rhd="positive", amount=400, measure="U"),
    OrderLine(component="RBC_AS", abo="O", rhd="positive", amount=200, measure="U"),
]


def red(number: int) -> str:
    return f"unit:A99992600000{number}.A0002V00"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Three A positive in a fridge and one in the laboratory, released; the first two expire last."""
    with opened(tmp_path / "site") as found:
        for number, place in ((1, FRIDGE), (2, LAB), (3, FRIDGE), (4, FRIDGE)):
            expires = format_instant(NOON_MS + (30 - number) * 24 * HOUR_MS)
            group = {"abo": "A", "rhd": "positive", "expires": expires}
            found.claim(0, "tech.lin", kinds.Opening, unit=red(number), **group, place=place)
            found.claim(0.1, "quality.xu", kinds.Released, unit=red(number))
        yield found


@contextmanager
def looked(world: World) -> Iterator[Reader]:
    with reading(world.site) as reader:
        yield reader


def place(world: World, name: str = DX1, *, hours: float = 1, wanted: float = 24, **other: object) -> None:
    said = {"order": name, "organisation": HOSPITAL, "to": CENTRE, "lines": LINES} | other
    world.claim(
        hours, "hospital.wu", kinds.Ordered, wanted_by=format_instant(NOON_MS + round(wanted * HOUR_MS)), **said
    )


def allocate(world: World, *numbers: int, name: str = DX1, line: int = 1) -> None:
    for number in numbers:
        world.claim(2, "tech.lin", kinds.Allocated, unit=red(number), order=name, line=line)


def send(world: World, *numbers: int, name: str = DX1, note: str = "FX-2026-000001", hours: float = 3) -> None:
    sent = {"dispatch_note": f"consignment:{note}", "units": [red(each) for each in numbers], "to": HOSPITAL}
    world.claim(hours, "tech.lin", kinds.Dispatched, order=name, place=FRIDGE, **sent)


def found(world: World, name: str = DX1, organisation: str | None = None) -> Order | None:
    with looked(world) as reader:
        return orders.order(reader, name, organisation=organisation)


def test_an_order_is_seen_by_its_hospital_and_its_station(world: World) -> None:
    declare(world.ledger, Draft(kinds.OrganisationAdded, {"organisation": "org:other", "role": "hospital",
                                                         "name_zh": "他", "name_en": "Other"}))  # fmt: skip
    place(world)
    for organisation in (None, HOSPITAL, CENTRE):
        assert found(world, organisation=organisation) is not None
    assert found(world, organisation="org:other") is None
    assert found(world, DX2) is None
    assert found(world, "unit:x") is None
    with looked(world) as reader:
        assert orders.orders(reader, organisation="org:other", live=False) == ()


def test_the_pick_list_is_sorted_by_place(world: World) -> None:
    place(world)
    allocate(world, 1, 2, 3)
    told = found(world)
    assert told is not None
    assert [(each.unit, told.bags[each.unit].place) for each in told.to_pick] == [
        (red(1), FRIDGE),
        (red(3), FRIDGE),
        (red(2), LAB),
    ]
    assert (told.filled[0].allocated, told.filled[0].open_amount, told.state) == (600, 0, OrderState.OPEN)


def test_what_was_put_back_is_no_longer_the_orders(world: World) -> None:
    place(world)
    allocate(world, 1, 2)
    world.claim(2.5, "tech.lin", kinds.Stored, unit=red(1), place=FRIDGE)
    told = found(world)
    assert told is not None
    assert [each.unit for each in told.to_pick] == [red(2)]
    world.claim(2.6, "quality.xu", kinds.Quarantined, unit=red(2))
    held = found(world)
    assert held is not None
    assert (held.to_pick, held.filled[0].bags) == ((), 0)


def test_a_packed_bag_stays_on_the_list_in_its_box(world: World) -> None:
    place(world)
    allocate(world, 1)
    world.claim(2.5, "tech.lin", kinds.Packed, box=BOX, units=[red(1)], place=FRIDGE)
    told = found(world)
    assert told is not None
    assert [told.bags[each.unit].place for each in told.to_pick] == [BOX]


def test_what_was_sent_fills_the_order_whatever_becomes_of_it(world: World) -> None:
    place(world, lines=LINES[:1])
    allocate(world, 1, 2)
    send(world, 1)
    part = found(world)
    assert part is not None
    assert (part.state, part.notes, [each.unit for each in part.to_pick]) == (
        OrderState.PART_FILLED,
        ("consignment:FX-2026-000001",),
        [red(2)],
    )
    send(world, 2, note="FX-2026-000002", hours=4)
    note = {"dispatch_note": "consignment:FX-2026-000001", "units": [red(1)], "place": BANK}
    world.claim(5, "hospital.wu", kinds.Received, outcome="accepted", **note)
    world.claim(6, "hospital.wu", kinds.Discarded, unit=red(1), place=BANK)
    whole = found(world)
    assert whole is not None
    assert (whole.state, len(whole.notes), whole.filled[0].sent) == (OrderState.FILLED, 2, 400)


def test_orders_are_listed_by_when_they_are_wanted_and_filled_ones_only_if_asked_for(world: World) -> None:
    place(world, wanted=30)
    place(world, DX2, wanted=20, urgency="urgent")
    place(world, "order:DX-2026-000003", wanted=25)
    world.claim(2, "hospital.wu", kinds.OrderCancelled, order=DX1, cause="ordered_twice")
    with looked(world) as reader:
        live = orders.orders(reader, organisation=CENTRE, live=True)
        everything = orders.orders(reader, organisation=CENTRE, live=False)
    assert [each.order for each in live] == [DX2, "order:DX-2026-000003"]
    assert [(each.order, each.state) for each in everything][-1] == (DX1, OrderState.CANCELLED)


def test_numbers_follow_the_last_one_that_was_given_out_and_begin_anew_each_year(world: World) -> None:
    with looked(world) as reader:
        assert orders.next_order(reader, at_ms=NOON_MS) == DX1
        assert orders.next_note(reader, at_ms=NOON_MS) == "consignment:FX-2026-000001"
    place(world)
    place(world, DX2)
    allocate(world, 1)
    send(world, 1, note="FX-2026-000007")
    named = {"dispatch_note": "consignment:FX-2026-000500", "units": [red(1)], "place": BANK}
    world.claim(4, "hospital.wu", kinds.Received, outcome="accepted", **named)
    with looked(world) as reader:
        assert orders.next_order(reader, at_ms=NOON_MS) == "order:DX-2026-000003"
        assert orders.next_note(reader, at_ms=NOON_MS) == "consignment:FX-2026-000008", "a paper named gives none out"
        new_year_here = NOON_MS + (305 * 24 + 4) * HOUR_MS  # 2027-01-01 00:00 in Shanghai, 2026 still in UTC
        assert orders.next_note(reader, at_ms=new_year_here - 1) == "consignment:FX-2026-000008"
        assert orders.next_note(reader, at_ms=new_year_here) == "consignment:FX-2027-000001"
        assert orders.next_order(reader, at_ms=new_year_here) == "order:DX-2027-000001"


def test_a_note_of_another_making_that_begins_like_the_series_is_none_of_its_numbers(world: World) -> None:
    place(world)
    place(world, DX2)
    allocate(world, 1)
    send(world, 1, note="FX-2026-000007")
    allocate(world, 2, name=DX2)
    send(world, 2, name=DX2, note="FX-2026-0303-01")
    with looked(world) as reader:
        assert orders.next_note(reader, at_ms=NOON_MS) == "consignment:FX-2026-000008"


def test_the_sites_own_series_and_what_stands_in_are_read_from_its_folder(world: World) -> None:
    file = world.site.directory / orders.SUPPLY_FILE
    file.write_text('series = "GZ"\n[[instead]]\ncomponent = "RBC_AS"\nordered = "O+"\ngive = ["A+"]\n', "utf-8")
    place(world, lines=LINES[1:])
    with looked(world) as reader:
        assert orders.next_note(reader, at_ms=NOON_MS) == "consignment:GZ-2026-000001"
        wanted = orders.order(reader, DX1, organisation=None)
        assert wanted is not None
        told = orders.propose(reader, wanted, now_ms=NOON_MS + HOUR_MS)
    assert told.lines[0].bags == ()
    assert [refused.rule for _, refused in told.passed_over] == ["allocate.exposure-ok"] * 4, "no probe was there"
    file.write_bytes(b"\xff")
    with looked(world) as reader, pytest.raises(ConfigError, match="expected a file in UTF-8"):
        orders.supply(reader)


def test_nothing_is_proposed_for_an_order_that_is_over(world: World) -> None:
    place(world)
    world.claim(2, "hospital.wu", kinds.OrderCancelled, order=DX1, cause="no_longer_needed")
    with looked(world) as reader:
        wanted = orders.order(reader, DX1, organisation=None)
        assert wanted is not None
        assert orders.propose(reader, wanted, now_ms=NOON_MS + 3 * HOUR_MS).lines == ()
