"""A station whose own system does by program what people do on the pages: the same rules, the same signatures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.append import Draft
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.fsck import examine
from tests.browser import world as story
from tests.browser.world import BOX, CENTRE, FRIDGE, HOSPITAL, HOUR_MS, LAB, PANEL, ROOM, World, opened
from tests.support.producers import NOON_MS, Gateway, declare, introduce
from tests.support.programs import Program, key, signed
from tests.support.supplying import DX1, FX1, red, stocked

WHOLE = "unit:A999926000001.A0001V00"
RED = "unit:A999926000001.A0002V00"
DIN = "din:A999926000001"
DONOR = "person:" + "ab" * 16
EXPIRES = format_instant(NOON_MS + 30 * 24 * HOUR_MS)
GROUP = {"abo": "A", "rhd": "positive"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "site") as found:
        found.at(0)
        yield found
        assert examine(found.site).ok, "the ledger recomputes to the same"


def donate(world: World, technician: Program) -> None:
    """A donation becomes a labelled bag of red cells, all by program."""
    technician.says("/v1/steps/collected", fields=[{"unit": WHOLE, "donor": DONOR, "volume_ml": 400, "place": ROOM}])
    world.at(0.2)
    made = {"parents": [WHOLE], "children": [{"unit": RED, "expires": EXPIRES, "volume_ml": 280}], "place": LAB}
    technician.says("/v1/steps/prepared", fields=[made])
    world.at(0.3)
    technician.says("/v1/steps/labelled", fields=[{"unit": RED, **GROUP, "expires": EXPIRES, "place": LAB}])
    world.at(0.5)
    technician.says("/v1/steps/stored", fields=[{"unit": RED, "place": FRIDGE}])


def cooled(world: World) -> None:
    """The fridge was cold all the time; then it is two hours later."""
    centre = Gateway("gw-centre")
    introduce(world.ledger, centre)
    story._readings(world, centre, FRIDGE, 0.4, 2)


def state(world: World, unit: str = RED) -> str:
    told: str = Program(world, "quality.xu").get(f"/v1/units/{unit}")["summary"]["state"]
    return told


def test_from_collection_to_release_and_the_second_person_signs_in_the_request(world: World) -> None:
    technician, laboratory, officer = (Program(world, each) for each in ("tech.lin", "lab.chen", "quality.xu"))
    donate(world, technician)
    cooled(world)
    laboratory.says("/v1/steps/tested", fields=[{"din": DIN, "overall": "fit", **GROUP, "panel": PANEL, "place": LAB}])
    release = {"unit": RED, "second": "quality.he", "place": FRIDGE}
    assert officer.refused("/v1/steps/released", fields=[release]) == (403, "person.signature")
    wrong = signed("quality.he", password="not theirs")
    assert officer.refused("/v1/steps/released", fields=[release], signatures=wrong) == (403, "person.signature")
    alone = {**release, "second": "quality.xu"}
    assert officer.refused("/v1/steps/released", fields=[alone], signatures=signed("quality.xu")) == (
        422,
        "two-persons",
    ), "one person with token and password is still one"
    assert technician.refused("/v1/steps/released", fields=[release], signatures=signed("quality.he")) == (403, "role")
    [event] = officer.says("/v1/steps/released", fields=[release], signatures=signed("quality.he"))
    assert event["event"]["second"] == world.people["quality.he"].person
    assert event["event"]["by"] == world.people["quality.xu"].person
    assert state(world) == "available"


def test_a_batch_is_released_by_program_once_every_unit_is_accounted_for(world: World) -> None:
    technician, laboratory, officer = (Program(world, each) for each in ("tech.lin", "lab.chen", "quality.xu"))
    donate(world, technician)
    cooled(world)
    said = {"release_batch": "0815", "units": [RED], "second": "quality.he", "signatures": signed("quality.he")}
    looked = officer.send("/v1/batch-releases", **said, dry_run=True).get_json()
    assert (looked["fit"], looked["undecided"], looked["refusal"]) == ([], [], "batch.unaccounted")
    laboratory.says("/v1/steps/tested", fields=[{"din": DIN, "overall": "fit", **GROUP, "panel": PANEL, "place": LAB}])
    assert officer.refused("/v1/batch-releases", **{**said, "signatures": []}) == (403, "person.signature")
    told = officer.says("/v1/batch-releases", **said)
    assert [each["kind"] for each in told] == ["released", "batch_released"]
    assert state(world) == "available"


def test_a_request_that_is_sent_again_says_it_once(world: World) -> None:
    technician = Program(world, "tech.lin")
    donate(world, technician)
    once = {"under": key(7000), "fields": [{"unit": RED, "place": FRIDGE}]}
    first = technician.send("/v1/steps/stored", **once).get_json()
    size = world.ledger.size
    again = technician.send("/v1/steps/stored", **once).get_json()
    assert (first["repeated"], again["repeated"], world.ledger.size) == (False, True, size)
    assert again["events"] == first["events"]
    other = {**once, "fields": [{"unit": RED, "place": LAB}]}
    assert technician.refused("/v1/steps/stored", **other) == (409, "request.differs")
    assert technician.refused("/v1/steps/removed", **once) == (409, "request.differs")
    officer = Program(world, "quality.xu")
    assert officer.send("/v1/steps/quarantined", **once).status_code == 200, "a key is a person's own"


def test_what_was_said_since_one_looked_refuses_a_request(world: World) -> None:
    technician = Program(world, "tech.lin")
    donate(world, technician)
    looked = technician.get(f"/v1/units/{RED}")["log_size"]
    store = {"fields": [{"unit": RED, "place": FRIDGE}], "log_size": looked}
    technician.says("/v1/steps/stored", **store)
    assert technician.refused("/v1/steps/stored", **store) == (409, "stale")


def test_a_slip_is_corrected_and_commented_and_a_shift_on_paper_is_entered_late(world: World) -> None:
    technician, officer = Program(world, "tech.lin"), Program(world, "quality.xu")
    donate(world, technician)
    world.at(1)
    [slip] = technician.says("/v1/steps/stored", fields=[{"unit": RED, "place": LAB}])
    about = {"stream": slip["stream"], "seq": slip["seq"]}
    right = {"unit": RED, "place": FRIDGE}
    told = technician.says("/v1/corrections", **about, reason="the wrong shelf", instead=right)
    assert [each["kind"] for each in told] == ["corrected", "stored"]
    assert technician.refused("/v1/corrections", **about, reason="again", instead=right) == (422, "correction.done")
    [comment] = officer.says("/v1/comments", **about, reason="seen at the audit")
    assert comment["event"]["of_seq"] == slip["seq"]

    labelled = next(each for each in technician.get(f"/v1/units/{RED}/events")["events"] if each["kind"] == "labelled")
    weighty = {"stream": "web", "seq": labelled["seq"], "reason": "another group"}
    instead = {"unit": RED, "abo": "B", "rhd": "positive", "expires": EXPIRES, "place": LAB}
    assert technician.refused("/v1/corrections", **weighty, instead=instead) == (422, "correction.quality")
    assert officer.refused("/v1/corrections", **weighty, instead=instead) == (422, "correction.two-persons")
    officer.says("/v1/corrections", **weighty, instead=instead, second="quality.he", signatures=signed("quality.he"))
    assert officer.get(f"/v1/units/{RED}")["summary"]["abo"] == "B"

    world.at(9)
    when = format_instant(NOON_MS + 2 * HOUR_MS)
    rows = [
        {"kind": "stored", "time": when, "fields": {"unit": WHOLE, "place": FRIDGE}, "by": "quality.he"},
        {"kind": "removed", "time": when, "fields": {"unit": RED, "place": FRIDGE}},
    ]
    before = world.ledger.size
    assert technician.refused("/v1/late", rows=[{**rows[1], "fields": {"unit": RED, "place": "place:no/where"}}],
                              dry_run=True) == (422, "place.unknown")  # fmt: skip
    preview = technician.send("/v1/late", rows=rows[1:], dry_run=True).get_json()
    assert (preview["rows"], preview["events"]) == ([{"row": 1, "kind": "removed", "time": when}], [])
    assert world.ledger.size == before, "a preview writes nothing"
    assert technician.refused("/v1/late", rows=rows[1:]) == (422, "late.two-persons")
    assert technician.refused("/v1/late", rows=rows[1:], second="quality.xu") == (403, "person.signature")
    [entered] = technician.says("/v1/late", rows=rows[1:], second="quality.xu", signatures=signed("quality.xu"))
    assert entered["event"]["entered_by"] == world.people["tech.lin"].person
    assert entered["event"]["confirmed_by"] == world.people["quality.xu"].person
    assert (entered["time"], entered["event"]["recorded_at"]) == (when, world.at(9))


def test_an_order_from_the_hospital_to_the_couriers_hands(tmp_path: Path) -> None:
    with stocked(tmp_path / "site") as world:
        hospital, one, other = (Program(world, each) for each in ("hospital.wu", "tech.lin", "tech.ma"))
        line = {"component": "RBC_AS", **GROUP, "amount": 400, "measure": "U"}
        wanted = {
            "organisation": HOSPITAL,
            "to": CENTRE,
            "lines": [line],
            "wanted_by": format_instant(NOON_MS + 9 * HOUR_MS),
        }
        [placed] = hospital.says("/v1/orders", under=key(7001), **wanted)
        assert placed["event"]["order"] == DX1
        assert hospital.says("/v1/orders", under=key(7001), **wanted) == [placed], "no second order"
        assert one.refused("/v1/orders", **wanted) == (403, "")
        proposal = one.get(f"/v1/orders/{DX1}/proposal")
        [proposed] = proposal["lines"]
        chosen = {each["unit"]: 1 for each in proposed["bags"]}
        assert (sorted(chosen), proposed["short"]) == ([red(4), red(5)], 0)
        one.says(f"/v1/orders/{DX1}/allocation", units=chosen)
        assert one.refused(f"/v1/orders/{DX1}/check", units=sorted(chosen)) == (422, "check.two-persons")
        other.says(f"/v1/orders/{DX1}/check", units=sorted(chosen))
        [sent] = one.says(f"/v1/orders/{DX1}/dispatch", place=FRIDGE, boxes=[BOX])
        assert sent["event"]["dispatch_note"] == FX1
        handed = {"passes": "to_courier", "courier": "courier.tang", "place": FRIDGE}
        address = f"/v1/consignments/{FX1}/hand-over"
        assert one.refused(address, **handed) == (403, "person.signature")
        one.says(address, **handed, signatures=signed("courier.tang"))
        receipt = hospital.get(f"/v1/consignments/{FX1}/receipt")
        assert receipt["outstanding"] == sorted(chosen)
        hospital.says(
            "/v1/steps/received",
            fields=[
                {"dispatch_note": FX1, "units": sorted(chosen), "outcome": "accepted", "place": "place:hospital/h-02"}
            ],
        )
        assert hospital.get(f"/v1/orders/{DX1}")["state"] == "filled"
        assert hospital.refused(f"/v1/orders/{DX1}/cancellation", cause="ordered_twice")[0] == 422
        assert examine(world.site).ok


def test_a_case_is_opened_withdrawn_acknowledged_and_closed_by_two(tmp_path: Path) -> None:
    with stocked(tmp_path / "site") as world:
        officer, hospital = Program(world, "quality.xu"), Program(world, "hospital.wu")
        case = {"case": "case:R-7", "sort": "recall", "about": red(1), "reason": "a leak", "learnt": world.at(2)}
        officer.says("/v1/cases", **case)
        assert officer.refused("/v1/cases", **case) == (422, "case.exists")
        assert hospital.refused("/v1/cases", **{**case, "case": "case:R-8"}) == (403, "")
        address = "/v1/cases/case:R-7/withdrawal"
        units = officer.get("/v1/cases/case:R-7")["left"]["units"]
        assert officer.refused(address, units=units) == (403, "person.signature"), "a token alone withdraws nothing"
        assert officer.refused(address, units=[], signatures=signed("quality.xu")) == (422, "case.changed")
        again = {"units": units, "signatures": signed("quality.xu"), "under": key(7002)}
        [recalled] = officer.says(address, **again)
        assert recalled["kind"] == "recalled"
        assert officer.says(address, **again) == [recalled], "sent again, it is answered as before"
        closing = {"reason": "destroyed", "signatures": signed("quality.xu", "quality.he")}
        close = "/v1/cases/case:R-7/closure"
        assert officer.refused(close, **{**closing, "signatures": signed("quality.xu")}) == (422, "two-persons")
        assert officer.refused(close, **{**closing, "signatures": signed("quality.xu", "tech.lin")}) == (
            422,
            "case.persons",
        )
        officer.says(close, **closing)
        assert officer.get("/v1/cases/case:R-7")["closed"]["second"] == world.people["quality.he"].person


def test_a_discard_is_asked_for_approved_by_another_and_counted(tmp_path: Path) -> None:
    with stocked(tmp_path / "site") as world:
        apart = {"place": "place:centre/disposal", "organisation": CENTRE, "use": "disposal"}
        declare(world.ledger, Draft(kinds.PlaceAdded, {**apart, "name_zh": "报废区", "name_en": "Disposal"}))
        technician, officer = Program(world, "tech.lin"), Program(world, "quality.xu")
        two = [{"unit": red(number), "code": "broken"} for number in (1, 2)]
        technician.says("/v1/steps/discard_requested", fields=two)
        count = {"place": "place:centre/disposal", "number": "D-7"}
        address = "/v1/discards/hand-over"
        assert technician.refused(address, **count, texts=[red(1)]) == (422, "discard.counted"), "nobody approved it"
        officer.says("/v1/steps/discard_approved", fields=[{"unit": each["unit"]} for each in two])
        looked = technician.send(address, **count, texts=[red(1)], dry_run=True).get_json()
        assert (looked["comparison"]["missing"], looked["events"]) == ([red(2)], [])
        assert technician.refused(address, **count, texts=[red(1)]) == (422, "discard.counted")
        foreign = {"place": FRIDGE, "texts": [red(1), red(2)]}
        assert technician.refused(address, **foreign) == (422, ""), "no place for disposal"
        whole = {**count, "texts": [red(1), red(2)], "under": key(7003)}
        told = technician.says(address, **whole)
        assert sorted(each["kind"] for each in told) == ["discarded", "discarded", "stock_taken"]
        assert technician.says(address, **whole) == told, "sent again, it is answered as before"
        assert state(world, red(1)) == "discarded"
        assert examine(world.site).ok
