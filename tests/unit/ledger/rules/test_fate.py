"""What became of a unit, in every state, as its station and as another sees it."""

import pytest

from ledger.rules.fate import Fate, can_be_withdrawn, fate_of
from ledger.rules.lifecycle import State

CENTRE, HOSPITAL = "org:centre", "org:hospital"


def test_every_state_has_a_fate_and_whoever_holds_it_decides_whether_it_is_stock() -> None:
    ended = {State.TRANSFUSED: "transfused", State.DISCARDED: "discarded", State.CONSUMED: "made_into_others"}
    for state in State:
        fates = [
            fate_of(state, on_hold=False, holder=holder, own=own)
            for holder, own in ((CENTRE, CENTRE), (HOSPITAL, CENTRE), (HOSPITAL, None), ("transit", None), (None, None))
        ]
        alive = (
            ["issued"] * 4 + ["unknown"]
            if state is State.ISSUED
            else ["in_stock", "dispatched", "in_stock", "dispatched", "unknown"]
        )
        assert fates == ([ended[state]] * 5 if state in ended else alive), state


@pytest.mark.parametrize("state", [None, State.TRANSFUSED, State.AVAILABLE])
def test_a_unit_on_hold_or_never_seen_is_unknown(state: State | None) -> None:
    assert fate_of(state, on_hold=True, holder=CENTRE, own=CENTRE) is Fate.UNKNOWN
    assert fate_of(None, on_hold=False, holder=CENTRE, own=CENTRE) is Fate.UNKNOWN


def test_a_recall_reaches_all_that_exists_once() -> None:
    beyond = {State.NEW, State.RECALLED, State.TRANSFUSED, State.DISCARDED, State.CONSUMED}
    assert {state for state in State if not can_be_withdrawn(state)} == beyond
    assert not can_be_withdrawn(None)
