"""Who signs at the transfusion end, and what may come back from the ward (输血科至床旁).

Decides over who acted and what was said before. Whether the bag itself may be issued is `release`; nothing here judges
whether blood suits a patient.
"""

from collections.abc import Collection
from dataclasses import dataclass

from ledger.rules.pack import ReturnRule
from ledger.rules.refused import Refused
from ledger.rules.returning import Away, may_return


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Who signed a step, as pseudonyms; None: nobody.

    Attributes:
        by: who acted.
        collector: who took the bag for the ward.
        second: who checked, or answers for an override.
    """

    by: str | None
    collector: str | None = None
    second: str | None = None


def refuse_issue(signed: Signed, *, override: str | None, set_aside: Collection[str]) -> Refused | None:
    """Why an issue is not signed as it must be: by issuer and collector, an override by a third who answers for it."""
    if signed.collector in {None, signed.by}:
        return Refused("issue.two-persons", "issuer and collector sign, two different persons")
    has_reason = bool(override and override.strip())
    if has_reason is not bool(set_aside):
        return Refused("issue.override-named", "an override names its reason and each rule that it sets aside")
    if set_aside and signed.second in {None, signed.by, signed.collector}:
        return Refused("issue.override-signed", "a third person answers for an override and signs it")
    return None


def refuse_check(signed: Signed, *, patient: str, issued_to: str | None, agrees: bool) -> Refused | None:
    """Why a bedside check cannot be recorded: one person alone, or agreement for another patient than issued to."""
    if signed.second in {None, signed.by}:
        return Refused("bedside.two-persons", "two different persons check at the bedside")
    if agrees and issued_to not in {None, patient}:
        return Refused("bedside.patient", "it was issued to another patient; record that the check differs")
    return None


def refuse_restocking(
    rule: ReturnRule | None, away: Away, *, signed: Signed, reason: str | None, over_a_rule: bool
) -> Refused | None:
    """Why a bag must not go back to the hospital's stock from a ward.

    Args:
        rule: the pack's rule for returns from the ward.
        away: the spell on the ward.
        signed: who says so.
        reason: why, where the pack leaves it to persons.
        over_a_rule: whether it was issued over a rule: what stood against it then stands against it now.
    """
    if over_a_rule:
        return Refused("bank.overridden", "it was issued over a rule that forbade it; hold it or discard it")
    decision = may_return(rule, away)
    if decision.answer == "no":
        return Refused("bank.return-rule", f"the policy pack does not let it back into stock: {decision.reason}")
    if decision.answer == "undecided" and (signed.second in {None, signed.by} or not (reason and reason.strip())):
        return Refused(
            "bank.two-persons", f"two persons decide, with a reason, where the pack does not: {decision.reason}"
        )
    return None
