"""Which order a bag is set aside for, however its story goes on."""

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.ids import format_instant
from ledger.rules.claiming import Claim, claim_of

UNIT, ORDER, OTHER = "unit:A999926123456.A0002V00", "order:DX-2026-000002", "order:DX-2026-000003"
OTHERS = ("order:DX-2026-000001", OTHER)
LIN, MA = "person:" + "a" * 32, "person:" + "b" * 32
NOTE = "consignment:FX-2026-000001"
SET_ASIDE = (kinds.Allocated, {"unit": UNIT, "order": ORDER, "line": 2, "by": LIN})
CHECKED = (kinds.DispatchChecked, {"units": [UNIT], "order": ORDER, "by": MA})
SENT = (kinds.Dispatched, {"units": [UNIT], "order": ORDER, "dispatch_note": NOTE, "to": "org:h"})
IN_BOX = {"units": [UNIT], "box": "box:B-1"}
CLAIM = Claim(UNIT, ORDER, 2, LIN)

Told = tuple[type[kinds.Event], dict[str, object]]


def after(*told: Told) -> Claim | None:
    history = []
    for minute, (kind, fields) in enumerate(told):
        time = format_instant(minute * 60_000)
        event = kind(v=1, stream="web", seq=1, nonce="0" * 32, time=time, clock="synchronised", **fields)  # type: ignore[arg-type]  # a test's own
        history.append(Recorded(event, minute, 0))  # type: ignore[arg-type]  # as above
    return claim_of(reversed(history), UNIT)


def test_a_bag_that_was_allocated_belongs_to_its_order_and_line() -> None:
    assert after() is None
    assert after(SET_ASIDE) == CLAIM
    assert after((kinds.Allocated, {"unit": UNIT, "order": ORDER, "by": LIN})) == Claim(UNIT, ORDER, 1, LIN)


def test_a_bag_that_a_hospital_set_aside_for_a_recipient_belongs_to_no_order() -> None:
    assert after((kinds.Allocated, {"unit": UNIT, "patient": LIN})) is None


def test_it_is_checked_and_sent() -> None:
    checked = after(SET_ASIDE, CHECKED)
    assert checked == Claim(UNIT, ORDER, 2, LIN, MA)
    assert after(SET_ASIDE, CHECKED, SENT) == Claim(UNIT, ORDER, 2, LIN, MA, NOTE)
    assert after(SET_ASIDE, CHECKED, SENT, (kinds.Stored, {"unit": UNIT})) == Claim(UNIT, ORDER, 2, LIN, MA, NOTE)


def test_a_check_for_another_order_checks_nothing() -> None:
    for other in OTHERS:
        assert after(SET_ASIDE, (CHECKED[0], CHECKED[1] | {"order": other})) == CLAIM
    assert after((kinds.DispatchChecked, CHECKED[1])) is None


def test_a_check_does_not_outlast_the_allocation() -> None:
    again = (kinds.Allocated, {"unit": UNIT, "order": OTHER, "line": 1, "by": MA})
    assert after(SET_ASIDE, CHECKED, again) == Claim(UNIT, OTHER, 1, MA)


def test_what_is_put_back_unpacked_or_released_anew_is_free() -> None:
    assert after(SET_ASIDE, (kinds.Stored, {"unit": UNIT})) is None
    assert after(SET_ASIDE, (kinds.Packed, IN_BOX), (kinds.Unpacked, IN_BOX)) is None
    assert after(SET_ASIDE, (kinds.Released, {"unit": UNIT})) is None


def test_a_box_that_waits_in_a_cold_room_keeps_its_bags() -> None:
    stored = (kinds.Stored, {"unit": UNIT})
    assert after(SET_ASIDE, (kinds.Packed, IN_BOX), stored) == CLAIM
    assert after(SET_ASIDE, (kinds.Packed, IN_BOX), (kinds.Sealed, IN_BOX | {"seal": "S1"}), stored) == CLAIM


def test_a_bag_that_was_once_in_a_box_is_put_back_like_any_other() -> None:
    once = (kinds.Packed, IN_BOX), (kinds.Unpacked, IN_BOX)
    again = after(*once, SET_ASIDE, CHECKED)
    assert again is not None
    assert again.is_checked
    assert after(*once, SET_ASIDE, (kinds.Stored, {"unit": UNIT})) is None


def test_a_bag_that_went_elsewhere_without_the_order_is_no_longer_its() -> None:
    for other in (None, *OTHERS):
        assert after(SET_ASIDE, (SENT[0], SENT[1] | {"order": other})) is None
