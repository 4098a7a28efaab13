"""A second person scans every bag against the pick list."""

from dataclasses import replace

import pytest

from ledger.rules.picking import Compared, Listed, compare, may_check, may_send
from ledger.rules.refused import Refused

LIST = (Listed("unit:1", "person:a", None), Listed("unit:2", "person:a", None), Listed("unit:3", "person:x", None))
WARM = Refused("dispatch.exposure-ok", "the cold chain must be ok, it is out")
ALL = ("unit:3", "unit:1", "unit:2")


def test_every_bag_is_found_missing_or_wrong() -> None:
    told = compare(LIST, ["unit:3", "unit:9", "unit:1", "unit:1"], barred={})
    assert told.found == ("unit:1", "unit:3")
    assert told.missing == ("unit:2",)
    assert told.wrong == (
        ("unit:9", Refused("check.not-on-list", "unit:9 is not on the pick list; put it back where it was")),
    )


def test_a_bag_that_must_not_leave_any_more_is_wrong_and_not_missing() -> None:
    told = compare(LIST, ALL, barred={"unit:2": WARM})
    assert (told.found, told.missing, told.wrong) == (("unit:1", "unit:3"), (), (("unit:2", WARM),))


def test_the_check_is_done_when_everything_was_scanned_by_another_person() -> None:
    assert may_check(LIST, compare(LIST, ALL, barred={}), by="person:b") is None


@pytest.mark.parametrize(
    ("scanned", "by", "rule"),
    [
        (ALL, "person:a", "check.two-persons"),
        (ALL, "person:x", "check.two-persons"),
        (ALL[:2], "person:b", "check.missing"),
        ((*ALL, "unit:9"), "person:b", "check.not-on-list"),
    ],
)
def test_anything_else_is_refused_by_name(scanned: tuple[str, ...], by: str, rule: str) -> None:
    refused = may_check(LIST, compare(LIST, scanned, barred={}), by=by)
    assert refused is not None
    assert refused.rule == rule


def test_what_was_not_scanned_is_told() -> None:
    refused = may_check(LIST, compare(LIST, [], barred={}), by="person:b")
    assert refused is not None
    assert refused.reason.startswith("not scanned: unit:1, unit:2, unit:3;")


def test_an_empty_list_is_neither_checked_nor_sent() -> None:
    nothing = may_check((), Compared((), (), ()), by="person:b")
    assert nothing is not None
    assert nothing.rule == "check.nothing"
    unsent = may_send((), by="person:a")
    assert unsent is not None
    assert unsent.rule == "send.nothing"


def test_only_what_another_person_checked_leaves() -> None:
    checked = tuple(replace(each, checked_by="person:b") for each in LIST)
    for sender in ("person:a", "person:z"):
        assert may_send(checked, by=sender) is None
    one_not = may_send((*checked[:2], LIST[2]), by="person:a")
    assert one_not == Refused("send.unchecked", "not checked by a second person: unit:3")
    alone = may_send((*checked[:2], replace(LIST[2], checked_by="person:a")), by="person:a")
    assert alone is not None
    assert alone.rule == "send.two-persons"
