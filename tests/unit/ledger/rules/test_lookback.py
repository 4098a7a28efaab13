"""Lookback over lineage: donations to components, pools to donations, and no end in a circle."""

from ledger.rules.lookback import ancestors, descendants, implicated

# Two donations; each into red cells and platelets; the platelets pooled; the pool split in two.
EDGES = (
    ("donation-1", "red-1"), ("donation-1", "plt-1"), ("donation-2", "red-2"), ("donation-2", "plt-2"),
    ("plt-1", "pool"), ("plt-2", "pool"), ("pool", "half-a"), ("pool", "half-b"),
)  # fmt: skip


def test_from_a_donation_to_everything_made_from_it() -> None:
    assert descendants(EDGES, ["donation-1"]) == ("red-1", "plt-1", "pool", "half-a", "half-b")


def test_from_a_patients_unit_back_to_both_donations() -> None:
    assert ancestors(EDGES, ["half-a"]) == ("pool", "plt-1", "plt-2", "donation-1", "donation-2")


def test_what_a_finding_touches_goes_back_and_forth() -> None:
    assert set(implicated(iter(EDGES), iter(["half-a"]))) == {end for edge in EDGES for end in edge}
    assert implicated(EDGES, ["red-1"])[0] == "red-1"
    assert "red-2" not in descendants(EDGES, ["donation-1"])


def test_a_unit_without_lineage_stands_alone() -> None:
    assert descendants(EDGES, ["other"]) == ancestors((), ["other"]) == ()


def test_a_circle_from_a_wrong_record_ends() -> None:
    circle = (("a", "b"), ("b", "c"), ("c", "a"))
    assert descendants(circle, ["a", "a"]) == ("b", "c")
