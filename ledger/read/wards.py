"""The transfusion end asked of the ledger: who has a bag, since when, and whether it may come back to stock."""

from collections.abc import Mapping

from ledger.core import correcting, kinds
from ledger.core.errors import Refused
from ledger.core.ids import parse_instant
from ledger.folding import bedside
from ledger.read.reader import Reader
from ledger.rules import bedside as rules
from ledger.rules.bedside import Signed
from ledger.rules.refused import Refused as RuleRefused
from ledger.rules.returning import Away

Fields = Mapping[str, object]


def refuse_issue(fields: Fields) -> Refused | None:
    """Why an issue is not signed as it must be."""
    listed = fields.get("set_aside")
    set_aside = [str(each) for each in listed] if isinstance(listed, list) else []
    return _by_rule(rules.refuse_issue(_signed(fields), override=_text(fields, "override"), set_aside=set_aside))


def refuse_check(reader: Reader, fields: Fields) -> Refused | None:
    """Why a bedside check must not be recorded."""
    unit = str(fields["unit"])
    issue = bedside.last_issue(correcting.in_force(reader.told(unit)), unit)
    issued_to = issue.event.patient if issue is not None and isinstance(issue.event, kinds.Issued) else None
    agrees = fields.get("outcome", "agrees") == "agrees"
    patient = str(fields["patient"])
    return _by_rule(rules.refuse_check(_signed(fields), patient=patient, issued_to=issued_to, agrees=agrees))


def refuse_restocking(reader: Reader, fields: Fields, *, at_ms: int) -> Refused | None:
    """Why a bag must not go back to stock from a ward; held or discarded it may always be."""
    if fields.get("outcome") != "restocked":
        return None
    unit = str(fields["unit"])
    history = correcting.in_force(reader.told(unit))
    issue = bedside.last_issue(history, unit)
    overridden = issue is not None and isinstance(issue.event, kinds.Issued) and issue.event.override is not None
    before = sum(
        isinstance(each.event, kinds.ReturnedToBank)
        and each.event.unit == unit
        and each.event.outcome == "restocked"
        and parse_instant(each.event.time) < at_ms
        for each in history
    )
    away = Away(lasted_ms=None if issue is None else at_ms - issue.time_ms, before=before)
    rule = reader.pack.return_rule(reader.product(unit).component or "", "ward")
    reason = _text(fields, "reason")
    return _by_rule(rules.refuse_restocking(rule, away, signed=_signed(fields), reason=reason, over_a_rule=overridden))


def _signed(fields: Fields) -> Signed:
    return Signed(by=_text(fields, "by"), collector=_text(fields, "collector"), second=_text(fields, "second"))


def _text(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _by_rule(refused: RuleRefused | None) -> Refused | None:
    return None if refused is None else Refused(refused.rule, refused.reason)
