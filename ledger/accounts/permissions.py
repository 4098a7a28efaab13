"""Who may do what: roles, permissions, and which kinds of event a role may assert, as data.

Deny by default: what is not listed here, nobody may do. The names of kinds are those of `ledger.core.kinds`; a test
holds that every kind that a person can assert stands in exactly one group. Whether an assertion is right for its unit
is not decided here but by `ledger.rules`, inside the append transaction.
"""

from collections.abc import Iterable

TECHNICIAN = "technician"
LABORATORY = "laboratory"
QUALITY = "quality"
HOSPITAL = "hospital"
ADMINISTRATOR = "administrator"
AUDITOR = "auditor"

ROLES = frozenset({TECHNICIAN, LABORATORY, QUALITY, HOSPITAL, ADMINISTRATOR, AUDITOR})
"""存储/发放技术员, 检验, 质量, 医院, 管理员, 审计."""

SITE_WIDE = frozenset({ADMINISTRATOR, AUDITOR})
"""The roles that may be held without an organisation, and then see the whole site."""

PUBLIC = "public"
"""Not a permission but a statement: a route that asks for nobody."""

SIGNED = "signed"
"""The same for a route whose requests carry the producer's own signature."""

GUARDED = "guarded"
"""The same for a route that decides by itself, from loopback or a token (`/metrics`)."""

STATEMENTS = frozenset({PUBLIC, SIGNED, GUARDED})

ERASURE_ASK = "erasure.ask"
ERASURE_CONFIRM = "erasure.confirm"
"""The permissions of the two persons by whom an event's bytes are erased: one asks, another confirms."""

VALUE_OPEN = "value.open"
"""To see what an event of one's own organisation withholds from the log; every opening is in the audit."""

STEP_RECORD = "step.record"
"""To record steps at all by a program; which of them is asked kind by kind."""

PACK_ENFORCE = "pack.enforce"
PACK_CONFIRM = "pack.confirm"
"""Two quality officers put a policy pack in force; one confirms a figure of it."""

CHECKLIST_REPLACE = "checklist.replace"
"""To put another list of what is looked at on receipt or at issue in force."""

CASE_LEAD = "event.assert.recalling"
CASE_ACKNOWLEDGE = "event.assert.acknowledging"
"""Opening, withdrawing, closing a case of recall or lookback; acknowledging, for a consignee, what it was told."""

KIND_GROUPS: dict[str, frozenset[str]] = {
    "collection": frozenset({"collected", "sampled"}),
    "preparation": frozenset(
        {
            "prepared",
            "pooled",
            "split",
            "washed",
            "irradiated",
            "frozen",
            "thawed",
            "inactivated",
            "relabelled",
        }
    ),
    "labelling": frozenset({"labelled", "tag_associated", "tag_removed", "opening"}),
    "storage": frozenset({"stored", "removed", "moved"}),
    "stocktaking": frozenset({"stock_taken"}),
    "packing": frozenset({"packed", "sealed"}),
    "unpacking": frozenset({"opened", "unpacked"}),
    "dispatch": frozenset({"dispatch_checked", "dispatched"}),
    "handing_over": frozenset({"handed_over"}),
    "receipt": frozenset({"received"}),
    "return": frozenset({"returned"}),
    "allocation": frozenset({"reserved", "allocated"}),
    "ordering": frozenset({"ordered"}),
    "order_cancelling": frozenset({"order_cancelled"}),
    "shift": frozenset({"shift_handed_over"}),
    "discard_request": frozenset({"discard_requested"}),
    "discarding": frozenset({"discarded"}),
    "testing": frozenset({"tested"}),
    "crossmatching": frozenset({"crossmatched"}),
    "quality": frozenset(
        {
            "quarantined",
            "quarantine_lifted",
            "released",
            "batch_released",
            "assessed",
            "recalled",
            "discard_approved",
            "nonconforming",
            "donor_blocked",
            "donor_reentered",
        }
    ),
    "correcting": frozenset({"corrected", "commented"}),
    "transfusion": frozenset(
        {
            "issued",
            "bedside_checked",
            "transfused",
            "not_transfused",
            "returned_to_bank",
            "reaction",
            "bag_returned",
        }
    ),
    "recalling": frozenset({"case_opened", "notice_sent", "case_closed"}),
    "acknowledging": frozenset({"notice_acknowledged"}),
}
"""Group → the kinds in it. The permission to assert a group is `event.assert.<group>`."""

_GROUP_OF = {kind: group for group, kinds in KIND_GROUPS.items() for kind in kinds}

_EVERYONE = frozenset(ROLES)
_FIELD = frozenset({TECHNICIAN, LABORATORY, QUALITY, HOSPITAL})

PERMISSIONS: dict[str, frozenset[str]] = {
    "site.read": _EVERYONE,
    "unit.read": _EVERYONE,
    "inventory.read": _EVERYONE,
    "lookback.read": frozenset({QUALITY, AUDITOR}),
    "case.read": frozenset({QUALITY, AUDITOR, TECHNICIAN, HOSPITAL}),
    "passport.export": _EVERYONE,
    "passport.accept": frozenset({TECHNICIAN, QUALITY, HOSPITAL}),
    STEP_RECORD: _FIELD,
    "event.export": frozenset({QUALITY, AUDITOR}),
    "event.assert.collection": frozenset({TECHNICIAN}),
    "event.assert.preparation": frozenset({TECHNICIAN}),
    "event.assert.labelling": frozenset({TECHNICIAN}),
    "event.assert.storage": frozenset({TECHNICIAN, HOSPITAL}),
    "event.assert.stocktaking": frozenset({TECHNICIAN, HOSPITAL}),
    "event.assert.packing": frozenset({TECHNICIAN}),
    "event.assert.unpacking": frozenset({TECHNICIAN, HOSPITAL}),
    "event.assert.dispatch": frozenset({TECHNICIAN}),
    "event.assert.receipt": frozenset({TECHNICIAN, HOSPITAL}),
    "event.assert.return": frozenset({TECHNICIAN, HOSPITAL}),
    "event.assert.allocation": frozenset({TECHNICIAN, HOSPITAL}),
    "event.assert.handing_over": frozenset({TECHNICIAN, HOSPITAL}),
    "event.assert.ordering": frozenset({HOSPITAL}),
    "event.assert.order_cancelling": frozenset({TECHNICIAN, HOSPITAL}),
    "event.assert.shift": frozenset({TECHNICIAN, HOSPITAL}),
    "event.assert.discard_request": frozenset({TECHNICIAN, HOSPITAL}),
    "event.assert.discarding": frozenset({TECHNICIAN}),
    "event.assert.testing": frozenset({LABORATORY}),
    "event.assert.crossmatching": frozenset({LABORATORY, HOSPITAL}),
    "event.assert.quality": frozenset({QUALITY}),
    "event.assert.correcting": _FIELD,
    "event.assert.recalling": frozenset({QUALITY}),
    "event.assert.acknowledging": frozenset({TECHNICIAN, QUALITY, HOSPITAL}),
    "event.assert.transfusion": frozenset({HOSPITAL}),
    "alarm.acknowledge": frozenset({TECHNICIAN, QUALITY}),
    "account.manage": frozenset({ADMINISTRATOR}),
    "organisation.manage": frozenset({ADMINISTRATOR}),
    "place.manage": frozenset({ADMINISTRATOR}),
    "probe.place": frozenset({TECHNICIAN, QUALITY, HOSPITAL, ADMINISTRATOR}),
    "agitation.report": frozenset({TECHNICIAN, QUALITY, HOSPITAL, ADMINISTRATOR}),
    "key.approve": frozenset({ADMINISTRATOR}),
    "stream.resume": frozenset({ADMINISTRATOR}),
    VALUE_OPEN: frozenset({LABORATORY, QUALITY}),
    PACK_ENFORCE: frozenset({QUALITY}),
    PACK_CONFIRM: frozenset({QUALITY}),
    CHECKLIST_REPLACE: frozenset({QUALITY}),
    "erasure.read": frozenset({QUALITY, ADMINISTRATOR}),
    ERASURE_ASK: frozenset({QUALITY}),
    ERASURE_CONFIRM: frozenset({ADMINISTRATOR}),
    "log.replay": frozenset({AUDITOR}),
    "map.cosign": frozenset({AUDITOR}),
    "audit.read": frozenset({ADMINISTRATOR, AUDITOR, QUALITY}),
    "metrics.read": frozenset({ADMINISTRATOR, AUDITOR}),
    "session.own": _EVERYONE,
    "token.own": _FIELD | {ADMINISTRATOR, AUDITOR},
}
"""Permission → the roles that have it."""


def roles_with(permission: str) -> frozenset[str]:
    """The roles that have `permission`; none for a permission that is not listed."""
    return PERMISSIONS.get(permission, frozenset())


def may(roles: Iterable[str], permission: str) -> bool:
    """Whether one of `roles` has `permission`."""
    return not roles_with(permission).isdisjoint(roles)


def may_assert(roles: Iterable[str], kind: str) -> bool:
    """Whether one of `roles` may assert an event of `kind`, e.g. `stored`; never for a kind that no person asserts."""
    group = _GROUP_OF.get(kind)
    return group is not None and may(roles, f"event.assert.{group}")


def assertable_kinds(roles: Iterable[str]) -> frozenset[str]:
    """Every kind that one of `roles` may assert."""
    held = frozenset(roles)
    return frozenset(kind for kind in _GROUP_OF if may_assert(held, kind))
