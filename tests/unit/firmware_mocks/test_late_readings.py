"""How far each gateway is with what it hands in late survives a stop of the demo."""

from firmware_mocks.late_readings import HandedIn
from firmware_mocks.past_gateway import FIRST, Chain


def test_nothing_was_handed_in_at_first() -> None:
    assert HandedIn.of({}) == HandedIn(0, {})


def test_what_is_saved_is_what_is_read_again() -> None:
    before = HandedIn(1_772_000_000_000, {"gw-van": Chain(7, "abc="), "gw-centre": Chain()})
    assert HandedIn.of(before.said()) == before
    assert before.said()["chains"] == {"gw-van": [7, "abc="], "gw-centre": [0, FIRST]}
