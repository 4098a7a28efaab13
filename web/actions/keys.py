"""Keys let in, revoked, changed and retired, and a gateway let go on after a fork, each under a signature."""

from collections.abc import Mapping

from ledger import rotation
from ledger.append import Draft, Rejected
from ledger.core import kinds
from ledger.core.enrolment import Enrolment
from ledger.core.errors import Refused
from web.actions.signing import audited, declare, own_signature, record
from web.context import asking, shared


def approve_key(enrolled: Enrolment) -> Refused | None:
    """Let a gateway's key speak for its streams, once a person has compared its fingerprint."""
    declared = enrolled.declaration()
    who = {"approved_by": asking().person} if declared.kind is kinds.KeyAdded else {"by": asking().person}
    refused = record([Draft(kind=declared.kind, fields={**declared.fields, **who})], None)
    return audited(refused, "key_approve", enrolled.gateway, enrolled.key)


def revoke_key(key: str, last_good: Mapping[str, int], *, reason: str, password: str) -> Refused | None:
    """Let a key vouch for nothing beyond these events; signed with the administrator's password."""
    refused = own_signature(password)
    if refused is not None:
        return refused
    good = [kinds.LastGood(stream=stream, seq=seq) for stream, seq in last_good.items()]
    fields = {"key": key, "last_good": good, "reason": reason}
    return audited(declare(kinds.KeyRevoked, fields), "key_revoke", key, reason)


def resume_gateway(gateway: str, epoch: int, *, reason: str, password: str) -> Refused | None:
    """Let a gateway go on under a new epoch after a fork; signed with the administrator's password."""
    refused = own_signature(password)
    if refused is not None:
        return refused
    fields = {"producer": gateway, "epoch": epoch, "reason": reason}
    return audited(declare(kinds.StreamResumed, fields), "stream_resume", gateway, f"{epoch}: {reason}")


def rotate_key(name: str, *, password: str) -> Refused | None:
    """Make a new key of the site's own: `web` and `site` change over, `log` and `receipt` begin to sign with both."""
    refused = own_signature(password)
    if refused is not None:
        return refused
    ledger, by = shared().ledger, asking().person
    try:
        if name in {"web", "site"}:
            answer = rotation.rotate_own_key(ledger, "web" if name == "web" else "site", by=by)
        else:
            answer = rotation.add_log_key(ledger, "checkpoint" if name == "log" else "receipt", by=by)
    except Rejected as error:
        return Refused(error.step, error.reason)
    return audited(answer if isinstance(answer, Refused) else None, "key_rotate", name)


def retire_key(name: str, *, password: str) -> Refused | None:
    """End the overlap of `log` or `receipt`: the older key signs no longer."""
    refused = own_signature(password)
    if refused is not None:
        return refused
    try:
        answer = rotation.retire_log_key(
            shared().ledger, "checkpoint" if name == "log" else "receipt", by=asking().person
        )
    except Rejected as error:
        return Refused(error.step, error.reason)
    return audited(answer if isinstance(answer, Refused) else None, "key_retire", name)
