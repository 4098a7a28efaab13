"""Deny by default, and the table of roles is whole: every kind has its group, every group someone who may assert it."""

import pytest

from ledger.accounts.permissions import (
    KIND_GROUPS,
    PERMISSIONS,
    ROLES,
    STATEMENTS,
    assertable_kinds,
    may,
    may_assert,
    roles_with,
)
from ledger.core.events import KINDS_OF, Carrier

GRANTS = {
    "technician": "collected sampled prepared pooled split labelled tag_associated tag_removed stored removed moved"
    " packed sealed opened unpacked dispatched stock_taken discard_requested",
    "laboratory": "tested crossmatched",
    "quality": "quarantined quarantine_lifted released assessed recalled discard_approved nonconforming corrected"
    " commented",
    "hospital": "received allocated crossmatched issued bedside_checked transfused reaction bag_returned returned"
    " unpacked opened stored",
}


def test_every_kind_that_a_person_asserts_is_in_exactly_one_group() -> None:
    listed = [kind for kinds in KIND_GROUPS.values() for kind in kinds]
    assert sorted(listed) == sorted(KINDS_OF[Carrier.WEB])


def test_every_group_has_a_role_that_may_assert_it() -> None:
    for group in KIND_GROUPS:
        assert roles_with(f"event.assert.{group}"), group
    named = {name.removeprefix("event.assert.") for name in PERMISSIONS if name.startswith("event.assert.")}
    assert named == KIND_GROUPS.keys()


@pytest.mark.parametrize(("role", "kinds"), GRANTS.items())
def test_each_role_asserts_what_its_work_is(role: str, kinds: str) -> None:
    assert assertable_kinds({role}) >= set(kinds.split())


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("technician", "released"),
        ("technician", "tested"),
        ("technician", "transfused"),
        ("technician", "discard_approved"),
        ("laboratory", "released"),
        ("quality", "collected"),
        ("quality", "transfused"),
        ("hospital", "released"),
        ("hospital", "dispatched"),
        ("hospital", "quarantine_lifted"),
        ("hospital", "labelled"),
    ],
)
def test_duties_stay_apart(role: str, kind: str) -> None:
    assert not may_assert({role}, kind)


@pytest.mark.parametrize("role", ["administrator", "auditor"])
def test_administrators_and_auditors_assert_nothing(role: str) -> None:
    assert assertable_kinds({role}) == frozenset()


def test_what_is_not_listed_nobody_may_do() -> None:
    assert not may(ROLES, "unit.delete")
    assert not may({"root"}, "unit.read")
    assert not may(frozenset(), "unit.read")
    assert not may_assert(ROLES, "tag_arrived")
    assert not may_assert(ROLES, "key_added")
    assert not any(may(ROLES, statement) for statement in STATEMENTS)


def test_only_roles_that_exist_are_named() -> None:
    assert all(roles <= ROLES for roles in PERMISSIONS.values())
    assert roles_with("account.manage") == {"administrator"}
    assert roles_with("key.approve") == {"administrator"}
