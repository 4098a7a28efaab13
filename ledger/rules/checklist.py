"""Whether the answers to a site's checklist let a step go ahead.

Which questions, in which words, and which reasons there are for saying no is the site's own (`ledger.core.checklist`);
this decides only that every item of the list in force was answered once, that every no has a reason, and that nothing
goes ahead over a no.
"""

from collections.abc import Sequence

from ledger.core.checklist import Checklist
from ledger.core.kinds.checked import Checked
from ledger.rules.refused import Refused


def in_force(lists: Sequence[Checklist], step: str) -> Checklist | None:
    """The list that is asked now: the last of those for the step; None where the site asks nothing."""
    return next((each for each in reversed(lists) if each.step == step), None)


def told(lists: Sequence[Checklist], step: str, checked: Checked) -> Checklist | None:
    """The very list that was answered, for its words; None where the site knows it no longer."""
    return next((each for each in lists if each.step == step and each.sha256 == checked.sha256), None)


def refuse(asked: Checklist | None, checked: Checked | None, *, goes_ahead: bool) -> Refused | None:
    """Why a step with these answers must not be recorded.

    Args:
        asked: the list in force.
        checked: the answers; None: none were given.
        goes_ahead: whether the unit is accepted or issued; else an item may well be unmet.
    """
    if asked is None:
        return None if checked is None else Refused("checklist.version", "the site has no checklist for this step")
    if checked is None:
        return Refused("checklist.unanswered", f"the checklist {asked.version} must be answered")
    if (checked.version, checked.sha256) != (asked.version, asked.sha256):
        return Refused("checklist.version", f"the checklist in force is {asked.version}, answered was another")
    return _refuse_answers(asked, checked, goes_ahead=goes_ahead)


def _refuse_answers(asked: Checklist, checked: Checked, *, goes_ahead: bool) -> Refused | None:
    items, answered = [each.code for each in asked.items], [each.item for each in checked.answers]
    if answered != items:
        return Refused("checklist.unanswered", f"expected answers to {', '.join(items)}; came {', '.join(answered)}")
    reasons = {each.code for each in asked.refusals}
    for each in checked.answers:
        if each.finding == "met" and each.refusal is not None:
            return Refused("checklist.reason", f"{each.item} is met, so it has no reason for refusing")
        if each.finding == "not_met" and each.refusal not in reasons:
            return Refused("checklist.reason", f"{each.item} is not met: expected one of {', '.join(sorted(reasons))}")
    unmet = [each.item for each in checked.answers if each.finding == "not_met"]
    if goes_ahead and unmet:
        return Refused("checklist.not-met", f"not met: {', '.join(unmet)}")
    return None
