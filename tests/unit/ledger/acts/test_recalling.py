"""A case from its opening to its end, on the ledger: one step withdraws and tells, and nothing is half done."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger import fsck
from ledger.acts import recalling
from ledger.acts.recalling import Opening
from ledger.append import Draft
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import format_instant
from ledger.read import cases
from ledger.read.cases import CasePage, NoticePage
from ledger.read.reader import reading
from tests.support.donors import (
    CELLS,
    CENTRE,
    CLINIC,
    DAY_MS,
    DONOR,
    HALF,
    HOSPITAL,
    LAB,
    OLD,
    OTHER_HALF,
    Story,
    pooled,
    unit,
)
from tests.support.producers import NOON_MS

CASE = "case:R-2026-001"
XU, HE = "person:" + "7" * 32, "person:" + "8" * 32
OPENING = Opening(CASE, "lookback", DONOR, format_instant(NOON_MS), "reactive at the latest donation")


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with pooled(tmp_path) as told:
        yield told


def opened(story: Story, opening: Opening = OPENING, organisation: str = CENTRE) -> str | None:
    return step(recalling.open_case(story.ledger, opening, by=XU, organisation=organisation))


def step(refused: Refused | None) -> str | None:
    return None if refused is None else refused.step


def withdrawn(story: Story, seen: list[str], case: str = CASE, organisation: str = CENTRE) -> str | None:
    return step(recalling.withdraw(story.ledger, case, seen=seen, by=XU, organisation=organisation))


def acknowledged(story: Story, organisation: str) -> str | None:
    return step(recalling.acknowledge(story.ledger, CASE, organisation=organisation, by=HE))


def closed(story: Story, second: str = HE, override: str | None = None) -> str | None:
    said = {"reason": "nobody fell ill", "override": override, "by": XU, "second": second, "organisation": CENTRE}
    return step(recalling.close(story.ledger, CASE, **said))  # type: ignore[arg-type]  # they are all texts


def page(story: Story, organisation: str | None = CENTRE) -> CasePage:
    with reading(story.ledger.site) as reader:
        found = cases.case_page(reader, CASE, organisation=organisation, now_ms=story.clock.at_ms)
    assert found is not None
    return found


def notice(story: Story, organisation: str) -> NoticePage | None:
    with reading(story.ledger.site) as reader:
        return cases.notice_page(reader, CASE, organisation=organisation, now_ms=story.clock.at_ms)


def states(story: Story, *units: str) -> list[str]:
    with reading(story.ledger.site) as reader:
        found = [reader.summary(each) for each in units]
    return ["none" if each is None else each.state for each in found]


def test_one_step_recalls_what_still_exists_and_tells_whoever_holds_or_held_it(story: Story) -> None:
    old = unit(OLD, "A0003V00")
    assert opened(story) is None
    assert page(story).left.units == tuple(sorted([old, CELLS, OTHER_HALF]))
    assert withdrawn(story, [old, CELLS]) == "case.changed", "not what was shown"
    assert states(story, old, CELLS, OTHER_HALF) == ["pending", "in_hospital", "in_transit"], "nothing half done"
    before = story.ledger.size
    assert withdrawn(story, [old, CELLS, OTHER_HALF]) is None
    assert story.ledger.size == before + 1
    assert states(story, old, CELLS, OTHER_HALF, HALF) == ["recalled", "recalled", "recalled", "transfused"]
    found = page(story)
    assert found.case.withdrawn == {old, CELLS, OTHER_HALF}
    assert {each: told.units for each, told in found.case.notices.items()} == {
        HOSPITAL: {CELLS, HALF},
        CLINIC: {OTHER_HALF},
    }
    assert found.left.is_acted_upon
    assert withdrawn(story, []) == "case.nothing-left"
    with reading(story.ledger.site) as reader:
        recalled = [each.event for each in reader.told(CELLS) if isinstance(each.event, kinds.Recalled)]
    assert [(each.case, each.by, each.reason) for each in recalled] == [(CASE, XU, OPENING.reason)]


def test_what_is_found_later_is_withdrawn_and_told_later(story: Story) -> None:
    opened(story)
    withdrawn(story, list(page(story).left.units))
    acknowledged(story, CLINIC)
    story.donate("A999926000009", DONOR, "A0002V00")
    later = unit("A999926000009", "A0002V00")
    story.send("9", [later], CLINIC)
    left = page(story).left
    assert (left.units, left.untold, left.unanswered) == ((later,), {CLINIC: [later]}, (HOSPITAL,))
    assert withdrawn(story, [later]) is None
    assert page(story).left.unanswered == (CLINIC, HOSPITAL), "the new notice is to be acknowledged anew"


def test_consignees_acknowledge_and_who_has_not_is_late_by_so_many_days(story: Story) -> None:
    opened(story)
    withdrawn(story, list(page(story).left.units))
    seen = notice(story, HOSPITAL)
    assert seen is not None
    assert (set(seen.units), seen.opened.reason, seen.is_closed) == ({CELLS, HALF}, OPENING.reason, False)
    assert notice(story, CENTRE) is None
    assert acknowledged(story, HOSPITAL) is None
    assert acknowledged(story, HOSPITAL) == "case.acknowledged"
    assert acknowledged(story, CENTRE) == "case.no-notice"
    assert page(story).late == ()
    story.clock.at_ms += 5 * DAY_MS
    assert [(each.notice.organisation, each.due.days_late) for each in page(story).late] == [(CLINIC, 2)]
    with reading(story.ledger.site) as reader:
        [told] = cases.notices(reader, CLINIC, now_ms=story.clock.at_ms)
        assert told.told.due.is_overdue
        assert cases.notices(reader, CENTRE, now_ms=story.clock.at_ms) == ()


def test_two_persons_close_it_and_then_nothing_may_be_done_in_it(story: Story) -> None:
    opened(story)
    assert closed(story) == "case.outstanding"
    withdrawn(story, list(page(story).left.units))
    assert closed(story) == "case.unanswered"
    acknowledged(story, HOSPITAL)
    assert closed(story, second=XU, override="the clinic is closed") == "two-persons"
    assert closed(story, override="the clinic is closed") is None
    assert closed(story) == "case.closed"
    assert acknowledged(story, CLINIC) == "case.closed"
    assert withdrawn(story, []) == "case.closed"
    found = page(story).case.closed
    assert found is not None
    assert (found.by, found.second, found.override) == (XU, HE, "the clinic is closed")
    assert fsck.examine(story.ledger.site).ok


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"about": "din:A999926000077"}, "case.nothing-found"),
        ({"about": "org:centre"}, "case.question"),
        ({"about": "din:A999926000001", "direction": "back"}, "case.question"),
        ({"first_day": "2026-02-30"}, "case.question"),
        ({"about": "din:A999926000001", "first_day": "2026-02-28"}, "case.window"),
        ({"learnt": "yesterday"}, "case.question"),
        ({"learnt": format_instant(NOON_MS + 1000 * DAY_MS)}, "case.learnt"),
        ({"about": LAB, "since": "then"}, "case.question"),
        ({"case": "R-1"}, "fields"),
        ({"reason": ""}, "fields"),
    ],
)
def test_a_case_that_cannot_be_is_refused_with_its_rule(story: Story, changed: dict[str, str], expected: str) -> None:
    assert opened(story, replace(OPENING, **changed)) == expected  # type: ignore[arg-type]  # they are texts


def test_a_case_has_a_number_of_its_own_and_is_its_leaders_alone(story: Story) -> None:
    assert opened(story) is None
    assert opened(story) == "case.exists"
    assert opened(story, replace(OPENING, case="case:R-2", about=CELLS), organisation=CLINIC) == "case.nothing-found"
    assert withdrawn(story, [], organisation=HOSPITAL) == "case.unknown"
    assert withdrawn(story, [], case="case:NEVER") == "case.unknown"
    with reading(story.ledger.site) as reader:
        assert cases.case_page(reader, CASE, organisation=HOSPITAL, now_ms=0) is None
        assert cases.case_page(reader, "case:NEVER", organisation=None, now_ms=0) is None
        everywhere = cases.cases(reader, organisation=None, now_ms=story.clock.at_ms)
        assert [each.case.opened.case for each in everywhere] == [CASE]
        assert cases.cases(reader, organisation=HOSPITAL, now_ms=story.clock.at_ms) == ()


def test_a_window_leaves_earlier_donations_alone_and_a_lot_is_named_by_the_recall(story: Story) -> None:
    assert opened(story, replace(OPENING, first_day="2025-03-01")) is None
    assert not any(OLD in each for each in page(story).left.units)
    bags = {"unit": unit("A999926000008", "A0001V00"), "donor": DONOR, "lots": ["lot:bag/L-1"], "place": LAB}
    story.claim(kinds.Collected, **bags)
    assert opened(story, replace(OPENING, case="case:R-2", sort="recall", about="lot:bag/L-1")) is None
    assert withdrawn(story, [bags["unit"]], case="case:R-2") is None  # type: ignore[list-item]  # it is a text
    with reading(story.ledger.site) as reader:
        [said] = [each.event for each in reader.told(str(bags["unit"])) if isinstance(each.event, kinds.Recalled)]
    assert said.lot == "lot:bag/L-1"


def test_a_recall_of_more_than_a_batch_holds_is_still_one_step(story: Story) -> None:
    many = [f"unit:A9999271{number // 100:03d}{number % 100:02d}.A0001V00" for number in range(1100)]
    drafts = [Draft(kinds.Opening, {"unit": each, "place": LAB}) for each in many]
    before = story.ledger.size
    assert not isinstance(story.ledger.record("web", drafts), Refused), "1100 events: two batches, one step"
    assert story.ledger.size == before + 2
    story.clock.after(1)
    assert opened(story, replace(OPENING, about=LAB, since=format_instant(story.clock.at_ms))) is None
    left = page(story).left.units
    assert set(many) < set(left)
    again = [*drafts[:2], Draft(kinds.Stored, {"unit": many[0], "place": "place:nowhere"})]
    assert isinstance(story.ledger.record("web", [*again, *drafts]), Refused)
    assert withdrawn(story, list(left)) is None
    assert page(story).left.units == ()
    assert set(states(story, *many[::100])) == {"recalled"}
    assert fsck.examine(story.ledger.site).ok
