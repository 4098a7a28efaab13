"""Blood goes back to the station (退血): why, in what, what the pack says of it there, and what persons decide."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core import kinds
from tests.browser import world as story
from tests.browser.world import BANK, BOX, CENTRE, FRIDGE, PASSWORD, WARD, opened
from tests.journey.test_receipt_and_discard import PAGE, Delivery, red, rule_of, sign
from tests.unit.web.conftest import Visitor

NOTE = "TX-2026-000001"
TAKEN_BACK = f"/consignments/{NOTE}/return"


@pytest.fixture
def delivery(tmp_path: Path) -> Iterator[Delivery]:
    """Three bags that came cold at a quarter past four; the hospital's fridge is cold from then on."""
    with opened(tmp_path / "site") as world:
        came = Delivery(world)
        came.make(1, 2, 3)
        came.send(1, 2, 3)
        world.at(4.2)
        assert sign(came.visitor(), "accepted", 1, 2) == ""
        assert sign(came.visitor(), "refused", 3, code="label") == ""
        story._readings(world, came.hospital, BANK, 4.1, 6)
        yield came


def send_back(who: Visitor, *numbers: int, box: str = BOX, place: str = BANK, to: str = CENTRE, **more: str) -> str:
    """Send bags back; answer the rule that refused it, or nothing."""
    units = "\n".join(red(number) for number in numbers)
    answer = who.post("/returns", units=units, place=place, to=to, box=box, **more)
    return "" if answer.status_code == 303 else rule_of(answer.text)


def decide(who: Visitor, number: int, outcome: str, *, seal: str = "intact", place: str = FRIDGE, **more: str) -> str:
    """Decide of one bag; answer the rule that refused it, or nothing."""
    chosen = {f"outcome.{red(number)}": outcome, f"seal.{red(number)}": seal}
    answer = who.post(TAKEN_BACK, unit=[red(number)], place=place, **chosen, **more)
    return "" if answer.status_code == 303 else rule_of(answer.text)


def answers(page: str) -> dict[str, str]:
    """Bag → what the pack says of it."""
    return dict(re.findall(r'data-unit="([^"]+)" data-answer="(\w+)"', page))


def comes_back(delivery: Delivery, *numbers: int, hour: float = 6) -> None:
    """The bags are sent back in a cold box, and are at the station an hour later."""
    delivery.world.at(hour)
    assert send_back(delivery.visitor(), *numbers, code="not-needed", seal="S-2") == ""
    story._readings(delivery.world, delivery.centre, BOX, hour, hour + 1)


def test_a_refused_bag_goes_back_with_its_reason_and_is_not_put_back_where_it_was_not_cold(delivery: Delivery) -> None:
    delivery.world.at(5)
    nurse = delivery.visitor()
    page = nurse.get("/returns").text
    assert f'data-to-send="{red(3)}"' in page
    assert "refused: label unreadable" in page
    assert send_back(nurse, 3, box="") == "", "it has its reason"
    delivery.world.at(5.5)
    station = delivery.visitor("tech.lin")
    assert f'data-return="{NOTE}"' in station.get("/returns").text
    page = station.get(TAKEN_BACK).text
    assert answers(page) == {red(3): "undecided"}
    assert "the pack does not say" in page, "half an hour on a seat, and the Chinese pack is silent"
    assert "pack CN, version" in page
    assert "refused: label unreadable" in page
    assert decide(station, 3, "accepted") == "return.two-persons"
    assert decide(station, 3, "held", seal="") == "return.seal"
    assert decide(station, 3, "held") == ""
    assert delivery.states(3) == ["quarantined"]
    assert "into quarantine" in station.get(f"/units/{red(3)}").text
    assert f'data-return="{NOTE}"' not in station.get("/returns").text


def test_what_was_cold_all_the_way_goes_back_into_stock_and_is_released_anew(delivery: Delivery) -> None:
    comes_back(delivery, 1, 2)
    station = delivery.visitor("tech.lin")
    page = station.get(TAKEN_BACK).text
    assert answers(page) == {red(1): "yes", red(2): "yes"}
    assert "seal S-2" in page
    assert "no longer needed" in page
    assert decide(station, 1, "accepted", place=BANK) == "place.foreign"
    assert decide(station, 1, "accepted") == ""
    assert delivery.states(1, 2) == ["pending", "returned"]
    kept = station.get(TAKEN_BACK).text
    assert kept.count("no longer needed") == 2, "why it came back still stands beside what was decided"
    assert decide(station, 1, "accepted") == "return.units", "it was taken back already"
    assert decide(station, 2, "accepted", seal="broken") == "return.rule", "whatever the pack says"
    asked = {f"outcome.{red(2)}": "accepted", f"seal.{red(2)}": "broken"}
    assert "its seal was broken" in station.post(TAKEN_BACK, unit=[red(2)], place=FRIDGE, **asked).text, "and why"
    assert decide(station, 2, "refused", seal="broken") == "return.reason"
    assert decide(station, 2, "refused", seal="broken", reason="it leaks") == "discard.reason"
    assert delivery.states(2) == ["returned"], "all or nothing"
    assert decide(station, 2, "refused", seal="broken", reason="it leaks", code="broken") == ""
    assert delivery.states(2) == ["awaiting_disposal"]
    assert f'data-asked="{red(2)}"' in delivery.visitor("quality.xu").get("/discards").text
    with delivery.world.app.extensions["xuemai"].reading() as reader:
        said = [each.event for each in reader.told(red(1)) if isinstance(each.event, kinds.Received)][-1]
    assert said.returning is not None
    assert (said.returning.pack, said.returning.answer, said.returning.spells) == ("cn", "yes", 0)
    line = station.get(f"/units/{red(1)}").text
    assert "back into stock; may it go back: yes (pack CN, version" in line


def test_a_box_that_nobody_has_read_for_half_an_hour_is_not_taken_for_cold(delivery: Delivery) -> None:
    comes_back(delivery, 1)
    station = delivery.visitor("tech.lin")
    said = []
    for hour in (7.1, 7.5):
        delivery.world.at(hour)
        said.append(answers(station.get(TAKEN_BACK).text)[red(1)])
    assert said == ["yes", "undecided"]
    assert decide(station, 1, "accepted") == "return.two-persons"


def test_two_persons_put_back_what_the_pack_leaves_to_them(delivery: Delivery) -> None:
    delivery.world.at(6)
    assert send_back(delivery.visitor(), 1, box="", code="expiring") == ""
    delivery.world.at(6.5)
    station = delivery.visitor("tech.lin")
    two = {"second": "quality.he", "second_password": PASSWORD}
    assert decide(station, 1, "accepted", **two) == "return.two-persons", "and say why"
    told = {"reason": "carried across the street"}
    assert decide(station, 1, "accepted", **told, second="tech.lin", second_password=PASSWORD) == "two-persons"
    assert decide(station, 1, "accepted", **told, second="quality.he", second_password="wrong") == "person.signature"
    assert decide(station, 1, "accepted", **told, **two) == ""
    with delivery.world.app.extensions["xuemai"].reading() as reader:
        said = [each.event for each in reader.told(red(1)) if isinstance(each.event, kinds.Received)][-1]
    assert said.returning.second == delivery.world.people["quality.he"].person


def test_nothing_comes_back_from_a_ward_by_the_chinese_pack(delivery: Delivery) -> None:
    issued = {"patient": story.PATIENT, "collector": delivery.world.people["ward.qian"].person, "place": WARD}
    delivery.world.claim(5, "hospital.wu", kinds.Issued, unit=red(1), **issued)
    delivery.world.claim(5.5, "hospital.wu", kinds.Returned, unit=red(1), code="not-needed", place=BANK)
    comes_back(delivery, 1)
    station = delivery.visitor("tech.lin")
    page = station.get(TAKEN_BACK).text
    assert answers(page) == {red(1): "no"}
    assert "the pack lets nothing come back from there" in page
    assert "on the ward for 30 min" in page
    assert decide(station, 1, "accepted", reason="cold", second="quality.he", second_password=PASSWORD) == "return.rule"


def test_what_comes_back_is_taken_back_on_its_page_and_by_its_station_alone(delivery: Delivery) -> None:
    delivery.world.at(6)
    assert send_back(delivery.visitor("tech.lin"), 1, code="not-needed") == "place.foreign"
    assert send_back(delivery.visitor(), 1) == "return.code"
    assert send_back(delivery.visitor(), 1, code="other") == "return.code-told"
    assert send_back(delivery.visitor(), 1, code="not-needed", to=story.HOSPITAL) == "return.station"
    assert send_back(delivery.visitor(), 1, code="not-needed", box="box:none") == "place.unknown"
    assert send_back(delivery.visitor(), code="not-needed") == "return.units"
    comes_back(delivery, 1)
    nurse, station = delivery.visitor(), delivery.visitor("tech.lin")
    assert send_back(nurse, 1, code="not-needed") == "unit.held-elsewhere", "it is on the road already"
    assert decide(nurse, 1, "held", place=BANK) == "return.unknown"
    typed = {"dispatch_note": NOTE, "units": red(1), "outcome": "accepted", "place": FRIDGE}
    assert rule_of(station.post("/steps/received", **typed).text) == "return.own-page"
    assert "Decide what becomes of what came back" in station.get(f"/consignments/{NOTE}/receipt").text
    assert station.get("/consignments/FX-1/return").status_code == 404, "no return"
    numbered = {"dispatch_note": "TX-2026-000007", "units": red(2), "to": story.HOSPITAL, "place": FRIDGE}
    assert rule_of(station.post("/steps/dispatched", **numbered).text) in {"dispatch.numbered", "unit.held-elsewhere"}


def test_what_is_recalled_goes_back_too_and_stays_recalled(delivery: Delivery) -> None:
    delivery.world.claim(5, "quality.xu", kinds.Recalled, units=[red(2)], reason="the donor rang up")
    comes_back(delivery, 2)
    station = delivery.visitor("tech.lin")
    page = station.get(TAKEN_BACK).text
    assert answers(page) == {red(2): "no"}
    assert "it is quarantined, recalled or on hold" in page
    assert decide(station, 2, "held") == ""
    assert delivery.states(2) == ["recalled"]


def test_a_site_has_its_own_reasons_for_refusing_and_for_sending_back(delivery: Delivery) -> None:
    reason = '[[reason]]\ncode = "r-1"\nzh = "脂肪血"\nen = "lipaemic"\n'
    for name in ("refusal-reasons.toml", "return-reasons.toml"):
        (delivery.world.site.directory / name).write_text(reason, "utf-8")
    delivery.world.at(6)
    nurse = delivery.visitor()
    assert "lipaemic" in nurse.get(PAGE).text
    assert "lipaemic" in nurse.get("/returns").text
    assert send_back(nurse, 1, code="not-needed") == "return.code"
    assert send_back(nurse, 1, code="r-1") == ""
    (delivery.world.site.directory / "return-reasons.toml").write_text("nonsense", "utf-8")
    assert 'data-problem="reasons"' in nurse.get("/returns").text
    assert send_back(nurse, 2, code="r-1") == "return.reasons"
