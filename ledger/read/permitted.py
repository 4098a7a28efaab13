"""Whether a person's organisation may record a step about these units at this place, and whether the units allow it.

The same for the pages and for a hospital's own system (`ledger.api.bedside`): asked of the ledger's own snapshot, just
before it is written. Which roles may record which step is `ledger.accounts.permissions`; what a step needs beside
these is `ledger.read.asserting`.
"""

from collections.abc import Mapping

from ledger.core.errors import Refused
from ledger.read.reader import Reader
from ledger.rules import release

Fields = Mapping[str, object]

_ELSEWHERE = frozenset({"received", "tested", "recalled", "quarantined", "corrected", "nonconforming", "assessed",
                        "quarantine_lifted", "released", "donor_blocked", "donor_reentered", "discard_approved",
                        "reaction"})  # fmt: skip
"""Kinds that may speak of a unit which another organisation holds: a receipt, results, and withdrawing it."""

_INTRODUCING = frozenset({"collected", "opening", "received"})
"""Kinds by which a unit comes into the ledger; every other step needs one that is there. Parts need their parents."""
_RULED = frozenset({"released", "dispatched", "issued"})


def refuse(reader: Reader, kind: str, fields: Fields, *, organisation: str | None, now_ms: int) -> Refused | None:
    """Why a step must not be recorded; None if nothing here stands against it.

    Args:
        reader: the ledger as it is just before.
        kind: the kind of event.
        fields: its fields.
        organisation: whose user records it; None: one of the whole site.
        now_ms: the instant of the decision.
    """
    refused = place_rule(reader, fields, organisation)
    for unit in units_of(fields):
        refused = refused or holder_rule(reader, kind, unit, organisation)
        if kind in _RULED:
            refused = refused or _release_rule(reader, kind, unit, fields, now_ms=now_ms)
    return refused


def units_of(fields: Mapping[str, object]) -> list[str]:
    """The units that a step changes; those that it makes are new."""
    single = fields.get("unit")
    listed = [unit for name in ("units", "parents") for unit in _texts(fields.get(name))]
    return [*([single] if isinstance(single, str) else []), *listed]


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def place_rule(reader: Reader, fields: Fields, organisation: str | None) -> Refused | None:
    """What happened is recorded at a registered place, of an organisation's user at one of its own."""
    place = fields.get("place")
    if not isinstance(place, str):
        return None
    theirs = reader.organisation_of(place)
    if theirs is None:
        return Refused("place.unknown", f"{place} is not registered; an administrator adds places")
    if organisation is not None and theirs != organisation:
        return Refused("place.foreign", f"{place} belongs to {theirs}; record what happened at your own places")
    return None


def holder_rule(reader: Reader, kind: str, unit: str, organisation: str | None) -> Refused | None:
    """A unit that another organisation holds is theirs to record, but for a few facts."""
    if organisation is None:
        return None
    known = reader.summary(unit)
    if known is None and kind in _INTRODUCING:
        return None
    if known is None or not reader.visible(unit, organisation):
        return Refused("unit.unknown", f"there is no {unit}, or it is not yours to see")
    foreign = known.holder is not None and known.holder.startswith("org:") and known.holder != organisation
    if foreign and kind not in _ELSEWHERE:
        return Refused("unit.held-elsewhere", f"{unit} is held by {known.holder}")
    return None


def _release_rule(reader: Reader, kind: str, unit: str, fields: Fields, *, now_ms: int) -> Refused | None:
    facts = reader.facts(unit, now_ms=now_ms)
    override, second = fields.get("override"), fields.get("second")
    reason = override if isinstance(override, str) else None
    match kind:
        case "released":
            refused = release.may_release(
                facts,
                by=str(fields["by"]),
                second=second if isinstance(second, str) else None,
                two_persons=reader.pack.two_persons_release,
                override=reason,
            )
        case "dispatched":
            refused = release.may_dispatch(facts)
        case "issued":
            refused = release.may_issue(facts, override=reason, set_aside=_texts(fields.get("set_aside")))
        case _:
            return None
    return None if refused is None else Refused(refused.rule, refused.reason)
