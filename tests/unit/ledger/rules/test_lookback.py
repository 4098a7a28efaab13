"""Lookback over lineage: donors to components, pools to donations, and no end in a circle."""

import pytest

from ledger.rules.lookback import Reached, Why, ancestors, back_and_onward, descendants, onward

# Two donors; a donation of each, into red cells and platelets; the platelets pooled; the pool split in two.
EDGES = (
    ("whole-1", "red-1"), ("whole-1", "plt-1"), ("whole-2", "red-2"), ("whole-2", "plt-2"),
    ("plt-1", "pool"), ("plt-2", "pool"), ("pool", "half-a"), ("pool", "half-b"),
)  # fmt: skip
NUMBERS = tuple((f"din-{n}", f"{what}-{n}") for n in (1, 2) for what in ("whole", "red", "plt"))
DONORS = (("donor-1", "din-1"), ("donor-1", "din-9"), ("donor-2", "din-2"))
WAYS = (*DONORS, *NUMBERS, *EDGES)


def told(found: tuple[Reached, ...]) -> dict[str, tuple[str, str | None]]:
    assert len({each.subject for each in found}) == len(found), "each once"
    return {each.subject: (str(each.why), each.via) for each in found}


def test_from_a_donation_to_everything_made_from_it() -> None:
    assert descendants(EDGES, ["whole-1"]) == ("red-1", "plt-1", "pool", "half-a", "half-b")


def test_from_a_patients_unit_back_to_both_donations() -> None:
    assert ancestors(EDGES, ["half-a"]) == ("pool", "plt-1", "plt-2", "whole-1", "whole-2")


def test_a_donor_leads_to_every_donation_and_what_became_of_each_with_the_way_there() -> None:
    assert told(onward(WAYS, ["donor-1"])) == {
        "donor-1": ("named", None),
        "din-1": ("made", "donor-1"),
        "din-9": ("made", "donor-1"),
        "whole-1": ("made", "din-1"),
        "red-1": ("made", "din-1"),
        "plt-1": ("made", "din-1"),
        "pool": ("made", "plt-1"),
        "half-a": ("made", "pool"),
        "half-b": ("made", "pool"),
    }


def test_a_patients_unit_leads_back_to_both_donations_and_to_all_that_came_of_them() -> None:
    ways = (*NUMBERS, *EDGES, ("red-2", "washed-2"))
    assert told(back_and_onward(iter(ways), iter(["half-a"]))) == {
        "half-a": ("named", None),
        "pool": ("source", "half-a"),
        "plt-1": ("source", "pool"),
        "plt-2": ("source", "pool"),
        "din-1": ("source", "plt-1"),
        "whole-1": ("source", "plt-1"),
        "din-2": ("source", "plt-2"),
        "whole-2": ("source", "plt-2"),
        "half-b": ("made", "pool"),
        "red-1": ("made", "din-1"),
        "red-2": ("made", "din-2"),
        "washed-2": ("made", "red-2"),
    }


def test_what_is_named_stays_named_also_where_it_was_made_of_something_else_that_is() -> None:
    found = told(onward(EDGES, ["pool", "whole-1", "pool"]))
    assert list(found)[:2] == ["pool", "whole-1"]
    assert found["pool"] == ("named", None)
    assert told(back_and_onward(EDGES, ["half-a", "pool"]))["pool"] == ("named", None)


@pytest.mark.parametrize("walk", [onward, back_and_onward])
def test_a_unit_without_lineage_stands_alone(walk: object) -> None:
    assert walk(EDGES, ["other"]) == (Reached("other", Why.NAMED, None),)  # type: ignore[operator]
    assert walk((), []) == ()  # type: ignore[operator]


def test_a_circle_from_a_wrong_record_is_walked_once() -> None:
    circle = (("a", "b"), ("b", "c"), ("c", "a"))
    assert descendants(circle, ["a", "a"]) == ("b", "c")
    assert told(back_and_onward(circle, ["a"])) == {
        "a": ("named", None), "c": ("source", "a"), "b": ("source", "c"),
    }  # fmt: skip


def test_pools_of_pools_and_splits_of_splits_are_followed_to_the_end() -> None:
    ways = (("pool", "pool-2"), ("other", "pool-2"), ("pool-2", "third"), ("third", "sixth"), ("sixth", "twelfth"))
    assert descendants((*EDGES, *ways), ["plt-1"]) == (
        "pool", "half-a", "half-b", "pool-2", "third", "sixth", "twelfth",
    )  # fmt: skip
    assert ancestors((*EDGES, *ways), ["twelfth"])[-2:] == ("whole-1", "whole-2")


def test_the_order_of_the_records_does_not_matter() -> None:
    forward = {each.subject for each in onward(WAYS, ["donor-2"])}
    assert forward == {each.subject for each in onward(WAYS[::-1], ["donor-2"])}
    assert forward == {"donor-2", "din-2", "whole-2", "red-2", "plt-2", "pool", "half-a", "half-b"}
