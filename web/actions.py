"""What people do on the pages, as appended events: the one module of the web that writes to the ledger.

A step is checked where it cannot be raced: role here, scope and rules inside the append transaction, the life cycle by
the ledger itself. A refusal writes nothing and names its rule.
"""

from collections.abc import Callable, Mapping, Sequence

from ledger.accounts import TurnedAway, User
from ledger.append import Draft, Rejected
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import format_instant, parse_instant
from ledger.core.keys import check_possession, fingerprint
from ledger.passports import Fields, NotYetError, state_exposures
from ledger.read import passports
from ledger.read.reader import Reader
from ledger.rules import release
from web.context import actor, address, asking, now_ms, shared, wall_ms
from web.forms import KINDS

_ELSEWHERE = frozenset({"received", "tested", "recalled", "quarantined", "corrected", "nonconforming", "assessed",
                        "quarantine_lifted", "released", "donor_blocked", "donor_reentered", "discard_approved",
                        "ordered", "reaction"})  # fmt: skip
"""Kinds that may speak of a unit which another organisation holds: a receipt, results, and withdrawing it."""

_INTRODUCING = frozenset({"collected", "opening", "received"})
"""Kinds by which a unit comes into the ledger; every other step needs one that is there. Parts need their parents."""
_RULED = frozenset({"released", "dispatched", "issued"})

Rule = Callable[[Reader], Refused | None]


def record_step(
    kind: str, drafts: Sequence[Mapping[str, object]], *, time: str | None, second_password: str
) -> Refused | None:
    """Record a step that the asking user did.

    Args:
        kind: the kind of event.
        drafts: the fields of each event, as `web.forms.read` gives them.
        time: when it happened; None: now.
        second_password: the second person's password, where the step has one.

    Returns:
        Refused, and nothing was written; or None.
    """
    user = asking()
    if not user.may_assert(kind):
        shared().accounts.record_denial(actor(), f"event.assert:{kind}", now_ms=wall_ms())
        return Refused("role", f"none of the roles {', '.join(sorted(user.roles))} may record {kind}")
    completed = []
    for fields in drafts:
        persons = _persons(fields, user, second_password)
        if isinstance(persons, Refused):
            return persons
        completed.append({**fields, **persons, "by": user.person})
    if time is not None and parse_instant(time) > now_ms():
        return Refused("time.ahead", f"it is {format_instant(now_ms())} now; a step cannot happen later")
    events = [Draft(kind=KINDS[kind], fields=fields, time=time) for fields in completed]
    # The check runs on the writer's thread, which knows no request: one instant for the whole decision goes with it.
    now = now_ms()
    return _record("web", events, lambda reader: _check(reader, kind, completed, user=user, now_ms=now))


def add_organisation(fields: Mapping[str, object]) -> Refused | None:
    """Register an organisation."""
    return _declare(kinds.OrganisationAdded, fields)


def add_place(fields: Mapping[str, object]) -> Refused | None:
    """Register a place or a box."""
    return _declare(kinds.PlaceAdded, fields)


def approve_key(*, vkey: str, producer: str, proof: str) -> Refused | None:
    """Let a gateway's key speak for its streams, once a person has compared its fingerprint."""
    held = check_possession(origin=shared().site.origin, vkey=vkey, proof=proof)
    if isinstance(held, Refused):
        return held
    fields = {
        "key": fingerprint(vkey),
        "vkey": vkey,
        "producer": producer,
        "proof": proof,
        "approved_by": asking().person,
    }
    refused = _record("site", [Draft(kind=kinds.KeyAdded, fields=fields)], None)
    if refused is None:
        shared().accounts.record(actor(), "key_approve", now_ms=wall_ms(), subject=producer, detail=fingerprint(vkey))
    return refused


def issue_passport(subject: str) -> bytes | None:
    """The passport of a unit or dispatch note, exposure stated as of now; None: not yet, try again in a second."""
    site = shared().site
    try:
        state_exposures(site, subject, now_ms=now_ms(), record=_state, publish=_publish)
        with shared().reading() as reader:
            return passports.export(reader, subject, log_key=site.verifier("log"))
    except (NotYetError, Rejected):
        return None


def _state(stated: Sequence[Fields], time: str) -> None:
    shared().ledger.record("site", [Draft(kind=kinds.ExposureStated, fields=fields, time=time) for fields in stated])


def _publish() -> None:
    shared().publish()


def _declare(kind: type[kinds.Event], fields: Mapping[str, object]) -> Refused | None:
    return _record("site", [Draft(kind=kind, fields={**fields, "by": asking().person})], None)


def _record(stream: str, drafts: Sequence[Draft], check: Rule | None) -> Refused | None:
    try:
        answer = shared().ledger.record("site" if stream == "site" else "web", drafts, check)
    except Rejected as error:
        return Refused(error.step, error.reason)
    return answer if isinstance(answer, Refused) else None


def _persons(fields: Mapping[str, object], user: User, password: str) -> dict[str, object] | Refused:
    """Logins as pseudonyms; a second person signs with the own password, and is another than the first."""
    accounts = shared().accounts
    found: dict[str, object] = {}
    for name in ("second", "collector", "courier"):
        said = fields.get(name)
        if not isinstance(said, str):
            continue
        other = accounts.user(said) if said.startswith("person:") else accounts.user_named(said)
        if other is None or other.disabled:
            return Refused("person.unknown", f"expected the login of a colleague in {name}; got {said}")
        found[name] = other.person
        if name == "second":
            if other.person == user.person:
                return Refused("two-persons", "a second person must confirm, another than the first")
            signed = accounts.confirm(other.person, password, address=address(), now_ms=wall_ms())
            if isinstance(signed, TurnedAway):
                return Refused("person.signature", signed.reason)
    return found


def _check(
    reader: Reader, kind: str, drafts: Sequence[Mapping[str, object]], *, user: User, now_ms: int
) -> Refused | None:
    """Scope and rules, on the writer's own snapshot."""
    for fields in drafts:
        refused = _place_rule(reader, fields, user)
        for unit in _units(fields):
            refused = refused or _holder_rule(reader, kind, unit, user)
            if kind in _RULED:
                refused = refused or _release_rule(reader, kind, unit, fields, now_ms=now_ms)
        if refused is not None:
            return refused
    return None


def _units(fields: Mapping[str, object]) -> list[str]:
    """The units that a step changes; those that it makes are new."""
    single = fields.get("unit")
    listed = [unit for name in ("units", "parents") for unit in _texts(fields.get(name))]
    return [*([single] if isinstance(single, str) else []), *listed]


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _place_rule(reader: Reader, fields: Mapping[str, object], user: User) -> Refused | None:
    place = fields.get("place")
    if not isinstance(place, str):
        return None
    theirs = reader.organisation_of(place)
    if theirs is None:
        return Refused("place.unknown", f"{place} is not registered; an administrator adds places")
    if user.organisation is not None and theirs != user.organisation:
        return Refused("place.foreign", f"{place} belongs to {theirs}; record what happened at your own places")
    return None


def _holder_rule(reader: Reader, kind: str, unit: str, user: User) -> Refused | None:
    """A unit that another organisation holds is theirs to record, but for a few facts."""
    if user.organisation is None:
        return None
    known = reader.summary(unit)
    if known is None and kind in _INTRODUCING:
        return None
    if known is None or not reader.visible(unit, user.organisation):
        return Refused("unit.unknown", f"there is no {unit}, or it is not yours to see")
    foreign = known.holder is not None and known.holder.startswith("org:") and known.holder != user.organisation
    if foreign and kind not in _ELSEWHERE:
        return Refused("unit.held-elsewhere", f"{unit} is held by {known.holder}")
    return None


def _release_rule(reader: Reader, kind: str, unit: str, fields: Mapping[str, object], *, now_ms: int) -> Refused | None:
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
            refused = release.may_issue(facts, override=reason)
        case _:
            return None
    return None if refused is None else Refused(refused.rule, refused.reason)
