"""Somebody made a slip, or a result was wrong (更正): it is corrected beside what was said, and nothing goes away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict

from firmware_mocks.browser_forms import forms_in
from ledger.acts.corrections import Correction, Signed, fields_of
from ledger.acts.corrections import correct as record
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.read import discards
from tests.browser.world import FRIDGE, HOUR_MS, LAB, PANEL, PASSWORD, ROOM, World, opened
from tests.support.producers import NOON_MS, Gateway, introduce
from tests.unit.web.conftest import Visitor

RED = "unit:A999926000001.A0002V00"
OTHER = "unit:A999926000002.A0002V00"
DONOR = "person:" + "ab" * 16
GROUP = {"abo": "A", "rhd": "positive"}
EXPIRES = format_instant(NOON_MS + 30 * 24 * HOUR_MS)
SECOND = {"signs": "quality.he", "second_password": PASSWORD}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "site") as found:
        for number, unit in ((1, RED), (2, OTHER)):
            whole = f"unit:A99992600000{number}.A0001V00"
            found.claim(0.0, "tech.lin", kinds.Collected, unit=whole, donor=DONOR, volume_ml=400, place=ROOM)
            made = [kinds.Component(unit=unit, expires=EXPIRES)]
            found.claim(0.2, "tech.lin", kinds.Prepared, parents=[whole], children=made, place=LAB)
            found.claim(0.3, "tech.lin", kinds.Labelled, unit=unit, **GROUP, expires=EXPIRES, place=LAB)
        found.at(0.5)
        yield found
        assert examine(found.site).ok, "the ledger recomputes to the same"


@pytest.fixture
def technician(world: World) -> Visitor:
    return Visitor(world.app.test_client()).signed_in("tech.lin")


@pytest.fixture
def officer(world: World) -> Visitor:
    return Visitor(world.app.test_client()).signed_in("quality.xu")


def last(world: World) -> int:
    """The number of what was said last."""
    with world.app.extensions["xuemai"].reading() as reader:
        return next(each.last_seq for each in reader.producers() if each.stream == "web")


def place(world: World, unit: str = RED) -> str | None:
    with world.app.extensions["xuemai"].reading() as reader:
        found = reader.summary(unit).place
        return None if found is None else str(found.id)


def standing(world: World, unit: str = RED) -> tuple[str, bool, list[str]]:
    """State, hold, and what a person should look at."""
    with world.app.extensions["xuemai"].reading() as reader:
        known = reader.summary(unit)
        return known.state, known.on_hold, sorted(each.rule for each in reader.discrepancies(subject=unit))


def correct(who: Visitor, seq: int, *, stream: str = "web", **typed: str) -> str:
    """Correct an event on its page; answer the rule that refused, or nothing."""
    page = f"/correction?stream={stream}&seq={seq}&unit={RED}"
    fields = {
        "stream": stream,
        "seq": str(seq),
        "seen_on": RED,
        "unit": RED,
        "why": "a slip",
        "way": "replace",
        **typed,
    }
    answer = who.post("/correction", page=page, **fields)
    return "" if answer.status_code == 303 else answer.text.partition('data-rule="')[2].partition('"')[0]


def stored(world: World, technician: Visitor, unit: str = RED, where: str = FRIDGE) -> int:
    assert technician.post("/steps/stored", unit=unit, place=where).status_code == 303
    return last(world)


def test_a_technician_corrects_an_own_slip_and_both_stand_on_the_page(world: World, technician: Visitor) -> None:
    slip = stored(world, technician, where=LAB)
    world.at(0.7)
    assert correct(technician, slip, unit=RED, place=FRIDGE, why="it was the fridge") == ""
    assert place(world) == FRIDGE
    page = technician.get(f"/units/{RED[5:]}").text
    assert f'data-struck="web {slip}"' in page
    assert f'data-stands-for="web {slip}"' in page
    assert "it was the fridge" in page
    assert "entered by" in page


def test_the_form_as_a_browser_sends_it_hidden_fields_and_all_is_a_correction(
    world: World, technician: Visitor
) -> None:
    slip = stored(world, technician, where=LAB)
    world.at(0.7)
    page = technician.get(f"/correction?stream=web&seq={slip}&unit={RED}")
    (form,) = [each for each in forms_in(page.text) if "why" in each.names]
    typed = [(name, value) for name, value in form.values if name not in {"why", "place"}]
    answer = technician.client.post(form.action, data=MultiDict([*typed, ("why", "the fridge"), ("place", FRIDGE)]))
    assert answer.status_code == 303, answer.text
    assert answer.location == f"/units/{RED}"
    assert place(world) == FRIDGE


def test_the_form_holds_what_was_said_and_what_is_not_changed_stays_to_the_millisecond(
    world: World, officer: Visitor
) -> None:
    label = last(world) - 3
    page = officer.get(f"/correction?stream=web&seq={label}&unit={RED}").text
    assert f">{RED}</textarea>" in page
    assert '<option value="A" selected>' in page
    same = {
        "unit": RED,
        **GROUP,
        "place": LAB,
        "expires": page.partition('name="expires" value="')[2].partition('"')[0],
    }
    assert correct(officer, label, **same, **SECOND) == "correction.same"


def test_a_mistyped_group_is_corrected_by_a_quality_officer_and_a_second_person(
    world: World, technician: Visitor, officer: Visitor
) -> None:
    world.claim(0.6, "lab.chen", kinds.Tested, din="din:A999926000001", overall="fit", abo="B", rhd="positive")
    assert standing(world)[2] == ["group.mismatch"]
    result = last(world)
    right = {"din": "=A99992600000100", "overall": "fit", **GROUP, "panel": "\n".join(PANEL)}
    assert correct(technician, result, **right, **SECOND) == "correction.quality"
    assert correct(officer, result, **right) == "correction.two-persons"
    assert correct(officer, result, **right, **SECOND) == ""
    assert standing(world)[2] == []


def test_a_result_that_was_unfit_after_all_is_told_where_the_unit_had_been_released(
    world: World, officer: Visitor
) -> None:
    world.claim(0.6, "lab.chen", kinds.Tested, din="din:A999926000001", overall="fit", **GROUP, panel=PANEL)
    result = last(world)
    second = world.people["quality.he"].person
    world.claim(0.8, "quality.xu", kinds.Released, unit=RED, second=second)
    world.at(0.9)
    right = {"din": "=A99992600000100", "overall": "unfit", **GROUP, "panel": "\n".join(PANEL)}
    assert correct(officer, result, **right, **SECOND) == ""
    assert standing(world) == ("quarantined", True, ["state.corrected"])
    page = officer.get(f"/units/{RED[5:]}").text
    assert "A correction contradicts a step that followed" in page


def test_a_step_that_was_about_another_bag_moves_over_to_it(world: World, technician: Visitor) -> None:
    slip = stored(world, technician)
    assert correct(technician, slip, unit=OTHER, place=FRIDGE) == ""
    assert (place(world, RED), place(world, OTHER)) == (LAB, FRIDGE)


def test_a_step_that_did_not_happen_is_struck_out_and_the_correction_can_be_withdrawn(
    world: World, technician: Visitor
) -> None:
    slip = stored(world, technician)
    assert correct(technician, slip, way="strike") == ""
    assert place(world) == LAB
    assert correct(technician, slip, way="strike") == "correction.done"
    assert correct(technician, slip + 1, way="strike", why="it had happened") == ""
    assert place(world) == FRIDGE


def test_a_correction_is_corrected_by_what_stands_in_its_place(world: World, technician: Visitor) -> None:
    slip = stored(world, technician, where=LAB)
    assert correct(technician, slip, unit=RED, place=ROOM) == ""
    assert correct(technician, slip + 1, way="strike") == ""
    assert place(world) == LAB
    assert correct(technician, slip, unit=RED, place=ROOM) == ""
    again = last(world)
    assert correct(technician, again, unit=RED, place=FRIDGE) == ""
    assert place(world) == FRIDGE
    assert correct(technician, again - 1, way="strike") == "correction.relied-on"


def test_what_a_device_saw_is_commented_on_and_stays(world: World, technician: Visitor, officer: Visitor) -> None:
    tag = "tag:E00401500A1B2C3D"
    world.claim(0.6, "tech.lin", kinds.TagAssociated, unit=RED, tag=tag)
    centre = Gateway("gw-centre")
    introduce(world.ledger, centre)
    at = world.at(0.8)
    seen: dict[str, object] = {"tag": tag, "device": "device:gw-centre/r", "antenna": 1, "reads": 3, "place": FRIDGE}
    world.ledger.append_batch(centre.say((kinds.TagArrived, at, seen)))
    assert correct(officer, 1, stream="gw-centre/1/c", way="strike", **SECOND) == "correction.observed"
    page = f"/correction?stream=gw-centre/1/c&seq=1&unit={RED}"
    said = {"stream": "gw-centre/1/c", "seq": "1", "seen_on": RED, "comment": "the bag was on a trolley"}
    assert technician.post("/comment", page=page, **said).status_code == 303
    assert place(world) == FRIDGE
    assert "the bag was on a trolley" in technician.get(f"/units/{RED[5:]}").text


def test_what_brought_a_unit_in_and_what_others_rest_on_stays(world: World, officer: Visitor) -> None:
    assert correct(officer, 1, way="strike", **SECOND) == "correction.entering"
    world.claim(0.6, "tech.lin", kinds.TagAssociated, unit=RED, tag="tag:E00401500A1B2C3D")
    assert correct(officer, last(world), way="strike", **SECOND) == "correction.fixed"


def test_what_quality_approved_stands_until_the_approval_is_corrected(
    world: World, technician: Visitor, officer: Visitor
) -> None:
    asked = technician.post("/discards/request", page="/discards", units=RED, code="expired")
    assert asked.status_code == 303, asked.text
    request = last(world)
    assert correct(technician, request, code="unheard-of") == "discard.reason"
    assert correct(technician, request, code="broken") == "", "nobody has looked at it yet"
    corrected, request = request + 1, last(world)
    assert officer.post("/discards/approve", page="/discards", unit=[RED]).status_code == 303
    approval = last(world)
    assert correct(technician, request, code="expired") == "correction.approved"
    page = technician.get(f"/correction?stream=web&seq={request}&unit={RED}").text
    assert "Correct the approval first." in page
    assert 'name="way"' not in page, "there is no form to correct it"
    assert correct(technician, request, way="strike") == "correction.approved"
    assert correct(officer, corrected, way="strike", **SECOND) == "correction.approved", "it would bring back the first"
    assert correct(technician, approval, way="strike") == "correction.quality"
    assert correct(officer, approval, way="strike", **SECOND) == ""
    assert correct(technician, request, code="expired") == ""
    with world.app.extensions["xuemai"].reading() as reader:
        (waiting,) = discards.waiting(reader, None)
    assert (waiting.code, waiting.requested.may_go) == ("expired", False)


def test_a_reason_that_is_withheld_cannot_be_put_in_the_place_of_another(world: World, technician: Visitor) -> None:
    technician.post("/discards/request", page="/discards", units=RED, code="self-exclusion")
    request = last(world)
    signed = Signed(
        by=world.people["tech.lin"].person, organisation=None, kinds=frozenset({"discard_requested"}), quality=False
    )
    with world.app.extensions["xuemai"].reading() as reader:
        entry = reader.said_at("web", request)
        assert entry is not None
        assert entry.recorded is not None
        said = fields_of(entry.recorded.event)
        for other, rule in (("sha256:" + "0" * 64, "correction.withheld"), (None, "discard.reason")):
            instead = {**said, "withheld": other} if other else {k: v for k, v in said.items() if k != "withheld"}
            refused = record(world.ledger, reader, Correction("web", request, "another", instead), signed)
            assert refused is not None
            assert refused.step == rule


def test_another_organisation_does_not_see_it_and_cannot_correct_it(world: World, technician: Visitor) -> None:
    slip = stored(world, technician)
    hospital = Visitor(world.app.test_client()).signed_in("hospital.wu")
    assert hospital.get(f"/correction?stream=web&seq={slip}&unit={RED}").status_code == 404


def test_two_people_who_looked_at_one_page_do_not_overwrite_each_other(technician: Visitor, officer: Visitor) -> None:
    page = technician.get(f"/steps/moved?unit={RED}").text
    drawn_at = page.partition('name="drawn_at" value="')[2].partition('"')[0]
    assert officer.post("/steps/quarantined", unit=RED, reason="a call").status_code == 303
    refused = technician.post("/steps/moved", unit=RED, place=FRIDGE, drawn_at=drawn_at)
    assert refused.status_code == 422
    assert 'data-rule="stale"' in refused.text
    assert "Quarantined" in refused.text
    again = refused.text.partition('name="drawn_at" value="')[2].partition('"')[0]
    assert technician.post("/steps/moved", unit=RED, place=FRIDGE, drawn_at=again).status_code == 303, (
        "told, they go on"
    )


def test_a_correction_made_on_an_old_page_is_refused_too(world: World, technician: Visitor) -> None:
    slip = stored(world, technician, where=LAB)
    with world.app.extensions["xuemai"].reading() as reader:
        drawn_at = str(reader.log_size())
    stored(world, technician)
    assert correct(technician, slip, unit=RED, place=ROOM, drawn_at=drawn_at) == "stale"


def test_who_took_part_stays_as_it_was_when_something_else_is_corrected(world: World, officer: Visitor) -> None:
    second = world.people["quality.he"].person
    world.claim(0.6, "quality.xu", kinds.Assessed, unit=RED, outcome="fit", second=second, reason="the door", place=LAB)
    right = {"unit": RED, "outcome": "fit", "reason": "the compressor", "place": LAB}
    assert correct(officer, last(world), **right, **SECOND) == ""
    with world.app.extensions["xuemai"].reading() as reader:
        event = reader.said_at("web", last(world)).recorded.event
    assert (event.second, event.reason) == (second, "the compressor")
    assert event.entered_by == world.people["quality.xu"].person
