"""A case from its opening to its end: what is outstanding, who is late, what may not be done."""

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.rules.case import (
    Case,
    Notice,
    Outstanding,
    acknowledgement,
    first_steps,
    fold,
    may_acknowledge,
    may_act,
    may_close,
    may_withdraw,
    outstanding,
)
from ledger.rules.refused import Refused

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = 1_772_366_400_000  # 2026-03-01T12:00:00Z, a Sunday evening in Shanghai
DAY = 86_400_000
CASE, LEAD, H1, H2 = "case:R-1", "org:centre", "org:h1", "org:h2"
ONE, TWO, THREE = (f"unit:A99992600000{n}.A0002V00" for n in (1, 2, 3))
XU, HE = "person:" + "1" * 32, "person:" + "2" * 32


def said(kind: type[kinds.Event], at: int, **fields: object) -> kinds.AnyEvent:
    envelope = {"v": 1, "stream": "web", "seq": 1, "nonce": "0" * 32, "time": format_instant(at)}
    return kind(**envelope, clock="synchronised", **{"case": CASE, **fields})  # type: ignore[arg-type, return-value]  # a test's own fields


OPENED = said(
    kinds.CaseOpened, NOON + DAY, organisation=LEAD, sort="lookback", about="din:A999926000001",
    learnt=format_instant(NOON), reason="reactive",
)  # fmt: skip


def notice(organisation: str, *units: str, at: int) -> kinds.AnyEvent:
    return said(kinds.NoticeSent, at, organisation=organisation, units=list(units))


def acknowledged(organisation: str, at: int) -> kinds.AnyEvent:
    return said(kinds.NoticeAcknowledged, at, organisation=organisation)


def case(*events: kinds.AnyEvent) -> Case:
    found = fold([OPENED, *events])
    assert found is not None
    return found


def rule(refused: Refused | None) -> str | None:
    return None if refused is None else refused.rule


def left(of: Case, units: Sequence[str] = (), consignees: Mapping[str, Sequence[str]] | None = None) -> Outstanding:
    return outstanding(of, withdrawable=units, consignees=consignees or {})


CLOSED = said(kinds.CaseClosed, NOON + 9 * DAY, second=HE, reason="done")


def test_nothing_is_a_case_before_it_is_opened_and_it_is_opened_once() -> None:
    again = said(
        kinds.CaseOpened, NOON, organisation=H1, sort="recall", about="lot:bag/X", learnt=format_instant(0), reason="x"
    )
    assert fold([notice(H1, ONE, at=NOON)]) is None
    assert case(again).opened is OPENED


def test_what_was_withdrawn_and_told_is_gathered_from_every_event() -> None:
    found = case(
        said(kinds.Recalled, NOON + DAY, units=[ONE], reason="r"),
        said(kinds.Recalled, NOON + 2 * DAY, units=[TWO], reason="r"),
        notice(H1, ONE, at=NOON + 2 * DAY),
        notice(H1, TWO, at=NOON + 3 * DAY),
        notice(H2, TWO, at=NOON + 3 * DAY),
        acknowledged(H2, NOON + 4 * DAY),
        acknowledged("org:h9", NOON),
    )
    assert found.withdrawn == {ONE, TWO}
    assert found.notices == {
        H1: Notice(H1, frozenset({ONE, TWO}), NOON + 3 * DAY),
        H2: Notice(H2, frozenset({TWO}), NOON + 3 * DAY, NOON + 4 * DAY),
    }
    assert (found.acted_ms, found.closed) == (NOON + 3 * DAY, None)
    assert case(said(kinds.Recalled, NOON + DAY, units=[ONE], reason="r")).acted_ms == NOON + DAY
    assert case(CLOSED).closed is CLOSED


def test_a_new_notice_is_to_be_acknowledged_anew() -> None:
    found = case(notice(H1, ONE, at=NOON), acknowledged(H1, NOON + 1), notice(H1, TWO, at=NOON + 2))
    assert found.notices[H1].acknowledged_ms is None
    assert left(found).unanswered == (H1,)


def test_what_is_outstanding_names_units_and_consignees() -> None:
    found = case(notice(H1, ONE, at=NOON), notice(H2, ONE, at=NOON), acknowledged(H1, NOON + 1))
    told = left(found, [TWO], {H1: (ONE, TWO, THREE), H2: (ONE,), "org:h3": (THREE,)})
    assert told == Outstanding((TWO,), {H1: [TWO, THREE], "org:h3": [THREE]}, (H2,))
    assert not told.is_acted_upon
    assert not left(found, [TWO]).is_acted_upon
    assert not left(found, [], {H2: (TWO,)}).is_acted_upon
    assert left(found, [], {H1: (ONE,)}).is_acted_upon


def test_the_first_steps_are_late_once_the_third_day_has_passed_and_stay_as_late_as_they_were_done() -> None:
    now = NOON + 5 * DAY
    open_still = first_steps(case(), left(case(), [ONE]), now_ms=now, zone=SHANGHAI)
    assert (open_still.due, open_still.days_late) == (date(2026, 3, 4), 2)
    done = case(said(kinds.Recalled, NOON + 4 * DAY, units=[ONE], reason="r"))
    assert first_steps(done, left(done), now_ms=NOON + 30 * DAY, zone=SHANGHAI).days_late == 1
    assert first_steps(done, left(done, [TWO]), now_ms=now, zone=SHANGHAI).days_late == 2, "one is found later"
    assert first_steps(case(), left(case()), now_ms=NOON + 30 * DAY, zone=SHANGHAI).days_late == 0, "nothing to do"


def test_a_consignee_that_has_not_acknowledged_in_three_days_is_late() -> None:
    sent = Notice(H1, frozenset({ONE}), NOON)
    assert acknowledgement(sent, now_ms=NOON + 3 * DAY, zone=SHANGHAI).days_late == 0
    assert acknowledgement(sent, now_ms=NOON + 5 * DAY, zone=SHANGHAI).days_late == 2
    answered = Notice(H1, frozenset({ONE}), NOON, NOON + 4 * DAY)
    assert acknowledgement(answered, now_ms=NOON + 30 * DAY, zone=SHANGHAI).days_late == 1


def test_only_what_was_shown_is_withdrawn_and_only_while_the_case_is_open() -> None:
    found = case()
    assert rule(may_withdraw(found, left(found, [ONE, TWO]), seen=[TWO, ONE])) is None
    assert rule(may_withdraw(found, left(found, [ONE, TWO]), seen=[ONE])) == "case.changed"
    assert rule(may_withdraw(found, left(found), seen=[])) == "case.nothing-left"
    assert rule(may_withdraw(found, left(found, [], {H1: (ONE,)}), seen=[])) is None, "only to tell"
    ended = case(CLOSED)
    for units, seen in (([ONE], [ONE]), ([], []), ([ONE], [])):
        assert rule(may_withdraw(ended, left(ended, units), seen=seen)) == "case.closed"
    assert (rule(may_act(found)), rule(may_act(ended))) == (None, "case.closed")


def test_a_consignee_acknowledges_once_what_it_was_told() -> None:
    found = case(notice(H1, ONE, at=NOON))
    assert rule(may_acknowledge(found, H1)) is None
    assert rule(may_acknowledge(found, H2)) == "case.no-notice"
    assert rule(may_acknowledge(case(notice(H1, ONE, at=NOON), acknowledged(H1, NOON)), H1)) == "case.acknowledged"
    assert rule(may_acknowledge(case(notice(H1, ONE, at=NOON), CLOSED), H1)) == "case.closed"


@pytest.mark.parametrize(
    ("events", "units", "second", "override", "expected"),
    [
        ([], [], HE, None, None),
        ([], [], XU, None, "two-persons"),
        ([], [], XU, "reason", "two-persons"),
        ([], [ONE], HE, None, "case.outstanding"),
        ([], [ONE], HE, "it never came back", None),
        ([notice(H1, ONE, at=NOON)], [], HE, None, "case.unanswered"),
        ([notice(H1, ONE, at=NOON)], [], HE, "it is out of business", None),
        ([notice(H1, ONE, at=NOON), acknowledged(H1, NOON)], [], HE, None, None),
        ([CLOSED], [], HE, "reason", "case.closed"),
    ],
)
def test_two_persons_close_a_case_in_which_nothing_is_open_or_say_why(
    events: list[kinds.AnyEvent], units: list[str], second: str, override: str | None, expected: str | None
) -> None:
    found = case(*events)
    assert rule(may_close(found, left(found, units), by=XU, second=second, override=override)) == expected
