"""A crate is opened at the hospital, and what is in it is held against the paper."""

import pytest

from ledger.rules.receiving import Sighted, compare_manifest

A_POSITIVE = ("A", "positive")
GROUPS = {"unit:1": A_POSITIVE, "unit:2": A_POSITIVE, "unit:3": (None, None)}


def tag(text: str, unit: str | None, **more: object) -> Sighted:
    return Sighted(text=text, unit=unit, source="tag", **more)


def by_hand(unit: str, **more: object) -> Sighted:
    return Sighted(text=unit, unit=unit, source="hand", **more)


def test_everything_was_found_and_nothing_else() -> None:
    read = [tag("tag:1", "unit:1"), tag("tag:1", "unit:1"), by_hand("unit:2", says=A_POSITIVE)]
    told = compare_manifest(["unit:2", "unit:1"], read, GROUPS)
    assert (told.found, told.agrees, told.suspect) == (("unit:1", "unit:2"), True, frozenset())


def test_what_is_missing_extra_or_unknown_is_named() -> None:
    read = [tag("tag:9", "unit:9"), tag("tag:0", None), tag("tag:0", None), tag("tag:1", "unit:1")]
    told = compare_manifest(["unit:1", "unit:2"], read, GROUPS)
    assert (told.found, told.missing, told.extra, told.unknown) == (("unit:1",), ("unit:2",), ("unit:9",), ("tag:0",))
    assert not told.agrees
    assert not told.suspect


@pytest.mark.parametrize(
    ("manifest", "read"),
    [
        (["unit:1", "unit:2"], [tag("tag:1", "unit:1")]),
        (["unit:1"], [tag("tag:1", "unit:1"), tag("tag:2", "unit:2")]),
        (["unit:1"], [tag("tag:1", "unit:1"), tag("tag:0", None)]),
        (["unit:1"], [by_hand("unit:1"), by_hand("unit:1")]),
        (["unit:1"], [by_hand("unit:1", says=("B", "positive"))]),
        (["unit:1"], [tag("tag:1", "unit:1", beside="unit:2")]),
    ],
    ids=["missing", "extra", "unknown", "duplicate", "wrong group", "differing"],
)
def test_any_one_difference_is_enough_not_to_agree(manifest: list[str], read: list[Sighted]) -> None:
    assert not compare_manifest(manifest, read, GROUPS).agrees


def test_two_tags_or_two_scans_of_one_bag_may_be_two_bags() -> None:
    two_tags = compare_manifest(["unit:1"], [tag("tag:1", "unit:1"), tag("tag:2", "unit:1")], GROUPS)
    assert (two_tags.duplicate, two_tags.suspect) == (("unit:1",), {"unit:1"})
    two_scans = compare_manifest(["unit:1"], [by_hand("unit:1"), by_hand("unit:1")], GROUPS)
    assert two_scans.duplicate == ("unit:1",)
    one_of_each = compare_manifest(["unit:1"], [tag("tag:1", "unit:1"), by_hand("unit:1")], GROUPS)
    assert one_of_each.duplicate == ()
    machine = Sighted(text="unit:1", unit="unit:1", source="device")
    assert compare_manifest(["unit:1"], [machine, machine], GROUPS).duplicate == (), "a reader reads again and again"
    assert compare_manifest([], [tag("tag:8", None), tag("tag:9", None)], GROUPS).duplicate == ()


@pytest.mark.parametrize("says", [("B", "positive"), ("A", "negative"), ("B", None)])
def test_a_label_of_another_group_is_seen(says: tuple[str, str | None]) -> None:
    told = compare_manifest(["unit:1"], [by_hand("unit:1", says=says)], GROUPS)
    assert (told.wrong_group, told.suspect) == (("unit:1",), {"unit:1"})


def test_where_one_of_them_names_no_group_they_do_not_differ() -> None:
    read = [by_hand("unit:1", says=("A", None)), by_hand("unit:3", says=A_POSITIVE), by_hand("unit:9", says=A_POSITIVE)]
    assert compare_manifest(["unit:1", "unit:3"], read, GROUPS).wrong_group == ()
    assert compare_manifest([], [tag("tag:0", None, says=A_POSITIVE)], {}).wrong_group == ()


def test_a_tag_on_the_bag_of_another_is_seen_whichever_of_them_is_known() -> None:
    told = compare_manifest(["unit:1"], [tag("tag:1", "unit:1", beside="unit:2")], GROUPS)
    assert (told.differing, told.suspect) == (("unit:1",), {"unit:1"})
    assert compare_manifest(["unit:1"], [tag("tag:0", None, beside="unit:1")], GROUPS).differing == ("unit:1",)
    assert compare_manifest(["unit:1"], [tag("tag:1", "unit:1", beside="unit:1")], GROUPS).differing == ()
