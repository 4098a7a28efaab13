"""From hand to hand: the station, the courier, the hospital."""

from typing import Literal

from ledger.rules.passing import Pass, carrier, may_pass

LIN, MA, HE, WU = "person:lin", "person:ma", "person:he", "person:wu"
SENT = ("unit:1", "unit:2")
Way = Literal["to_courier", "to_receiver"]


def step(by: str | None, courier: str | None, passes: Way = "to_courier") -> Pass:
    return Pass(by, courier, passes)


PICKED_UP = step(LIN, MA)
HANDED_ON = step(MA, HE)


def rule(passed: list[Pass], new: Pass, *, sent: tuple[str, ...] = SENT, named: tuple[str, ...] = SENT) -> str | None:
    refused = may_pass(passed, new, sent=sent, named=named)
    return None if refused is None else refused.rule


def test_the_courier_takes_hands_on_and_hands_over() -> None:
    assert rule([], PICKED_UP) is None
    assert rule([PICKED_UP], HANDED_ON) is None
    assert rule([PICKED_UP, HANDED_ON], step(WU, HE, "to_receiver")) is None
    assert rule([PICKED_UP], step(WU, MA, "to_receiver"), named=("unit:2", "unit:1")) is None


def test_who_has_the_box() -> None:
    assert carrier([]) is None
    assert carrier([PICKED_UP]) == MA
    assert carrier([PICKED_UP, HANDED_ON]) == HE
    assert carrier([PICKED_UP, step(WU, MA, "to_receiver")]) is None


def test_nobody_gives_what_they_do_not_have() -> None:
    assert rule([PICKED_UP], step(LIN, HE)) == "pass.hands"
    assert rule([PICKED_UP], step(WU, HE, "to_receiver")) == "pass.hands"
    assert rule([], step(WU, MA, "to_receiver")) == "pass.hands"
    assert rule([PICKED_UP, HANDED_ON], step(WU, MA, "to_receiver")) == "pass.hands"
    assert rule([step(LIN, None)], step(LIN, HE)) is None, "an old hand-over that names nobody binds nobody"


def test_after_the_receiver_there_is_nothing_more_to_hand_over() -> None:
    assert rule([PICKED_UP, step(WU, MA, "to_receiver")], step(LIN, MA)) == "pass.over"


def test_two_persons_sign_and_all_of_the_note_goes() -> None:
    assert rule([], step(MA, MA)) == "pass.two-persons"
    assert rule([], step(LIN, None)) == "pass.courier"
    assert rule([], PICKED_UP, named=("unit:1",)) == "pass.units"
    assert rule([], PICKED_UP, named=("unit:1", "unit:2", "unit:3")) == "pass.units"
    assert rule([], PICKED_UP, sent=(), named=()) == "pass.not-sent"
