"""Every cell of the life of a unit, drawn; and the days that a unit can have."""

from itertools import product
from pathlib import Path

import pytest

from ledger.core import kinds
from ledger.rules import lifecycle
from ledger.rules.lifecycle import ENDS, EVENTS, OUTCOMES, TABLE, WITHDRAWING, State, diagram, step
from ledger.rules.refused import Refused

DRAWN = Path(__file__).with_name("lifecycle.txt")


def split(event: str) -> tuple[str, str | None]:
    kind, _, outcome = event.partition(":")
    return kind, outcome or None


def draw() -> str:
    lines = []
    for state in State:
        cells = [f"{event} -> {TABLE[state, event]}" for event in EVENTS if (state, event) in TABLE]
        lines += [f"{state}", *(f"    {cell}" for cell in sorted(cells)), ""]
    return "\n".join(lines)


def live(*events: str) -> State | Refused:
    state: State | Refused = State.NEW
    for event in events:
        assert isinstance(state, State), f"{state} before {event}"
        kind, outcome = split(event)
        state = step(state, kind, outcome=outcome)
    return state


def test_every_cell_is_as_drawn() -> None:
    """A changed cell shows as a changed line of the drawing, to be read and agreed."""
    assert draw() == DRAWN.read_text(encoding="utf-8")


@pytest.mark.parametrize("state", State)
def test_every_cell_leads_on_or_is_refused_with_the_rule(state: State) -> None:
    for event in EVENTS:
        kind, outcome = split(event)
        following = step(state, kind, outcome=outcome)
        if (state, event) in TABLE:
            assert following is TABLE[state, event]
        else:
            assert isinstance(following, Refused)
            assert following.rule == "lifecycle.step"
            assert f"came {event}" in following.reason


def test_no_cell_is_written_twice() -> None:
    cells = [cell for cell, _ in lifecycle._cells()]
    assert len(cells) == len(set(cells))


def test_every_event_is_a_kind_that_the_ledger_knows() -> None:
    known = {name.lower() for name in vars(kinds)}
    assert {split(event)[0].replace("_", "") for event in EVENTS} <= known


def test_every_outcome_of_a_kind_has_its_cells() -> None:
    for kind, outcomes in OUTCOMES.items():
        assert {event for event in EVENTS if split(event)[0] == kind} == {f"{kind}:{outcome}" for outcome in outcomes}


@pytest.mark.parametrize(("state", "kind"), list(product(State, sorted(WITHDRAWING))))
def test_a_withdrawing_fact_takes_effect_in_every_state(state: State, kind: str) -> None:
    following = step(state, kind)
    assert isinstance(following, State)
    assert following in {*ENDS, State.QUARANTINED, State.RECALLED, State.AWAITING_DISPOSAL}


def test_from_vein_to_patient() -> None:
    red_cells = (
        "prepared", "labelled", "tag_associated", "stored", "tested:fit", "released", "reserved", "packed", "sealed",
        "dispatched", "handed_over", "received:accepted", "unpacked", "stored", "crossmatched", "allocated",
        "issued:by_rule", "bedside_checked", "transfused", "bag_returned",
    )  # fmt: skip
    assert live("collected", "stored", "prepared") is State.CONSUMED
    assert live(*red_cells) is State.TRANSFUSED


def test_a_unit_that_came_back_from_a_hospital_is_released_anew() -> None:
    at_hospital = ("prepared", "released", "dispatched", "received:accepted")
    assert live(*at_hospital, "returned", "received:accepted_by_station") is State.PENDING
    assert live(*at_hospital, "dispatched", "received:accepted_by_station") is State.PENDING
    assert live(*at_hospital, "issued:by_rule", "returned", "received:accepted_by_station") is State.PENDING


def test_a_unit_moved_between_stations_stays_released() -> None:
    assert live("prepared", "released", "dispatched", "received:accepted_by_station") is State.AVAILABLE


def test_an_unreleased_unit_cannot_leave() -> None:
    assert isinstance(live("prepared", "dispatched"), Refused)
    assert live("prepared", "quarantined", "dispatched") is State.QUARANTINED, "only a return may, and it stays so"
    assert live("prepared", "quarantined", "quarantine_lifted:at_station") is State.PENDING


def test_a_quarantine_is_lifted_where_the_unit_is() -> None:
    at_hospital = ("prepared", "released", "dispatched", "received:accepted", "quarantined")
    assert live(*at_hospital, "quarantine_lifted:at_hospital") is State.IN_HOSPITAL
    assert live(*at_hospital, "tested:unfit", "issued:by_rule") != State.ISSUED


def test_what_is_held_back_goes_to_the_ward_over_a_named_rule_alone() -> None:
    at_hospital = ("prepared", "released", "dispatched", "received:accepted")
    for fact in ("quarantined", "recalled"):
        assert isinstance(live(*at_hospital, fact, "issued:by_rule"), Refused)
        assert live(*at_hospital, fact, "issued:by_override") is State.ISSUED


def test_what_the_ward_does_not_give_comes_back_to_stock_or_is_held_or_goes_to_waste() -> None:
    on_ward = ("prepared", "released", "dispatched", "received:accepted", "issued:by_rule", "not_transfused")
    assert live(*on_ward, "returned_to_bank:restocked", "issued:by_rule") is State.ISSUED
    assert live(*on_ward, "returned_to_bank:held") is State.QUARANTINED
    assert live(*on_ward, "returned_to_bank:discard") is State.AWAITING_DISPOSAL
    assert live(*on_ward, "recalled", "returned_to_bank:held") is State.RECALLED
    assert isinstance(live(*on_ward, "recalled", "returned_to_bank:restocked"), Refused)


def test_nothing_but_records_follows_the_end() -> None:
    for state in ENDS:
        following = {target for (one, _), target in TABLE.items() if one is state}
        assert following <= set(ENDS)


def test_a_refusal_names_what_is_possible() -> None:
    refused = step(State.COLLECTED, "transfusion")
    assert isinstance(refused, Refused)
    assert "prepared" in refused.reason


def test_the_documentation_shows_the_diagram_as_it_is_drawn_today() -> None:
    page = Path(__file__).parents[4] / "docs" / "lifecycle.md"
    assert f"```mermaid\n{diagram()}```\n" in page.read_text(encoding="utf-8")


def test_the_diagram_is_drawn_from_the_table() -> None:
    lines = diagram().splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert "    [*] --> collected : collected" in lines
    assert "    pending --> available : released" in lines
    arrows = {(state, target) for (state, _), target in TABLE.items() if state is not target}
    assert len(lines) == 1 + len(arrows)
