"""The pages of an order, over plain HTTP: placed, allocated, checked, sent, handed over, cancelled."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.world import BOX, CENTRE, FRIDGE, HOSPITAL, PASSWORD, World
from tests.support.supplying import red, stocked
from tests.unit.web.conftest import Visitor

DX, FX = "/orders/DX-2026-000001", "/consignments/FX-2026-000001"
LINE = {"component-1": "RBC_AS/U", "group-1": "A+", "amount-1": "4"}
WANTED = {"organisation": HOSPITAL, "to": CENTRE, "urgency": "urgent", "wanted_by": "2026-03-03 08:00", **LINE}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with stocked(tmp_path / "site", warm=(5,)) as found:
        yield found


def who(world: World, login: str) -> Visitor:
    return Visitor(world.app.test_client()).signed_in(login)


def rule(text: str) -> str:
    return text.partition('data-rule="')[2].partition('"')[0]


def placed(world: World) -> Visitor:
    """The hospital has ordered; its visitor."""
    hospital = who(world, "hospital.wu")
    assert hospital.post("/orders/new", **WANTED).location == DX
    return hospital


def allocated(world: World) -> Visitor:
    """Lin has allocated what was proposed."""
    placed(world)
    technician = who(world, "tech.lin")
    answer = technician.post(f"{DX}/allocate", page=DX, bag=[f"{red(4)}=1", f"{red(3)}=1"])
    assert answer.status_code == 303, answer.text
    return technician


def sent(world: World) -> Visitor:
    technician = allocated(world)
    scans = f"{red(3)}\n{red(4)}"
    assert who(world, "tech.ma").post(f"{DX}/check", page=DX, scans=scans, sign="yes").status_code == 303
    answer = technician.post(f"{DX}/send", page=DX, place=FRIDGE, boxes=BOX)
    assert answer.location == FX, answer.text
    return technician


def test_a_hospital_orders_and_both_sides_see_it(world: World) -> None:
    hospital = placed(world)
    for visitor in (hospital, who(world, "tech.lin"), who(world, "admin.zhou")):
        assert 'data-order="order:DX-2026-000001" data-state="open"' in visitor.get("/orders").text
    page = hospital.get(DX).text
    assert "urgent" in page
    assert "4 U" in page
    assert "data-proposed" not in page, "what the station has is not the hospital's to see"
    assert hospital.get(f"{DX}/pick-list").status_code == 403
    assert who(world, "tech.lin").get("/orders/new").status_code == 403


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"wanted_by": "soon"}, "order.fields"),
        ({"wanted_by": ""}, "order.fields"),
        ({"amount-1": ""}, "order.fields"),
        ({"amount-1": "a lot"}, "order.fields"),
        ({"component-1": "RBC_AS"}, "order.fields"),
        ({"component-1": "RBC_AS/L"}, "order.fields"),
        ({"group-1": ""}, "order.fields"),
        ({"to": ""}, "order.fields"),
        ({"to": HOSPITAL}, "order.parties"),
        ({"organisation": CENTRE}, "order.hospital"),
        ({"component-1": "RBC_AS/mL"}, "order.component"),
    ],
)
def test_what_is_no_order_is_refused_and_nothing_typed_is_lost(
    world: World, change: dict[str, str], expected: str
) -> None:
    answer = who(world, "hospital.wu").post("/orders/new", **{**WANTED, "amount-2": "1", "group-2": "O-", **change,
                                                             "component-2": "RBC_AS/U"})  # fmt: skip
    if change == {"amount-1": ""}:
        assert answer.status_code == 303, "the second line is one"
        return
    assert (answer.status_code, rule(answer.text)) == (422, expected)
    assert 'value="1"' in answer.text


def test_the_station_sees_what_is_proposed_and_allocates_it(world: World) -> None:
    placed(world)
    technician = who(world, "tech.lin")
    page = technician.get(DX).text
    assert page.index(f'data-proposed="{red(4)}"') < page.index(f'data-proposed="{red(3)}"')
    assert f'data-passed-over="{red(5)}"' in page
    assert "its cold chain was out of range, or is unknown" in page
    answer = technician.post(f"{DX}/allocate", page=DX, bag=f"{red(4)}=1", further=red(2), line="1")
    assert answer.location == DX
    listed = technician.get(DX).text
    assert all(f'data-picked="{red(each)}"' in listed for each in (4, 2))
    assert 'data-open="0"' in listed
    printed = technician.get(f"{DX}/pick-list").text
    assert printed.index(f'data-picked="{red(2)}"') < printed.index(f'data-picked="{red(4)}"')
    assert f'data-place="{FRIDGE}"' in printed
    assert ("data-print>" in printed, "/print.js" in printed) == (True, True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"further": "=A999926000001"}, "check.scans"),
        ({}, "check.scans"),
        ({"bag": f"{red(6)}=1"}, "allocation.group"),
        ({"bag": f"{red(1)}=x"}, "allocation.line"),
        ({"further": red(1), "line": ""}, "allocation.line"),
        ({"further": red(1), "line": "9" * 5000}, "allocation.line"),
    ],
)
def test_what_cannot_be_allocated_is_refused_by_name(world: World, given: dict[str, str], expected: str) -> None:
    placed(world)
    answer = who(world, "tech.lin").post(f"{DX}/allocate", page=DX, **given)
    assert (answer.status_code, rule(answer.text)) == (422, expected)


def test_the_second_check_says_of_each_bag_whether_it_is_right(world: World) -> None:
    allocated(world)
    second = who(world, "tech.ma")
    looked = second.post(f"{DX}/check", page=DX, scans=f"{red(3)}\n{red(1)}").text
    assert f'data-found="{red(3)}"' in looked
    assert f'data-wrong="{red(1)}"' in looked
    assert f'data-missing="{red(4)}"' in looked
    for scans, expected in ((red(3), "check.missing"), (f"{red(3)}\n{red(4)}\n{red(1)}", "check.not-on-list"),
                            ("=A999926000001", "check.scans")):  # fmt: skip
        answer = second.post(f"{DX}/check", page=DX, scans=scans, sign="yes")
        assert (answer.status_code, rule(answer.text)) == (422, expected)
    alone = who(world, "tech.lin").post(f"{DX}/check", page=DX, scans=f"{red(3)}\n{red(4)}", sign="yes")
    assert rule(alone.text) == "check.two-persons"
    assert 'action="/orders/DX-2026-000001/send"' not in second.get(DX).text


def test_the_dispatch_note_gets_the_next_number(world: World) -> None:
    technician = sent(world)
    page = technician.get(DX).text
    assert "FX-2026-000001" in page
    assert 'data-state="filled"' in technician.get("/orders?all=1").text
    assert "No orders." in technician.get("/orders").text
    assert technician.get(FX).status_code == 200


def test_what_cannot_be_sent_is_refused_by_name(world: World) -> None:
    technician = allocated(world)
    assert rule(technician.post(f"{DX}/send", page=DX, place=FRIDGE).text) == "send.unchecked"
    assert rule(technician.post(f"{DX}/send", page=DX, place=FRIDGE, boxes="a/b").text) == "order.fields"
    assert rule(technician.post(f"{DX}/send", page=DX).text) == "place.foreign"


def over(visitor: Visitor, courier: str = "courier.tang", **fields: str) -> str:
    answer = visitor.post(f"{FX}/hand-over", page="/steps/stored", courier=courier, **fields)
    return "" if answer.status_code == 303 else rule(answer.text)


def test_a_hand_over_is_signed_by_both(world: World) -> None:
    technician = sent(world)
    hospital = who(world, "hospital.wu")
    assert 'action="/consignments/FX-2026-000001/hand-over"' in technician.get(FX).text
    assert 'action="/consignments/FX-2026-000001/hand-over"' not in hospital.get(FX).text, "nobody carries it yet"
    assert over(technician, courier_password="wrong") == "person.signature"
    assert over(technician, "nobody", courier_password=PASSWORD) == "person.unknown"
    assert over(hospital, courier_password=PASSWORD, passes="to_courier") == "pass.side"
    assert over(technician, courier_password=PASSWORD) == ""
    assert over(who(world, "tech.ma"), courier_password=PASSWORD, passes="to_receiver") == "pass.side"
    world.at(1.2)
    assert over(hospital, courier_password=PASSWORD, passes="to_receiver") == ""
    page = hospital.get(FX).text
    assert page.count("Handed over") == 2
    assert "to the receiver" in page
    assert 'action="/consignments/FX-2026-000001/hand-over"' not in page


def test_what_is_cancelled_asks_for_its_bags_back(world: World) -> None:
    technician = allocated(world)
    hospital = who(world, "hospital.wu")
    assert rule(hospital.post(f"{DX}/cancel", page=DX, cause="whim").text) == "order.fields"
    assert hospital.post(f"{DX}/cancel", page=DX, cause="ordered_twice").location == DX
    page = technician.get(DX).text
    assert "Put these back into stock" in page
    assert "data-proposed" not in page
    assert rule(technician.post(f"{DX}/allocate", page=DX, bag=f"{red(1)}=1").text) == "allocation.order-live"


def test_a_file_that_cannot_be_read_hides_no_order(world: World) -> None:
    placed(world)
    (world.site.directory / "supply.toml").write_text("what", "utf-8")
    assert 'data-problem="supply"' in who(world, "tech.lin").get(DX).text


def test_what_is_done_for_an_order_has_no_form_of_its_own(world: World) -> None:
    technician = who(world, "tech.lin")
    listed = technician.get("/steps").text
    for kind in ("ordered", "order_cancelled", "dispatch_checked", "handed_over"):
        assert f"/steps/{kind}" not in listed
        assert technician.get(f"/steps/{kind}").status_code == 404
    placed(world)
    allocating = {"unit": red(1), "order": "order:DX-2026-000001", "line": "1"}
    assert rule(technician.post("/steps/allocated", **allocating).text) == "order.own-page"
    note = {"units": red(1), "to": HOSPITAL, "place": FRIDGE}
    assert rule(technician.post("/steps/dispatched", dispatch_note="FX-2026-000009", **note).text) == (
        "dispatch.numbered"
    )
    assert technician.post("/steps/dispatched", dispatch_note="N-1", **note).status_code == 303
    again = {**note, "units": red(2)}
    assert rule(technician.post("/steps/dispatched", dispatch_note="N-1", **again).text) == "dispatch.note-used"


def test_an_order_of_others_is_not_there(world: World) -> None:
    assert who(world, "hospital.wu").get("/orders/DX-2026-000009").status_code == 404
    assert who(world, "hospital.wu").get("/orders/a%20b").status_code == 404
