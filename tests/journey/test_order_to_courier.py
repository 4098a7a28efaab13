"""From a hospital's order to the courier (订血, 配货, 发血复核, 发血单, 运输交接), told by those who do it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core import kinds
from ledger.read import consignments, orders
from ledger.read.reader import reading
from tests.browser.world import BANK, BOX, CENTRE, FRIDGE, HOSPITAL, PASSWORD, World
from tests.support.supplying import DX1, FX1, FX2, red, stocked
from tests.unit.web.conftest import Visitor

DX, FX = "/orders/DX-2026-000001", "/consignments/FX-2026-000001"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Five A positive, of which the fifth, the first to expire, stands where nothing is measured; one O negative."""
    with stocked(tmp_path / "site", warm=(5,)) as found:
        yield found


def who(world: World, login: str) -> Visitor:
    return Visitor(world.app.test_client()).signed_in(login)


def rule(text: str) -> str:
    return text.partition('data-rule="')[2].partition('"')[0]


def state(world: World) -> tuple[str, list[tuple[int, int]]]:
    with reading(world.site) as reader:
        found = orders.order(reader, DX1, organisation=None)
        assert found is not None
        return str(found.state), [(each.sent, each.open_amount) for each in found.filled]


def order(world: World) -> Visitor:
    """Wu of the hospital orders six U of A positive, urgently."""
    hospital = who(world, "hospital.wu")
    wanted = {"organisation": HOSPITAL, "to": CENTRE, "urgency": "urgent", "wanted_by": "2026-03-02 08:00"}
    answer = hospital.post("/orders/new", **wanted, **{"component-1": "RBC_AS/U", "group-1": "A+", "amount-1": "6"})
    assert answer.location == DX
    return hospital


def test_an_order_is_proposed_picked_checked_numbered_and_carried_to_the_hospital(world: World) -> None:
    hospital, lin, ma = order(world), who(world, "tech.lin"), who(world, "tech.ma")
    page = lin.get(DX).text
    assert [page.index(f'data-proposed="{red(each)}"') for each in (4, 3, 2)] == sorted(
        page.index(f'data-proposed="{red(each)}"') for each in (4, 3, 2)
    ), "first expired, first out"
    assert f'data-passed-over="{red(5)}"' in page, "it would come first, and its cold chain is unknown"
    assert f'data-proposed="{red(6)}"' not in page, "no rule of this site lets O negative stand in"
    assert lin.post(f"{DX}/allocate", page=DX, bag=[f"{red(4)}=1", f"{red(3)}=1"]).status_code == 303
    assert f'data-place="{FRIDGE}"' in lin.get(f"{DX}/pick-list").text

    taken = f"{red(4)}\n{red(2)}"
    assert rule(ma.post(f"{DX}/check", page=DX, scans=taken, sign="yes").text) == "check.not-on-list"
    assert rule(ma.post(f"{DX}/check", page=DX, scans=red(4), sign="yes").text) == "check.missing"
    right = f"{red(4)}\n{red(3)}"
    assert rule(lin.post(f"{DX}/check", page=DX, scans=right, sign="yes").text) == "check.two-persons"
    assert ma.post(f"{DX}/check", page=DX, scans=right, sign="yes").status_code == 303
    assert rule(ma.post(f"{DX}/send", page=DX, place=FRIDGE).text) == "send.two-persons"
    assert lin.post(f"{DX}/send", page=DX, place=FRIDGE, boxes=BOX).location == FX
    assert state(world) == ("part_filled", [(400, 200)])

    def over(visitor: Visitor, passes: str) -> str:
        signed = {"courier": "courier.tang", "courier_password": PASSWORD, "passes": passes}
        answer = visitor.post(f"{FX}/hand-over", page="/steps/stored", **signed)
        return "" if answer.status_code == 303 else rule(answer.text)

    assert over(hospital, "to_receiver") == "pass.hands", "Tang does not have the box yet"
    assert over(lin, "to_courier") == ""
    world.at(1.3)
    assert over(hospital, "to_receiver") == ""
    received = {"dispatch_note": FX1, "units": [red(3), red(4)], "outcome": "accepted", "place": BANK}
    world.claim(1.4, "hospital.wu", kinds.Received, **received)
    with reading(world.site) as reader:
        note = consignments.note_page(reader, FX1, now_ms=world.clock.now_ms())
        assert note is not None
        told = [type(each).__struct_config__.tag for each in note.further]
        assert told == ["handed_over", "handed_over", "received"]
        summary = reader.summary(red(4))
        assert summary is not None
        assert (summary.state, summary.holder) == ("in_hospital", HOSPITAL)


def test_the_rest_of_an_order_goes_with_the_next_note_or_is_cancelled(world: World) -> None:
    order(world)
    lin, ma = who(world, "tech.lin"), who(world, "tech.ma")
    for number, note in ((4, FX1), (3, FX2)):
        assert lin.post(f"{DX}/allocate", page=DX, bag=f"{red(number)}=1").status_code == 303
        assert ma.post(f"{DX}/check", page=DX, scans=red(number), sign="yes").status_code == 303
        answer = lin.post(f"{DX}/send", page=DX, place=FRIDGE)
        assert answer.location == f"/consignments/{note.removeprefix('consignment:')}", "no number is left out"
    assert state(world) == ("part_filled", [(400, 200)])
    assert lin.post(f"{DX}/cancel", page=DX, cause="cannot_be_supplied").status_code == 303
    assert state(world) == ("cancelled", [(400, 200)])
    assert rule(lin.post(f"{DX}/allocate", page=DX, bag=f"{red(2)}=1").text) == "allocation.order-live"


def test_a_bag_that_is_quarantined_on_the_pick_list_does_not_leave(world: World) -> None:
    order(world)
    lin, ma = who(world, "tech.lin"), who(world, "tech.ma")
    assert lin.post(f"{DX}/allocate", page=DX, bag=[f"{red(4)}=1", f"{red(3)}=1"]).status_code == 303
    assert ma.post(f"{DX}/check", page=DX, scans=f"{red(3)}\n{red(4)}", sign="yes").status_code == 303
    world.claim(1.1, "quality.xu", kinds.Quarantined, unit=red(4))
    assert lin.post(f"{DX}/send", page=DX, place=FRIDGE).location == FX
    with reading(world.site) as reader:
        assert consignments.units_of(reader, FX1) == (red(3),)
